//! What every request shares.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::console::log::Log;
use crate::access::AccessError;
use crate::access::sessions::Signer;
use crate::dispatch::providers::Secret;
use crate::engine::Engine;
use crate::facts::queue::Queue;
use crate::ids;
use crate::types::Zone;

/// How the server is to be run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Address to listen on, such as `127.0.0.1:8080`; port 0 takes any free port.
    pub bind: String,
    /// Address of this service as members reach it, without a slash at the end.
    pub base_url: String,
    /// Threads that answer requests; 0 takes one for each processor.
    pub workers: usize,
    /// The token in the path of delivery reports; without one none is taken.
    pub callback: Option<Secret>,
    /// The zone that pages show times in.
    pub zone: Zone,
    /// Whether the book is a demonstration, which every page then says.
    pub simulated: bool,
    /// Text of the tracking plan, under which programs are checked.
    pub plan: String,
    /// Where an invited friend joins; `{code}` stands for the code. Without it the friend stays on
    /// the page that shows the code.
    pub join_url: Option<String>,
}

/// What every request shares.
pub(crate) struct App {
    /// The engine.
    pub(crate) engine: Arc<Engine>,
    /// The queue into the writer of facts.
    pub(crate) queue: Queue,
    /// How the server is run.
    pub(crate) settings: Settings,
    /// Signs sessions.
    pub(crate) signer: Signer,
    /// What was done to campaigns.
    pub(super) campaign_log: Arc<Log>,
    /// Requests under way by idempotency key.
    pub(super) turns: Turns,
    process: String,
    requests: AtomicU64,
}

impl App {
    pub(super) fn new(
        engine: Arc<Engine>,
        queue: Queue,
        settings: Settings,
    ) -> Result<Self, AccessError> {
        let signer = Signer::of(&engine)?;
        let process = ids::token(8)?;
        let (campaign_log, turns, requests) = (Arc::default(), Turns::default(), AtomicU64::new(0));
        Ok(Self {
            engine,
            queue,
            settings,
            signer,
            campaign_log,
            turns,
            process,
            requests,
        })
    }

    /// An id that no other request of any process has.
    pub(super) fn next_request_id(&self) -> String {
        format!(
            "{}-{}",
            self.process,
            self.requests.fetch_add(1, Ordering::Relaxed) + 1
        )
    }

    /// Whether pages are reached by TLS, so that cookies may insist on it.
    pub(super) fn is_secure(&self) -> bool {
        self.settings.base_url.starts_with("https://")
    }
}

type Turn = Arc<tokio::sync::Mutex<()>>;

/// Lets requests with one idempotency key wait for each other, so that the second finds the answer
/// of the first. Two processes do not wait for each other; see [`crate::access::idempotency`].
#[derive(Default)]
pub(super) struct Turns(Mutex<HashMap<(i64, String), Turn>>);

impl Turns {
    /// The lock of a key. Locks that nobody holds are dropped on the way.
    pub(super) fn of(&self, key_id: i64, key: &str) -> Turn {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, turn| Arc::strong_count(turn) > 1);
        all.entry((key_id, key.to_owned())).or_default().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_key_has_one_turn_and_unused_turns_are_dropped() {
        let turns = Turns::default();
        let first = turns.of(1, "a");
        assert!(Arc::ptr_eq(&first, &turns.of(1, "a")));
        assert!(!Arc::ptr_eq(&first, &turns.of(2, "a")));
        drop(first);
        drop(turns.of(1, "b"));
        assert_eq!(turns.0.lock().unwrap().len(), 1);
    }
}
