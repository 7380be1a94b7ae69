//! The acceptance corpus: programs that real companies published, to the cent.

use std::collections::BTreeMap;
use std::path::Path;
use vouchsafe::rewards::cases::{CaseFile, run};
use vouchsafe::rules::calendar::Calendar;
use vouchsafe::rules::load;
use vouchsafe::rules::{Plan, Program, RuleError};
use vouchsafe::types::Exact;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn plan() -> Plan {
    Plan::load("corpus.toml", &read("rules/plans/corpus.toml")).unwrap_or_else(|e| panic!("{e}"))
}

fn program(
    name: &str,
    plan: &Plan,
    params: &BTreeMap<String, Exact>,
) -> Result<Program, RuleError> {
    let calendars = |name: &str| {
        let path = format!("rules/calendars/{name}.toml");
        root()
            .join(&path)
            .exists()
            .then(|| Calendar::load(&path, &read(&path)))
    };
    let file = format!("rules/published/{name}.toml");
    load::read(&file, &read(&file), plan, &calendars, params)
}

fn files() -> Vec<CaseFile> {
    files_in("tests/corpus")
}

fn files_in(folder: &str) -> Vec<CaseFile> {
    let mut paths: Vec<_> = std::fs::read_dir(root().join(folder))
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|x| x == "json"))
        .collect();
    paths.sort();
    paths
        .iter()
        .map(|p| serde_json::from_str(&std::fs::read_to_string(p).unwrap()).unwrap())
        .collect()
}

#[test]
fn every_payable_program_pays_every_case_to_the_cent() {
    let plan = plan();
    let mut failures = Vec::new();
    let mut passed = 0;
    for file in files().iter().filter(|f| f.engine_scope == "payable") {
        for case in &file.cases {
            let params = case
                .parameters
                .iter()
                .filter_map(|(k, v)| Some((k.clone(), Exact::parse(v.as_str()?).ok()?)))
                .collect();
            let program = match program(&file.id, &plan, &params) {
                Ok(program) => program,
                Err(e) => panic!("{e}"),
            };
            let result = run(&program, &plan, case);
            passed += usize::from(result.pass);
            failures.extend(
                result
                    .differences
                    .iter()
                    .map(|d| format!("{}: {d}", case.case_id)),
            );
        }
    }
    assert!(
        failures.is_empty(),
        "{passed} cases pass, but:\n{}",
        failures.join("\n")
    );
    assert!(passed >= 301, "only {passed} cases were found");
}

#[test]
fn a_program_with_more_than_two_paid_levels_does_not_load_and_says_why() {
    let plan = plan();
    let mut refused = 0;
    for file in files()
        .iter()
        .filter(|f| f.engine_scope == "must_refuse_two_level")
    {
        let error = program(&file.id, &plan, &BTreeMap::new()).expect_err(&file.id);
        assert!(
            error.message.contains("more than two upline levels"),
            "{error}"
        );
        assert!(
            error.line > 1 && error.help.as_deref().is_some_and(|h| h.contains("pyramid")),
            "{error}"
        );
        refused += 1;
    }
    assert!(refused >= 5, "only {refused} programs were found");
}

#[test]
fn cases_beyond_those_that_were_published_come_out_too() {
    let plan = plan();
    let mut failures = Vec::new();
    let files = files_in("tests/cases");
    assert!(!files.is_empty(), "there are no cases");
    for file in &files {
        let program = program(&file.id, &plan, &BTreeMap::new()).unwrap_or_else(|e| panic!("{e}"));
        for case in &file.cases {
            let result = run(&program, &plan, case).differences.into_iter();
            failures.extend(result.map(|d| format!("{}: {d}", case.case_id)));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
