//! `vouchsafe tick`

use super::{Context, Failure, Verdict};
use serde_json::json;
use vouchsafe::facts::service::tick;
use vouchsafe::types::Instant;

/// Timers fired in one transaction.
pub(crate) const TIMERS_MAX: i64 = 500;

/// Release, expire and mature what is due.
///
/// The server does this by itself. The clock stands at --as-of while the command runs, or at the
/// moment of its start.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vouchsafe tick
  vouchsafe tick --as-of 2017-07-05T00:00:00+08:00")]
pub(crate) struct Tick {}

impl Tick {
    pub(crate) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let book = context.changing()?;
        let engine = &book.engine;
        let now = engine.clock().now();
        let mut fired: usize = 0;
        let bar = context.out.progress("timers", 0);
        loop {
            let done = tick(engine, TIMERS_MAX)?;
            fired += done;
            bar.inc_length(u64::try_from(done).unwrap_or(0));
            bar.inc(u64::try_from(done).unwrap_or(0));
            if i64::try_from(done).unwrap_or(i64::MAX) < TIMERS_MAX {
                break;
            }
        }
        bar.finish_and_clear();
        let next = engine
            .store()
            .read(|tx| tx.next_timer())?
            .map(Instant::from_micros);
        let answer = json!({"as_of": now.to_string(), "fired": fired, "next": next.map(|at| at.to_string())});
        context.out.answer(&answer, |_| {
            let next = next.map_or_else(
                || "nothing waits".to_owned(),
                |at| format!("the next is due at {at}"),
            );
            format!("{fired} timers were due at {now}; {next}.")
        })?;
        Ok(Verdict::Fine)
    }
}
