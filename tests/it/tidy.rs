//! The layers of the architecture and the house rules, kept by reading the source.
//!
//! Comments and texts are blanked out before code is judged, so that prose may speak of what
//! code may not use. Lines are counted as rustfmt leaves them. Each rule has a second test that
//! shows it a breach.

mod checks;
mod reader;

use std::collections::BTreeSet;

use checks::{
    PURE, database_outside_storage, floats, http_in_storage, impurities, left_for_later, long_file,
    long_functions, machine_paths, unexplained,
};
use reader::{Source, names_in, sources};

fn rust(place: &str) -> Vec<Source> {
    sources(place, &[".rs"])
}

/// What people write: code, rules, pages and prose, not data or what a build leaves behind.
fn written() -> Vec<Source> {
    let mut places = [
        "src",
        "tests/it",
        "rules",
        "templates",
        "migrations",
        "docs",
        "fuzz/run",
        "fuzz/fuzz_targets",
        "test",
        ".ci",
        "Cargo.toml",
    ]
    .map(str::to_owned)
    .to_vec();
    places.extend(
        names_in("")
            .into_iter()
            .filter(|name| name.ends_with(".md")),
    );
    let endings = [
        ".rs", ".toml", ".html", ".json", ".js", ".css", ".sql", ".md", ".txt", "/test", "/run",
    ];
    places
        .iter()
        .flat_map(|place| sources(place, &endings))
        .collect()
}

#[track_caller]
fn expect_none(breaches: &[String], mend: &str) {
    assert!(breaches.is_empty(), "{mend}\n{}", breaches.join("\n"));
}

/// The names of the migrations of a database.
fn migrations(database: &str) -> BTreeSet<String> {
    let place = format!("migrations/{database}");
    let files = sources(&place, &[".sql"]);
    let below = files
        .iter()
        .filter_map(|file| file.path.strip_prefix(&place));
    below.map(str::to_owned).collect()
}

fn breaches(sources: &[Source], check: impl Fn(&Source) -> Vec<String>) -> Vec<String> {
    sources.iter().flat_map(check).collect()
}

#[test]
fn a_pure_module_depends_on_its_arguments_alone() {
    let all = rust("src");
    for place in PURE {
        let found = all.iter().any(|source| source.is_in(place));
        assert!(found, "{place} is gone: mend the list PURE in {}", file!());
    }
    expect_none(
        &breaches(&all, impurities),
        "Take the time, the chance or the data as an argument, and do the rest in a service:",
    );
}

#[test]
fn only_storage_speaks_to_the_database() {
    expect_none(
        &breaches(&rust("src"), database_outside_storage),
        "Add a query to src/storage/queries and call it through the transaction:",
    );
}

#[test]
fn storage_knows_nothing_of_http() {
    expect_none(
        &breaches(&rust("src"), http_in_storage),
        "Return a StorageError or a row, and make the answer of it in src/web:",
    );
}

#[test]
fn only_statistics_counts_in_floats() {
    expect_none(
        &breaches(&rust("src"), floats),
        "Count in minor units or in Exact; a picture may expect clippy::float_arithmetic for a reason:",
    );
}

#[test]
fn no_file_is_longer_than_500_lines() {
    let mut files = rust("src");
    files.extend(rust("tests"));
    expect_none(
        &breaches(&files, long_file),
        "Split the file where its subjects part, or move its tests into a file of their own:",
    );
}

#[test]
fn no_function_is_longer_than_70_lines() {
    expect_none(
        &breaches(&rust("src"), long_functions),
        "Take a step with a name of its own out of the function:",
    );
}

#[test]
fn every_silenced_lint_says_why() {
    let mut files = rust("src");
    files.extend(rust("tests"));
    expect_none(
        &breaches(&files, unexplained),
        "Write #[expect(lint, reason = \"...\")], or mend what the lint found:",
    );
}

#[test]
fn nothing_is_left_for_later() {
    expect_none(
        &breaches(&written(), left_for_later),
        "Do it now, or open an issue and take the note out:",
    );
}

#[test]
fn no_file_names_a_path_of_one_machine() {
    expect_none(
        &breaches(&written(), machine_paths),
        "Take the directory from the configuration, the environment or the system:",
    );
}

#[test]
fn both_databases_have_the_same_migrations() {
    let (sqlite, postgres) = (migrations("sqlite"), migrations("postgres"));
    let apart: Vec<_> = sqlite.symmetric_difference(&postgres).cloned().collect();
    expect_none(
        &apart,
        "Write the same change for both databases, under the same name:",
    );
    for up in sqlite.iter().filter(|name| name.ends_with("/up.sql")) {
        let down = up.replace("/up.sql", "/down.sql");
        assert!(sqlite.contains(&down), "migrations/*{down} is missing");
    }
}
