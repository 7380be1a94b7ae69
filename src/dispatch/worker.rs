//! Claims planned messages, opens an attempt, hands it over, records the answer.
//!
//! An attempt is opened in a transaction of its own before the provider is called. A process that
//! dies after that leaves the message `unknown`: nothing is resent by itself.

use super::message::{Channel, Placeholder, Rendered, Template, Values, render};
use super::providers::{Outcome, Outgoing, Provider};
use crate::engine::Engine;
use crate::storage::StorageError;
use crate::storage::rows::{AssignmentRow, CampaignRow, ContactRow, MessageRow};
use crate::types::{Instant, Zone};
use serde::Serialize;
use std::collections::HashMap;
use std::sync::Arc;

/// Attempts opened together: at most so many are unknown after a kill.
pub const IN_FLIGHT_MAX: usize = 20;
/// How long a worker may hold a message before it is taken to be dead.
pub const LEASE_SECONDS: i64 = 60;

/// Why a round of sending failed as a whole.
#[derive(Debug, thiserror::Error)]
pub enum DispatchError {
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The campaign's template cannot be read.
    #[error("the template of campaign {0} cannot be read: {1}")]
    Template(i64, String),
}

/// What a round of sending came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Round {
    /// Handed over.
    pub sent: i64,
    /// Certainly not sent.
    pub failed: i64,
    /// May or may not have gone out.
    pub unknown: i64,
    /// Not sent any more, because the consent was withdrawn.
    pub skipped: i64,
}

/// What every message of a campaign says alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wording {
    /// Address of this service as members reach it, without a slash at the end.
    pub base_url: String,
    /// The brand.
    pub brand: String,
    /// The offer in words.
    pub offer: String,
    /// The zone in which the end is written.
    pub zone: Zone,
}

/// A sender of messages.
pub struct Worker {
    engine: Arc<Engine>,
    provider: Box<dyn Provider>,
    wording: Wording,
    name: String,
    lease_seconds: i64,
}

struct Job {
    message: MessageRow,
    to: String,
    rendered: Rendered,
    unsubscribe: String,
}

impl Worker {
    /// A worker with a name that no other living worker has.
    #[must_use]
    pub fn new(
        engine: Arc<Engine>,
        provider: Box<dyn Provider>,
        wording: Wording,
        name: String,
    ) -> Self {
        Self {
            engine,
            provider,
            wording,
            name,
            lease_seconds: LEASE_SECONDS,
        }
    }

    /// Holds messages for so many seconds instead of [`LEASE_SECONDS`].
    #[must_use]
    pub fn with_lease(mut self, seconds: i64) -> Self {
        self.lease_seconds = seconds;
        self
    }

    /// Sends planned messages of a running campaign, at most `most`; nothing outside its window.
    ///
    /// # Errors
    /// [`DispatchError`] when the database fails; what was opened then is listed as unknown.
    pub fn run(
        &self,
        campaign: i64,
        most: usize,
        mut progress: impl FnMut(Round),
    ) -> Result<Round, DispatchError> {
        let mut total = Round::default();
        let mut left = most;
        while left > 0 {
            let Some((row, jobs, skipped)) = self.open(campaign, left.min(IN_FLIGHT_MAX))? else {
                break;
            };
            left = left.saturating_sub(jobs.len() + usize::try_from(skipped).unwrap_or(0));
            total.skipped += skipped;
            let mut done = Vec::with_capacity(jobs.len());
            for job in jobs {
                done.push(self.hand_over(&row, job, &mut total));
            }
            self.record(&done)?;
            progress(total);
        }
        Ok(total)
    }

    /// Claims messages and opens their attempts, all in one transaction.
    fn open(
        &self,
        campaign: i64,
        most: usize,
    ) -> Result<Option<(CampaignRow, Vec<Job>, i64)>, DispatchError> {
        let now = self.engine.clock().now();
        self.engine.store().write(|tx| {
            let Some(row) = tx.campaign(campaign)? else {
                return Ok(None);
            };
            if row.state != "running" || now.micros() < row.starts_at || now.micros() >= row.ends_at
            {
                return Ok(None);
            }
            let template = Template::parse(&row.template)
                .map_err(|e| DispatchError::Template(campaign, e.to_string()))?;
            let lease = now.plus_seconds(self.lease_seconds).micros();
            let most = i64::try_from(most).unwrap_or(i64::MAX);
            let claimed = tx.claim_messages(campaign, &self.name, lease, now.micros(), most)?;
            if claimed.is_empty() {
                return Ok(None);
            }
            let ids: Vec<i64> = claimed.iter().map(|m| m.member_id).collect();
            // The consent counts that stands at the moment of sending.
            let consents = tx.consents(&ids, &row.channel)?;
            let contacts: HashMap<i64, ContactRow> = tx
                .contacts(&ids)?
                .into_iter()
                .map(|c| (c.member_id, c))
                .collect();
            let codes: HashMap<i64, String> = tx
                .members_by_id(&ids)?
                .into_iter()
                .map(|m| (m.id, m.code))
                .collect();
            let tokens: HashMap<i64, AssignmentRow> = tx
                .assignments_of(campaign, &ids)?
                .into_iter()
                .map(|a| (a.member_id, a))
                .collect();
            let (mut jobs, mut skipped) = (Vec::new(), 0);
            for claim in claimed {
                let id = claim.member_id;
                let granted = consents.iter().any(|c| c.member_id == id && c.granted);
                let job = match (granted, contacts.get(&id), codes.get(&id), tokens.get(&id)) {
                    (true, Some(contact), Some(code), Some(token)) => {
                        self.job(&row, &template, &claim, contact, code, &token.token)
                    }
                    _ => Err("the consent was withdrawn, or the address is gone".to_owned()),
                };
                let next = match &job {
                    Ok(job) => job.message.clone(),
                    Err(reason) => MessageRow {
                        state: "skipped".to_owned(),
                        reason: reason.clone(),
                        lease_until: None,
                        ..claim.clone()
                    },
                };
                if tx.move_message(&next, "claimed")? == 0 {
                    continue;
                }
                match job {
                    Ok(job) => jobs.push(job),
                    Err(_) => skipped += 1,
                }
            }
            Ok(Some((row, jobs, skipped)))
        })
    }

