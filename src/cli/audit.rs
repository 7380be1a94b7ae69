//! `vouchsafe audit …`

use super::table::count;
use super::{Context, Failure, Verdict};
use vouchsafe::engine::replay::replay;

/// Prove that the book can be derived again.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Audit {
    Replay(Replay),
}

/// Decide about every stored fact, command and timer again, and compare each reward to the cent.
///
/// Nothing is written. Exit code 1 when something differs, which means that rows were changed behind
/// the engine's back.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  vouchsafe audit replay && echo every reward follows from its facts")]
pub(crate) struct Replay {}

impl Audit {
    pub(crate) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let Self::Replay(Replay {}) = self;
        let book = context.reading()?;
        let store = book.engine.store();
        let inputs = store.read(|tx| tx.see_sequencer())?.next_seq - 1;
        let bar = context
            .out
            .progress("inputs", u64::try_from(inputs).unwrap_or(0));
        let report = store.read(|tx| {
            replay(tx, |done| {
                bar.set_position(u64::try_from(done).unwrap_or(0))
            })
        })?;
        bar.finish_and_clear();
        context.out.answer(&report, |paint| {
            let what = format!(
                "{} facts and {} commands give {} rewards",
                count(report.facts),
                count(report.commands),
                count(report.rewards)
            );
            let same = if report.identical {
                "identical".to_owned()
            } else {
                format!("{} differences", count(report.differences))
            };
            let mut text = format!("{}: {what}\n", paint.verdict(report.identical, &same));
            for difference in &report.first {
                text.push_str(&format!("  {difference}\n"));
            }
            text
        })?;
        Ok(Verdict::of(report.identical))
    }
}
