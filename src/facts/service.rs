//! Accepts facts: each is durable, with its rewards, before its answer is sent.

use super::intake::{Event, FieldProblem};
use crate::engine::{Deciding, Engine, EngineError, convert};
use crate::members::intake::Sent;
use crate::members::service as members;
use crate::types::{Fact, MemberId, Text, Value};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::Arc;

/// Events in one request.
pub const BATCH_MAX: usize = 1_000;

/// The fact type that makes a member.
const REGISTERED: &str = "registered";

/// What became of one event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "status")]
pub enum Outcome {
    /// Kept, now or at an earlier time with the same body.
    Accepted {
        /// The sender's id.
        id: String,
        /// Its place in the order.
        seq: i64,
    },
    /// The id was used before with another body.
    Conflict {
        /// The sender's id.
        id: String,
        /// The place of the earlier one.
        seq: i64,
    },
    /// Nothing of it was kept.
    Refused {
        /// The sender's id, where it could be read.
        id: String,
        /// What is wrong.
        problems: Vec<FieldProblem>,
    },
}

/// A hash of everything an event says.
#[must_use]
pub fn body_hash(event: &Event) -> String {
    let mut hasher = Sha256::new();
    let mut part = |text: &str| {
        hasher.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
        hasher.update(text.as_bytes());
    };
    part(&event.kind);
    part(event.member.as_deref().unwrap_or(""));
    part(&event.at.micros().to_string());
    part(&convert::encode_values(
        event.fields.iter().map(|(k, v)| (k, v)),
    ));
    hex(&hasher.finalize())
}

/// Bytes as lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, b| {
            // Writing to a String cannot fail.
            write!(text, "{b:02x}").unwrap_or_default();
            text
        })
}

/// Accepts a batch in one transaction. When the database refuses the rows of a batch, it is
/// halved, so that one bad neighbour fails alone.
///
/// # Errors
/// [`EngineError`] when the database fails; then nothing of the batch is kept.
pub fn accept(engine: &Engine, actor: &str, events: &[Event]) -> Result<Vec<Outcome>, EngineError> {
    match engine.decide(|deciding| accept_in(deciding, actor, events)) {
        Err(EngineError::Storage(e)) if e.is_refusal() && events.len() > 1 => {
            let (left, right) = events.split_at(events.len() / 2);
            let mut outcomes = accept(engine, actor, left)?;
            outcomes.extend(accept(engine, actor, right)?);
            Ok(outcomes)
        }
        other => other,
    }
}

fn accept_in(
    deciding: &mut Deciding<'_, '_>,
    actor: &str,
    events: &[Event],
) -> Result<Vec<Outcome>, EngineError> {
    let hashes: Vec<String> = events.iter().map(body_hash).collect();
    let ids: Vec<&str> = events.iter().map(|e| &*e.id).collect();
    let mut known: HashMap<String, (String, i64)> = deciding
        .tx
        .facts_by_event(&ids)?
        .into_iter()
        .map(|(id, hash, seq)| (id, (hash, seq)))
        .collect();
    let fresh: Vec<&Event> = events
        .iter()
        .filter(|e| !known.contains_key(&*e.id))
        .collect();
    let people = people(deciding, actor, &fresh)?;
    let mut outcomes = Vec::with_capacity(events.len());
    let mut accepted: Vec<(Arc<Fact>, String)> = Vec::new();
    for (event, hash) in events.iter().zip(hashes) {
        let id = event.id.to_string();
        if let Some((before, seq)) = known.get(&id) {
            let same = *before == hash;
            outcomes.push(if same {
                Outcome::Accepted { id, seq: *seq }
            } else {
                Outcome::Conflict { id, seq: *seq }
            });
            continue;
        }
        let member = match &event.member {
            None => None,
            Some(name) => match people.get(name) {
                Some(Ok(id)) => Some(*id),
                Some(Err(problem)) => {
                    outcomes.push(Outcome::Refused {
                        id,
                        problems: vec![problem.clone()],
                    });
                    continue;
                }
                None => {
                    let problem = format!(
                        "there is no member `{name}`: create him first, or send `{REGISTERED}`"
                    );
                    outcomes.push(Outcome::Refused {
                        id,
                        problems: vec![FieldProblem::new("member", problem)],
                    });
                    continue;
                }
            },
        };
        let seq = deciding.next_seq();
        known.insert(id.clone(), (hash.clone(), seq));
        let fact = Fact {
            seq,
            id: event.id.clone(),
            kind: event.kind.clone(),
            member,
            at: event.at,
            fields: event.fields.clone(),
        };
        accepted.push((Arc::new(fact), hash));
        outcomes.push(Outcome::Accepted { id, seq });
    }
    let facts: Vec<Arc<Fact>> = accepted.iter().map(|(f, _)| f.clone()).collect();
    deciding.foresee(&facts)?;
    for (fact, hash) in accepted {
        deciding.fact(fact, hash)?;
    }
    Ok(outcomes)
}

type People = HashMap<Text, Result<MemberId, FieldProblem>>;

/// Members that a batch names; those who register are made here.
fn people(
    deciding: &mut Deciding<'_, '_>,
    actor: &str,
    events: &[&Event],
) -> Result<People, EngineError> {
    let registering: Vec<Sent> = events
        .iter()
        .filter(|e| &*e.kind == REGISTERED)
        .filter_map(|e| registration(e))
        .collect();
    let mut people = People::new();
    if !registering.is_empty() {
        for outcome in members::register(deciding, actor, &registering)? {
            if let members::Outcome::Refused { id, problems } = outcome
                && let Some(problem) = problems.into_iter().next()
            {
                let field = if problem.field == "referral_code" {
                    "properties.code".to_owned()
                } else {
                    problem.field
                };
                people.insert(
                    id.as_str().into(),
                    Err(FieldProblem::new(field, problem.problem)),
                );
            }
        }
    }
    let mut names: Vec<&str> = events.iter().filter_map(|e| e.member.as_deref()).collect();
    names.sort_unstable();
    names.dedup();
    for row in deciding.tx.members_by_external(&names)? {
        people
            .entry(row.external_id.as_str().into())
            .or_insert(Ok(row.id));
    }
    Ok(people)
}

/// What a registration says about its member.
fn registration(event: &Event) -> Option<Sent> {
    let code = event.fields.iter().find_map(|(name, value)| match value {
        Value::Text(code) if &**name == "code" => Some(crate::members::codes::normalise(code)),
        _ => None,
    });
    Some(Sent {
        id: event.member.clone()?,
        referral_code: code,
        registered_at: Some(event.at),
        ..Sent::default()
    })
}

/// Fires the timers that are due at the clock's present moment, `most` in one transaction.
/// Gives how many were fired; fewer than `most` means that none is left.
///
/// # Errors
/// [`EngineError`] when the database fails; then none of this transaction was fired.
pub fn tick(engine: &Engine, most: i64) -> Result<usize, EngineError> {
    engine.decide(|deciding| {
        let now = deciding.now().micros();
        let due = deciding.tx.due_timers(now, most)?;
        let count = due.len();
        for row in due {
            deciding.timer(row)?;
        }
        Ok(count)
    })
}
