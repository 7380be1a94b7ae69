//! Both folders of migrations make the same tables, and `schema.rs` says the same.

use crate::support::{Database, repo};
use std::collections::BTreeMap;
use vouchsafe::storage::Store;

/// Columns by table: name, and whether it may be empty.
type Tables = BTreeMap<String, Vec<(String, bool)>>;

fn from_sql(text: &str) -> Tables {
    let mut tables = Tables::new();
    for statement in text.split("CREATE TABLE ").skip(1) {
        let (name, body) = statement.split_once(" (\n").unwrap();
        let body = body.split_once("\n)").unwrap().0;
        let columns = body.lines().map(str::trim).filter_map(|line| {
            let word = line.split_whitespace().next()?;
            let is_column = word.chars().all(|c| c.is_ascii_lowercase() || c == '_');
            let filled = line.contains("NOT NULL") || line.contains("PRIMARY KEY");
            is_column.then(|| (word.to_owned(), !filled))
        });
        tables.insert(name.to_owned(), columns.collect());
    }
    tables
}

fn from_schema(text: &str) -> Tables {
    let mut tables = Tables::new();
    for statement in text.split("diesel::table! {").skip(1) {
        let mut lines = statement.lines().map(str::trim).filter(|l| !l.is_empty());
        let name = lines.next().unwrap().split_once(' ').unwrap().0.to_owned();
        let columns = lines.take_while(|l| *l != "}").filter_map(|line| {
            let (column, kind) = line.split_once(" -> ")?;
            Some((column.to_owned(), kind.starts_with("Nullable")))
        });
        tables.insert(name, columns.collect());
    }
    tables
}

#[test]
fn both_backends_and_the_schema_have_the_same_tables_and_columns() {
    let sqlite = from_sql(&repo("migrations/sqlite/0001_book/up.sql"));
    let postgres = from_sql(&repo("migrations/postgres/0001_book/up.sql"));
    let schema = from_schema(&repo("src/storage/schema.rs"));
    assert!(schema.len() > 25, "{:?}", schema.keys());
    assert_eq!(sqlite, postgres);
    assert_eq!(sqlite, schema);
}

#[test]
fn opening_a_database_twice_migrates_it_once() {
    for database in [Some(Database::sqlite()), Database::postgres()]
        .into_iter()
        .flatten()
    {
        let first = Store::open(&database.url).unwrap();
        let second = Store::open(&database.url).unwrap();
        let seen = |s: &Store| s.read(|tx| tx.see_sequencer()).unwrap();
        assert_eq!(seen(&first), seen(&second));
    }
}
