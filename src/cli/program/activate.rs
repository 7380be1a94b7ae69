//! `vouchsafe program activate`

use super::super::actor::By;
use super::super::{Context, Failure, Verdict};
use super::RuleFile;
use serde_json::json;
use std::path::PathBuf;
use vouchsafe::programs;

/// Put a version of a program in force.
///
/// The file is kept word for word, with its calendar and the tracking plan, and can never be changed:
/// a change is a new version. Earlier versions of the same program take no new facts from then on;
/// what they granted lives on under their terms. To activate what is in force already changes nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vouchsafe program activate spring.toml --actor ann
  vouchsafe program activate everyday-commission         one of the programs that come along
  vouchsafe program activate old.toml --as-of 2017-06-01T00:00:00+08:00")]
pub(crate) struct Activate {
    /// The rule file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    by: By,
}

impl Activate {
    pub(crate) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let file = RuleFile::read(&self.file)?;
        let book = context.making()?;
        let (program, draft) = file.draft(book.engine.plan(), &book.plan)?;
        let no = programs::activate(&book.engine, &self.by.name(), &draft, None)?;
        let answer =
            json!({"program": &*program.id, "version": program.version, "no": no, "state": "live"});
        context.out.answer(&answer, |paint| {
            format!(
                "{} version {} is {} (number {no}).",
                program.id,
                program.version,
                paint.green("in force")
            )
        })?;
        Ok(Verdict::Fine)
    }
}
