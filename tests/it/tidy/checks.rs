//! The rules, each as a check of one file, and for each a breach that it must notice.

use std::collections::BTreeSet;

use super::reader::{Source, code, is_word, names, paths, tokens};

/// What depends on its arguments alone: files, or folders with all that is in them.
pub(super) const PURE: [&str; 15] = [
    "src/types",
    "src/rules",
    "src/rewards",
    "src/ledger/chart.rs",
    "src/ledger/arithmetic.rs",
    "src/cohorts/classes.rs",
    "src/cohorts/classes",
    "src/campaigns/assignment.rs",
    "src/effects/statistics.rs",
    "src/effects/statistics",
    "src/facts/intake.rs",
    "src/dispatch/message.rs",
    "src/dispatch/message",
    "src/scheduler/crontab.rs",
    "src/scheduler/crontab",
];

/// Databases, networks, files, threads, clocks, chance, and the layers above. A `*` ends a word.
const IMPURE: [&str; 25] = [
    "diesel*",
    "actix*",
    "tokio*",
    "ureq",
    "lettre",
    "std::fs",
    "std::io",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "SystemTime",
    "Instant::now",
    "Utc::now",
    "Local::now",
    "rand",
    "rand_*",
    "getrandom",
    "crate::storage",
    "crate::web",
    "crate::cli",
    "crate::clock",
    "crate::config",
    "crate::telemetry",
];

/// Where the statistics are made, and where their estimates are shown and not computed with.
const ESTIMATES: [&str; 3] = [
    "src/effects",
    "src/web/api/effect.rs",
    "src/demo/document.rs",
];

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;

/// The lines on which a source names what it must not, from the root of the crate or upwards.
fn forbidden(source: &Source, patterns: &[&str]) -> Vec<String> {
    let is_bad = |path: &str| {
        patterns.iter().any(|pattern| {
            let upwards = pattern.replace("crate::", "super::");
            names(path, pattern) || names(path, &upwards)
        })
    };
    let mut found = paths(&code(&source.text));
    found.retain(|(_, path)| is_bad(path));
    found.dedup_by_key(|(line, _)| *line);
    let places = found.iter().map(|(line, path)| source.at(*line, path));
    places.collect()
}

pub(super) fn impurities(source: &Source) -> Vec<String> {
    if PURE.iter().any(|place| source.is_in(place)) {
        forbidden(source, &IMPURE)
    } else {
        Vec::new()
    }
}

pub(super) fn database_outside_storage(source: &Source) -> Vec<String> {
    if source.is_in("src/storage") {
        Vec::new()
    } else {
        forbidden(source, &["diesel*", "storage::schema"])
    }
}

pub(super) fn http_in_storage(source: &Source) -> Vec<String> {
    if source.is_in("src/storage") {
        let http = [
            "actix*",
            "http",
            "ureq",
            "lettre",
            "crate::web",
            "crate::dispatch",
        ];
        forbidden(source, &http)
    } else {
        Vec::new()
    }
}

/// Floats where nothing is estimated, unless the file says why it needs them.
pub(super) fn floats(source: &Source) -> Vec<String> {
    let code = code(&source.text);
    let mut lints = paths(&code).into_iter();
    if ESTIMATES.iter().any(|place| source.is_in(place))
        || lints.any(|(_, path)| path == "clippy::float_arithmetic")
    {
        return Vec::new();
    }
    let all = tokens(&code).into_iter();
    let floats = all.filter(|(_, token)| token.ends_with("f64") || token.ends_with("f32"));
    floats.map(|(line, token)| source.at(line, token)).collect()
}

pub(super) fn long_file(source: &Source) -> Vec<String> {
    match source.text.lines().count() {
        ..=FILE_LINES_MAX => Vec::new(),
        lines => vec![source.at(lines, &format!("{lines} lines"))],
    }
}

