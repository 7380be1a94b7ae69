//! The threads of a server that nobody asks: timers by crontab, messages of running campaigns.

use super::crontab::Crontab;
use crate::campaigns::service as campaigns;
use crate::campaigns::state::Move;
use crate::dispatch::worker::{Worker, recover};
use crate::engine::Engine;
use crate::facts::service::tick;
use crate::types::Instant;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// Timers fired in one transaction.
const TIMERS_MAX: i64 = 500;
/// Messages sent before the campaigns are looked at again, so that a pause is heard soon.
const MESSAGES_MAX: usize = 200;
/// How long a thread rests when nothing is to be done.
const REST: Duration = Duration::from_millis(500);

/// Threads that run until they are stopped.
pub struct Background {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Background {
    /// Starts the timers, and the messages when there is a worker for them.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        engine: &Arc<Engine>,
        crontab: Crontab,
        worker: Option<Worker>,
    ) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let mut threads = Vec::new();
        let (timers, stopped) = (engine.clone(), stop.clone());
        threads.push(
            std::thread::Builder::new()
                .name("timers".to_owned())
                .spawn(move || run_timers(&timers, &crontab, &stopped))?,
        );
        if let Some(worker) = worker {
            let (engine, stopped) = (engine.clone(), stop.clone());
            let send = move || run_messages(&engine, &worker, &stopped);
            threads.push(
                std::thread::Builder::new()
                    .name("messages".to_owned())
                    .spawn(send)?,
            );
        }
        Ok(Self { stop, threads })
    }

    /// Lets the threads finish what they are at, and waits for them.
    pub fn stop(self) {
        self.stop.store(true, Ordering::SeqCst);
        for thread in self.threads {
            thread.thread().unpark();
            if thread.join().is_err() {
                tracing::error!("a background thread had failed");
            }
        }
    }
}

fn run_timers(engine: &Engine, crontab: &Crontab, stop: &AtomicBool) {
    let mut next = Some(engine.clock().now().utc());
    while !stop.load(Ordering::SeqCst) {
        let now = engine.clock().now();
        if next.is_some_and(|at| Instant::from_utc(at) <= now) {
            fire(engine, stop);
            next = crontab.next_after(now.utc());
        }
        std::thread::park_timeout(REST);
    }
}

/// Fires what is due and ends campaigns whose time is over.
fn fire(engine: &Engine, stop: &AtomicBool) {
    loop {
        match tick(engine, TIMERS_MAX) {
            Ok(fired) if fired > 0 && !stop.load(Ordering::SeqCst) => {
                tracing::info!(fired, "timers")
            }
            Ok(_) => break,
            Err(error) => {
                tracing::error!(%error, "timers could not be fired; they stay due");
                break;
            }
        }
    }
    let now = engine.clock().now().micros();
    let ended = campaigns::list(engine).map(|all| {
        all.into_iter()
            .filter(|c| c.state == "running" && c.ends_at <= now)
            .collect()
    });
    let ended: Vec<_> = ended.unwrap_or_else(|error| {
        tracing::error!(%error, "campaigns could not be read");
        Vec::new()
    });
    for campaign in ended {
        if let Err(error) = campaigns::advance(engine, "clock", campaign.id, Move::Finish) {
            tracing::error!(%error, campaign.id = campaign.id, "a campaign could not be finished");
        }
    }
}

fn run_messages(engine: &Engine, worker: &Worker, stop: &AtomicBool) {
    while !stop.load(Ordering::SeqCst) {
        let busy = match send_round(engine, worker) {
            Ok(busy) => busy,
            Err(error) => {
                tracing::error!(%error, "a round of messages failed; nothing is resent by itself");
                false
            }
        };
        if !busy {
            std::thread::park_timeout(REST);
        }
    }
}

fn send_round(engine: &Engine, worker: &Worker) -> Result<bool, Box<dyn std::error::Error>> {
    let (back, unknown) = recover(engine)?;
    if back + unknown > 0 {
        tracing::warn!(
            back,
            unknown,
            "a worker had died: claimed messages go back, opened ones are unknown"
        );
    }
    let mut busy = false;
    for campaign in campaigns::list(engine)?
        .into_iter()
        .filter(|c| c.state == "running")
    {
        let round = worker.run(campaign.id, MESSAGES_MAX, |_| {})?;
        busy = busy || round.sent + round.failed + round.unknown + round.skipped > 0;
    }
    Ok(busy)
}
