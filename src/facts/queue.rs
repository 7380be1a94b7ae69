//! Group commit: requests that arrive together share one transaction.

use super::intake::Event;
use super::service::{Outcome, accept};
use crate::engine::Engine;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex};
use tokio::sync::oneshot;

/// Most events in one transaction.
const GROUP_MAX: usize = 1_000;
/// Requests that may wait; beyond it the service says that it is busy.
const WAITING_MAX: usize = 4_096;

/// Why a request got no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueueError {
    /// Too many requests wait.
    #[error("the service is busy: send the same request again later")]
    Busy,
    /// The batch could not be written.
    #[error("the facts could not be kept: {0}")]
    Failed(String),
    /// The service is shutting down.
    #[error("the service is shutting down: send the same request again later")]
    Closed,
}

struct Request {
    actor: String,
    events: Vec<Event>,
    answer: oneshot::Sender<Result<Vec<Outcome>, QueueError>>,
}

/// The queue into the writer.
#[derive(Clone)]
pub struct Queue {
    sender: SyncSender<Request>,
    /// Keeps the writer's handle until the last queue is dropped.
    _writer: Arc<Mutex<Option<std::thread::JoinHandle<()>>>>,
}

impl Queue {
    /// Starts the writer of an engine.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(engine: Arc<Engine>) -> std::io::Result<Self> {
        let (sender, receiver) = sync_channel(WAITING_MAX);
        let writer = std::thread::Builder::new()
            .name("fact-writer".to_owned())
            .spawn(move || write(&engine, &receiver))?;
        Ok(Self {
            sender,
            _writer: Arc::new(Mutex::new(Some(writer))),
        })
    }

    /// Hands events over and waits until they are durable.
    ///
    /// # Errors
    /// [`QueueError`]; then nothing of the request was kept, and it may be sent again.
    pub async fn accept(
        &self,
        actor: String,
        events: Vec<Event>,
    ) -> Result<Vec<Outcome>, QueueError> {
        let (answer, waits) = oneshot::channel();
        self.sender
            .try_send(Request {
                actor,
                events,
                answer,
            })
            .map_err(|e| match e {
                TrySendError::Full(_) => QueueError::Busy,
                TrySendError::Disconnected(_) => QueueError::Closed,
            })?;
        waits.await.map_err(|_closed| QueueError::Closed)?
    }
}

fn write(engine: &Engine, receiver: &Receiver<Request>) {
    let mut held: Option<Request> = None;
    while let Some(first) = held.take().or_else(|| receiver.recv().ok()) {
        let mut size = first.events.len();
        let mut group = vec![first];
        while let Ok(next) = receiver.try_recv() {
            // One transaction has one actor, so that the log says who sent what.
            let fits = group.first().is_some_and(|g| g.actor == next.actor)
                && size + next.events.len() <= GROUP_MAX;
            if !fits {
                held = Some(next);
                break;
            }
            size += next.events.len();
            group.push(next);
        }
        commit(engine, group);
    }
}

fn commit(engine: &Engine, group: Vec<Request>) {
    let actor = group.first().map_or_else(String::new, |g| g.actor.clone());
    let events: Vec<Event> = group
        .iter()
        .flat_map(|r| r.events.iter().cloned())
        .collect();
    let outcome = accept(engine, &actor, &events);
    if let Err(error) = &outcome {
        tracing::error!(%error, events = events.len(), "a batch of facts was not kept");
    }
    let mut outcomes = outcome.map(Vec::into_iter);
    for request in group {
        let answer = match &mut outcomes {
            Ok(all) => Ok(all.by_ref().take(request.events.len()).collect()),
            Err(error) => Err(QueueError::Failed(error.to_string())),
        };
        if request.answer.send(answer).is_err() {
            tracing::debug!("a client left before its answer");
        }
    }
}