/// Functions with too many lines, counted as clippy counts them: the lines between the braces of
/// the body that hold more than a comment.
pub(super) fn long_functions(source: &Source) -> Vec<String> {
    let code = code(&source.text);
    let tokens = tokens(&code);
    let mut found = Vec::new();
    for (at, pair) in tokens.windows(2).enumerate() {
        let [(start, "fn"), (_, name)] = pair else {
            continue;
        };
        let body = body(tokens.get(at..).unwrap_or_default());
        let mut lines: BTreeSet<_> = body.iter().map(|(line, _)| line).collect();
        lines.pop_first();
        lines.pop_last();
        if is_word(name) && lines.len() > FUNCTION_LINES_MAX {
            let what = format!("`{name}` has {} lines", lines.len());
            found.push(source.at(*start, &what));
        }
    }
    found
}

/// The body, with its braces, of the function that begins here: from the first brace outside of
/// all brackets to its partner. A `;` in its place ends a declaration without a body.
fn body<'a, 'b>(tokens: &'a [(usize, &'b str)]) -> &'a [(usize, &'b str)] {
    let mut depth = 0_i32;
    let mut open = None;
    for (at, (_, token)) in tokens.iter().enumerate() {
        if depth == 0 && *token == "{" {
            open = Some(at);
        }
        depth += match *token {
            "(" | "[" | "{" => 1,
            ")" | "]" | "}" => -1,
            _ => 0,
        };
        if depth == 0 && matches!(*token, "}" | ";") {
            return open
                .and_then(|open| tokens.get(open..=at))
                .unwrap_or_default();
        }
    }
    &[]
}

/// Lints that are silenced without a reason.
pub(super) fn unexplained(source: &Source) -> Vec<String> {
    let code = code(&source.text);
    let tokens = tokens(&code);
    let mut found = Vec::new();
    for (at, window) in tokens.windows(3).enumerate() {
        let [(line, "["), (_, lint @ ("allow" | "expect")), (_, "(")] = window else {
            continue;
        };
        let mut attribute = tokens
            .iter()
            .skip(at)
            .take_while(|(_, token)| *token != "]");
        if !attribute.any(|(_, token)| *token == "reason") {
            found.push(source.at(*line, &format!("#[{lint}(...)]")));
        }
    }
    found
}

/// Notes to oneself, which belong into the list of issues.
pub(super) fn left_for_later(source: &Source) -> Vec<String> {
    let nobody = concat!("XX", "X");
    let notes = [concat!("TO", "DO"), concat!("FIX", "ME"), nobody];
    let mut found = Vec::new();
    for (number, line) in (1..).zip(source.text.lines()) {
        // In quotes, three X are the code of no currency in ISO 4217.
        let line = line
            .replace(&format!("'{nobody}'"), "")
            .replace(&format!("\"{nobody}\""), "");
        let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
        if words.any(|word| notes.contains(&word)) {
            found.push(source.at(number, line.trim()));
        }
    }
    found
}

/// Paths that exist on the machine of whoever wrote them.
pub(super) fn machine_paths(source: &Source) -> Vec<String> {
    let roots = ["work", "tmp", "root"].map(|root| format!("/{root}"));
    let continues = |c: char| c.is_alphanumeric() || "._-".contains(c);
    let mut found = Vec::new();
    for (number, line) in (1..).zip(source.text.lines()) {
        let mut places = roots
            .iter()
            .flat_map(|root| line.match_indices(root.as_str()));
        let is_absolute = |(at, root): (usize, &str)| {
            let (before, after) = line.split_at(at);
            let below_another = before.ends_with(|c: char| continues(c) || c == '/' || c == '}');
            !below_another && !after.split_at(root.len()).1.starts_with(continues)
        };
        if places.any(is_absolute) {
            found.push(source.at(number, line.trim()));
        }
    }
    found
}

/// The lines of the breaches that a check finds in a planted file.
fn lines(check: impl Fn(&Source) -> Vec<String>, path: &str, text: &str) -> Vec<usize> {
    let found = check(&Source::new(path, text));
    let line = |breach: &String| breach.split(':').nth(1)?.parse().ok();
    found.iter().filter_map(line).collect()
}

