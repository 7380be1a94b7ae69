//! The reference of the HTTP interface, drawn by a script of our own from `/v1/openapi.json`.

use askama::Template;

use super::Shell;

/// `/docs/api`: every operation with its parameters, schemas and examples.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/docs.html")]
pub struct ApiDocsPage {
    /// What surrounds the content.
    pub shell: Shell,
}

/// `/docs/errors`: every problem that an answer can name, each under the anchor of its code.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/errors.html")]
pub struct ErrorsPage {
    /// What surrounds the content.
    pub shell: Shell,
    /// The problems in order of their status.
    pub rows: Vec<ErrorRow>,
}

/// One problem.
#[derive(Clone, Debug)]
pub struct ErrorRow {
    /// The stable word in the field `code`.
    pub code: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong, in the page's language.
    pub title: &'static str,
    /// What to do about it, in the page's language.
    pub help: &'static str,
}
