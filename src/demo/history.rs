//! Hands the simulated history to the public path: JSON in, facts and rewards out.

use super::play::{DemoError, Stage};
use super::population::{Event, Kind, Population, external_id};
use crate::clock::ManualClock;
use crate::engine::Engine;
use crate::facts::intake;
use crate::facts::service::{self as facts, Outcome};
use crate::members::{intake as member_intake, service as members};
use crate::types::Instant;
use crate::types::currency::show_minor;
use chrono::Utc;
use serde_json::{Value as Json, json};
use std::collections::HashMap;

const BATCH: usize = 1_000;
/// Timers fired in one transaction.
const TIMERS: i64 = 1_000;

/// Plays a history against the clock.
pub struct Player<'a> {
    /// The engine under demonstration.
    pub engine: &'a Engine,
    /// Its clock.
    pub clock: &'a ManualClock,
    /// What was invested under each reference.
    amounts: HashMap<String, i64>,
}

impl<'a> Player<'a> {
    /// A player at the beginning of time.
    #[must_use]
    pub fn new(engine: &'a Engine, clock: &'a ManualClock) -> Self {
        Self {
            engine,
            clock,
            amounts: HashMap::new(),
        }
    }

    /// Creates every member with the one who referred him.
    ///
    /// # Errors
    /// [`DemoError`] when a member is refused or the database fails.
    pub fn members(&self, population: &Population, stage: &Stage) -> Result<(), DemoError> {
        for people in population.people.chunks(BATCH) {
            let mut sent = Vec::with_capacity(people.len());
            for person in people {
                let mut json = json!({
                    "id": person.external_id,
                    "registered_at": person.joined_at.to_rfc3339(),
                    "phone": person.phone,
                    "email": person.email,
                    "attributes": {"city": person.city},
                    "consents": {"sms": person.consent_sms},
                    "consent_source": "simulated registration form",
                });
                if let (Some(referrer), Some(map)) = (person.referrer, json.as_object_mut()) {
                    map.insert("referrer".to_owned(), Json::String(external_id(referrer)));
                }
                let member = member_intake::member(self.engine.plan(), &json);
                sent.push(member.map_err(|p| {
                    DemoError::Refused(format!("member {}: {p:?}", person.external_id))
                })?);
            }
            for outcome in members::upsert(self.engine, "demo", &sent)? {
                if let members::Outcome::Refused { id, problems } = outcome {
                    return Err(DemoError::Refused(format!("member {id}: {problems:?}")));
                }
            }
            stage.forward(people.len());
        }
        Ok(())
    }

    /// Plays events in order of time; timers that fall due on the way are fired.
    ///
    /// # Errors
    /// [`DemoError`] when an event is refused or the database fails.
    pub fn events(&mut self, events: &[Event], stage: &Stage) -> Result<(), DemoError> {
        for chunk in events.chunks(BATCH) {
            let mut batch = Vec::with_capacity(chunk.len());
            for event in chunk {
                let json = self.json(event);
                let checked = intake::event(self.engine.plan(), &json);
                batch.push(checked.map_err(|p| DemoError::Refused(format!("{json}: {p:?}")))?);
            }
            if let Some(last) = chunk.last() {
                self.advance(Instant::from_utc(last.at.with_timezone(&Utc)))?;
            }
            for outcome in facts::accept(self.engine, "demo", &batch)? {
                if let Outcome::Refused { id, problems } = outcome {
                    return Err(DemoError::Refused(format!("event {id}: {problems:?}")));
                }
            }
            stage.forward(chunk.len());
        }
        Ok(())
    }

    /// Sets the clock and fires what is due; gives how many timers that were.
    ///
    /// # Errors
    /// [`DemoError`] when the database fails.
    pub fn advance(&self, to: Instant) -> Result<usize, DemoError> {
        self.clock.set(to);
        let mut fired = 0;
        while self
            .engine
            .store()
            .read(|tx| tx.next_timer())?
            .is_some_and(|at| at <= to.micros())
        {
            fired += facts::tick(self.engine, TIMERS)?;
        }
        Ok(fired)
    }

    fn json(&mut self, event: &Event) -> Json {
        let member = external_id(event.person);
        let (kind, id, properties) = match &event.kind {
            Kind::Registered => ("registered", format!("reg-{member}"), json!({})),
            Kind::Verified => ("verified", format!("ver-{member}"), json!({})),
            Kind::Invested {
                amount_minor,
                term_days,
                product,
                reference,
            } => {
                self.amounts.insert(reference.clone(), *amount_minor);
                let amount = show_minor(*amount_minor, 2);
                let properties = json!({
                    "amount": amount, "currency": "CNY", "term_days": term_days, "product": product, "ref": reference,
                });
                ("invested", reference.clone(), properties)
            }
            Kind::Redeemed { reference } => {
                let amount = show_minor(self.amounts.get(reference).copied().unwrap_or(0), 2);
                (
                    "redeemed",
                    format!("red-{reference}"),
                    json!({"amount": amount, "currency": "CNY", "ref": reference}),
                )
            }
        };
        json!({"id": id, "type": kind, "member": member, "at": event.at.to_rfc3339(), "properties": properties})
    }
}
