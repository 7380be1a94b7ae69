//! `vouchsafe program test`

use super::super::{Context, Failure, Verdict, book};
use super::RuleFile;
use super::check::Mistake;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use vouchsafe::rewards::cases::{Case, CaseFile, CaseResult, run};
use vouchsafe::rules::{Plan, RuleError};
use vouchsafe::types::Exact;

/// The scope of a program that must not load, because it would pay a third level.
const MUST_REFUSE: &str = "must_refuse_two_level";

/// Run a program over worked cases, without a book.
///
/// A case says who takes part, what happens, and which rewards must come out; see tests/corpus.
/// Parameters of a case replace the program's own `params`.
///
/// With --json: {program, pass, refused, cases: [{case_id, pass, differences: [...]}]}.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vouchsafe program test spring.toml --cases spring.json
  vouchsafe program test rules/published/004-bondora-5-5.toml \\
      --cases tests/corpus/004-bondora-5-5.json --plan rules/plans/corpus.toml")]
pub(crate) struct Test {
    /// The rule file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The file of cases.
    #[arg(long, value_name = "CASES")]
    cases: PathBuf,
}

#[derive(Serialize)]
struct Tested {
    program: String,
    pass: bool,
    /// Why the program did not load, where that was to be so.
    refused: Option<Mistake>,
    cases: Vec<CaseResult>,
}

impl Test {
    pub(crate) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let plan = context.plan_file()?.plan;
        let file = RuleFile::read(&self.file)?;
        let text = book::read_file(&self.cases)?;
        let cases: CaseFile = serde_json::from_str(&text).map_err(|e| {
            Failure::input(format!(
                "{}:{}:{}: {e}",
                self.cases.display(),
                e.line(),
                e.column()
            ))
            .help("tests/corpus holds examples")
        })?;
        let tested = if cases.engine_scope == MUST_REFUSE {
            refused(&file, &plan, cases)
        } else {
            tried(&file, &plan, cases)
        };
        context.out.answer(&tested, |paint| {
            let mut text = String::new();
            if let Some(reason) = &tested.refused {
                text.push_str(&format!(
                    "{} {}: {}\n",
                    paint.green("refused"),
                    tested.program,
                    reason.message()
                ));
            }
            for case in &tested.cases {
                text.push_str(&format!(
                    "{} {}\n",
                    paint.verdict(case.pass, if case.pass { "pass" } else { "FAIL" }),
                    case.case_id
                ));
                for difference in &case.differences {
                    text.push_str(&format!("     {difference}\n"));
                }
            }
            let passed = tested.cases.iter().filter(|c| c.pass).count();
            if !tested.cases.is_empty() {
                text.push_str(&format!("{passed} of {} cases pass\n", tested.cases.len()));
            }
            text
        })?;
        Ok(Verdict::of(tested.pass))
    }
}

/// A program that must not load.
fn refused(file: &RuleFile, plan: &Plan, cases: CaseFile) -> Tested {
    match file.load(plan) {
        Err(reason) => Tested {
            program: cases.id,
            pass: true,
            refused: Some(Mistake::from(&reason)),
            cases: Vec::new(),
        },
        Ok(_) => {
            let differences = vec![
                "the program must not load, because it pays more than two levels, but it loads"
                    .to_owned(),
            ];
            let case = CaseResult {
                case_id: cases.id.clone(),
                pass: false,
                differences,
            };
            Tested {
                program: cases.id,
                pass: false,
                refused: None,
                cases: vec![case],
            }
        }
    }
}

fn tried(file: &RuleFile, plan: &Plan, cases: CaseFile) -> Tested {
    let one = |case: &Case| {
        let result = file
            .load_with(plan, &parameters(case))
            .map(|program| run(&program, plan, case));
        result.unwrap_or_else(|e: RuleError| CaseResult {
            case_id: case.case_id.clone(),
            pass: false,
            differences: vec![e.to_string()],
        })
    };
    let results: Vec<CaseResult> = cases.cases.iter().map(one).collect();
    let pass = results.iter().all(|r| r.pass);
    Tested {
        program: cases.id,
        pass,
        refused: None,
        cases: results,
    }
}

/// Parameters of a case that are decimals; others belong to its description.
fn parameters(case: &Case) -> BTreeMap<String, Exact> {
    let decimal = |value: &serde_json::Value| Exact::parse(value.as_str()?).ok();
    case.parameters
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), decimal(value)?)))
        .collect()
}
