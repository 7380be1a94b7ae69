//! Who did what to campaigns, as the log of commands says. The log only grows, so what was read of
//! it is kept and each visit reads what is new.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde_json::Value as Json;

use crate::engine::Engine;
use crate::types::Instant;
use crate::web::error::ApiError;
use crate::web::pages::campaign::AuditAction;

/// Commands fetched at a time.
const PAGE: i64 = 5_000;

/// Something that was done to a campaign.
#[derive(Clone)]
pub(in crate::web) struct Deed {
    /// What.
    pub(in crate::web) action: AuditAction,
    /// By whom.
    pub(in crate::web) who: String,
    /// When.
    pub(in crate::web) at: Instant,
}

/// What was read of the log.
#[derive(Default)]
pub(in crate::web) struct Log(Mutex<Read>);

#[derive(Default)]
struct Read {
    last: i64,
    deeds: BTreeMap<i64, Vec<Deed>>,
}

fn action(kind: &str) -> Option<AuditAction> {
    Some(match kind {
        "campaign.drafted" => AuditAction::Authored,
        "campaign.approved" => AuditAction::Approved,
        "campaign.started" => AuditAction::Started,
        "campaign.paused" => AuditAction::Paused,
        "campaign.resumed" => AuditAction::Resumed,
        "campaign.stopped" | "campaign.finished" => AuditAction::Ended,
        _ => return None,
    })
}

impl Log {
    /// What was done to a campaign, oldest first.
    ///
    /// # Errors
    /// [`ApiError`] when the database fails.
    pub(in crate::web) fn of(&self, engine: &Engine, campaign: i64) -> Result<Vec<Deed>, ApiError> {
        let mut read = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let last = read.last;
            let page = engine.store().read(|tx| tx.commands_after(last, PAGE))?;
            let Some(end) = page.last() else { break };
            read.last = end.seq;
            for row in &page {
                let Some(action) = action(&row.kind) else {
                    continue;
                };
                let body: Json = serde_json::from_str(&row.body).unwrap_or_default();
                let Some(id) = body.get("campaign").and_then(Json::as_i64) else {
                    continue;
                };
                let deed = Deed {
                    action,
                    who: row.actor.clone(),
                    at: Instant::from_micros(row.recorded_at),
                };
                read.deeds.entry(id).or_default().push(deed);
            }
        }
        Ok(read.deeds.get(&campaign).cloned().unwrap_or_default())
    }
}