#[test]
fn an_impure_line_is_noticed_in_a_pure_module_only() {
    let text = "use std::{fmt, fs};\nuse super::super::storage::Tx;\nlet at = Utc::now();\n\
        // diesel\nlet operand = rand_chacha::ChaCha8Rng::seed();\nlet now = at.now;";
    assert_eq!(
        lines(impurities, "src/rules/planted.rs", text),
        [1, 2, 3, 5]
    );
    assert_eq!(lines(impurities, "src/facts/intake.rs", text), [1, 2, 3, 5]);
    assert!(lines(impurities, "src/facts/service.rs", text).is_empty());
    assert!(lines(impurities, "src/rules_of_thumb.rs", text).is_empty());
}

#[test]
fn a_layer_that_reaches_past_its_neighbour_is_noticed() {
    let text = "use diesel_migrations::embed;\nuse crate::storage::{Tx, schema::members};";
    let check = database_outside_storage;
    assert_eq!(lines(check, "src/web/planted.rs", text), [1, 2]);
    assert!(lines(check, "src/storage/planted.rs", text).is_empty());
    let text = "use actix_web::http;\nuse crate::web::error;\nuse crate::types::Text;";
    assert_eq!(
        lines(http_in_storage, "src/storage/planted.rs", text),
        [1, 2]
    );
    assert!(lines(http_in_storage, "src/web/planted.rs", text).is_empty());
}

#[test]
fn a_float_is_noticed_where_money_is_counted() {
    let text = "let half = 1.0f64;\nfn share(x: Option<f32>) {}\nlet x = json.as_f64();";
    assert_eq!(lines(floats, "src/ledger/planted.rs", text), [1, 2, 3]);
    assert!(lines(floats, "src/effects/statistics/planted.rs", text).is_empty());
    let explained = format!("#![expect(clippy::float_arithmetic, reason = \"x\")]\n{text}");
    assert!(lines(floats, "src/web/planted.rs", &explained).is_empty());
}

#[test]
fn a_file_of_501_lines_is_noticed() {
    let text = "//\n".repeat(FILE_LINES_MAX);
    assert!(lines(long_file, "src/planted.rs", &text).is_empty());
    assert_eq!(lines(long_file, "src/planted.rs", &(text + "//\n")), [501]);
}

#[test]
fn a_function_of_71_lines_is_noticed() {
    let function = |inner: usize| {
        let body = "    [0; 2]; // }\n\n    // }\n".repeat(inner);
        format!("fn declared(of: [u8; 3]);\npub fn planted() -> [u8; 2] {{\n{body}}}\n")
    };
    assert!(lines(long_functions, "src/planted.rs", &function(70)).is_empty());
    assert_eq!(lines(long_functions, "src/planted.rs", &function(71)), [2]);
}

#[test]
fn a_lint_silenced_without_a_reason_is_noticed() {
    let text = "#[allow(unused)]\n#![expect(\n    unused,\n    reason = \"x\"\n)]\n#[expect(a)]";
    assert_eq!(lines(unexplained, "src/planted.rs", text), [1, 6]);
}

#[test]
fn a_note_to_oneself_is_noticed() {
    let (note, nobody) = (concat!("TO", "DO"), concat!("XX", "X"));
    let text = format!("// {note}: later\nlet {note}_TOTAL = '{nobody}';\n// {nobody} later");
    assert_eq!(lines(left_for_later, "src/planted.rs", &text), [1, 3]);
}

#[test]
fn a_path_of_one_machine_is_noticed() {
    let root = concat!("/", "work");
    let text = format!("cd {root}\nhttps://a.example{root}/x\n\"{root}/y\"\n{root}ers\n");
    assert_eq!(lines(machine_paths, "docs/planted.md", &text), [1, 3]);
}
