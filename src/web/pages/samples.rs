//! Pages filled as the services would fill them, for the tests: long names, large amounts, every state.

mod books;
mod campaigns;
mod people;

fn text(value: &str) -> String {
    value.to_owned()
}