    fn job(
        &self,
        row: &CampaignRow,
        template: &Template,
        claim: &MessageRow,
        contact: &ContactRow,
        code: &str,
        token: &str,
    ) -> Result<Job, String> {
        let to = if row.channel == "sms" {
            contact.phone.clone()
        } else {
            contact.email.clone()
        };
        let to = to.ok_or_else(|| "no address is known for this channel".to_owned())?;
        let base = &self.wording.base_url;
        let unsubscribe = format!("{base}/u/{token}");
        let until = self
            .wording
            .zone
            .local(Instant::from_micros(row.ends_at))
            .format("%Y-%m-%d %H:%M")
            .to_string();
        let values = Values::default()
            .with(
                Placeholder::Name,
                contact
                    .name
                    .clone()
                    .unwrap_or_else(|| self.wording.brand.clone()),
            )
            .with(Placeholder::Code, code)
            .with(Placeholder::Link, format!("{base}/c/{token}"))
            .with(Placeholder::Unsubscribe, unsubscribe.clone())
            .with(Placeholder::Offer, self.wording.offer.clone())
            .with(Placeholder::Until, until)
            .with(Placeholder::Brand, self.wording.brand.clone());
        let rendered = render(template, &values).map_err(|e| e.to_string())?;
        let attempt = format!(
            "c{}-m{}-s{}",
            claim.campaign_id, claim.member_id, claim.step
        );
        let message = MessageRow {
            state: "opened".to_owned(),
            attempt: Some(attempt),
            ..claim.clone()
        };
        Ok(Job {
            message,
            to,
            rendered,
            unsubscribe,
        })
    }

    fn hand_over(&self, row: &CampaignRow, job: Job, total: &mut Round) -> MessageRow {
        let channel = if row.channel == "sms" {
            Channel::Sms
        } else {
            Channel::Email
        };
        let outcome = self.provider.send(&Outgoing {
            attempt_id: job.message.attempt.as_deref().unwrap_or_default(),
            channel,
            to: &job.to,
            rendered: &job.rendered,
            unsubscribe_url: &job.unsubscribe,
        });
        let (state, reason, provider_ref) = match outcome {
            Outcome::Accepted { provider_ref } => {
                total.sent += 1;
                ("sent", String::new(), provider_ref)
            }
            Outcome::Rejected { code, reason } => {
                total.failed += 1;
                ("failed", format!("{code}: {reason}"), None)
            }
            Outcome::Unknown { reason } => {
                total.unknown += 1;
                ("unknown", reason, None)
            }
        };
        let changed_at = self.engine.clock().now().micros();
        MessageRow {
            state: state.to_owned(),
            reason,
            provider_ref,
            lease_until: None,
            changed_at,
            ..job.message
        }
    }

    fn record(&self, done: &[MessageRow]) -> Result<(), DispatchError> {
        self.engine.store().write(|tx| {
            for row in done {
                if tx.move_message(row, "opened")? == 0 {
                    tracing::warn!(
                        campaign.id = row.campaign_id,
                        "an attempt was taken from its worker before it ended"
                    );
                }
            }
            Ok(())
        })
    }
}

/// What lapsed workers held: claimed messages go back, opened ones become unknown.
///
/// # Errors
/// [`StorageError`] when the database fails.
pub fn recover(engine: &Engine) -> Result<(usize, usize), StorageError> {
    let now = engine.clock().now().micros();
    engine.store().write(|tx| tx.recover_messages(now))
}

/// Records a delivery report; whether it belongs to an attempt that is known.
///
/// # Errors
/// [`StorageError`] when the database fails.
pub fn record_delivery(
    engine: &Engine,
    attempt: &str,
    delivery: &str,
) -> Result<bool, StorageError> {
    let now = engine.clock().now().micros();
    engine
        .store()
        .write(|tx| Ok(tx.record_delivery(attempt, delivery, now)? > 0))
}
