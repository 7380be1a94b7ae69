//! `vouchsafe program check`

use super::super::out::Paint;
use super::super::table::counted;
use super::super::{Context, Failure, Verdict};
use super::RuleFile;
use serde::Serialize;
use std::path::PathBuf;
use vouchsafe::rules::RuleError;

/// Check rule files without a book.
///
/// Every name, unit and level of a file is checked against the tracking plan (--plan, or the standard
/// one). A mistake is shown with its line and column and the way to mend it. A program that would
/// pay more than two levels does not load.
///
/// With --json: {file, ok, errors: [{file, line, column, message, help}]}, or a list of these for
/// several files.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vouchsafe program check spring.toml
  vouchsafe program check rules/published/*.toml --plan rules/plans/corpus.toml
  vouchsafe program check spring.toml --json | jq .errors")]
pub(crate) struct Check {
    /// The rule files.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// A checked file.
#[derive(Serialize)]
struct Checked {
    file: String,
    ok: bool,
    errors: Vec<Mistake>,
    #[serde(skip)]
    text: String,
}

/// A mistake in a rule file, for programs.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Mistake {
    file: String,
    line: usize,
    column: usize,
    message: String,
    help: Option<String>,
}

impl Mistake {
    /// What is wrong.
    pub(super) fn message(&self) -> &str {
        &self.message
    }
}

impl From<&RuleError> for Mistake {
    fn from(e: &RuleError) -> Self {
        Self {
            file: e.file.clone(),
            line: e.line,
            column: e.column,
            message: e.message.clone(),
            help: e.help.clone(),
        }
    }
}

impl Check {
    pub(crate) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let plan = context.plan_file()?.plan;
        let mut checked = Vec::with_capacity(self.files.len());
        for path in &self.files {
            let file = RuleFile::read(path)?;
            checked.push(match file.load(&plan) {
                Ok(program) => {
                    let pays: usize = program.rules.iter().map(|r| r.pays.len()).sum();
                    let rules = counted(program.rules.len(), "rule", "rules");
                    let pays = counted(pays, "payment", "payments");
                    let text = format!(
                        "{} version {}: {rules}, {pays}",
                        program.id, program.version
                    );
                    Checked {
                        file: file.name(),
                        ok: true,
                        errors: Vec::new(),
                        text,
                    }
                }
                Err(e) => Checked {
                    file: file.name(),
                    ok: false,
                    errors: vec![Mistake::from(&e)],
                    text: e.to_string(),
                },
            });
        }
        let all = checked.iter().all(|c| c.ok);
        match checked.as_slice() {
            [one] => context.out.answer(one, |paint| one.show(paint))?,
            many => context
                .out
                .answer(many, |paint| many.iter().map(|c| c.show(paint)).collect())?,
        }
        Ok(Verdict::of(all))
    }
}

impl Checked {
    fn show(&self, paint: Paint) -> String {
        if self.ok {
            format!("{}: {} ({})\n", self.file, paint.green("fine"), self.text)
        } else {
            format!("{} {}\n", paint.red("error:"), self.text)
        }
    }
}
