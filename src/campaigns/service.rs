//! Campaigns are drafted, approved by another person, run, and ended.

use super::assignment::{Arm, Salt, assign, bucket};
use super::state::{CampaignState, Move};
use crate::dispatch::message::Template;
use crate::engine::{Deciding, Engine, EngineError};
use crate::ids;
use crate::programs;
use crate::storage::StorageError;
use crate::storage::rows::{AssignmentRow, CampaignRow, ClickRow, ConsentRow, MessageRow};
use crate::types::Instant;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// Letters of a tracking token: 100 random bits.
const TOKEN_LENGTH: usize = 20;
/// Largest holdout, in basis points.
pub const HOLDOUT_MAX_BP: u32 = 9_000;

/// Why something cannot be done with a campaign.
#[derive(Debug, thiserror::Error)]
pub enum CampaignError {
    /// The database or the engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// There is no such campaign.
    #[error("there is no campaign {0}")]
    Unknown(i64),
    /// The draft does not fit.
    #[error("{field}: {problem}")]
    Invalid {
        /// Which part.
        field: &'static str,
        /// What is wrong and how to mend it.
        problem: String,
    },
    /// The campaign is not in the state for this.
    #[error("the campaign is {found}; this needs {needed}")]
    State {
        /// The state it is in.
        found: String,
        /// The states it would have to be in.
        needed: String,
    },
    /// The approver wrote it himself.
    #[error("`{0}` wrote this campaign: another person must approve it")]
    OwnWork(String),
}

impl From<StorageError> for CampaignError {
    fn from(error: StorageError) -> Self {
        Self::Engine(error.into())
    }
}

impl From<ids::NoRandomness> for CampaignError {
    fn from(error: ids::NoRandomness) -> Self {
        Self::Engine(EngineError::Conflict(error.to_string()))
    }
}

/// A campaign as it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// Unique.
    pub name: String,
    /// Number of the frozen cohort.
    pub cohort: i64,
    /// Fact type whose amounts by the friends of the treated count towards the goal.
    pub goal_metric: String,
    /// The goal, in minor units.
    pub goal_minor: i64,
    /// Its currency.
    pub currency: String,
    /// Share that gets nothing, in basis points.
    pub holdout_bp: u32,
    /// Salt of the assignment.
    pub salt: String,
    /// The offer: a program for the treated alone.
    pub offer: Option<programs::Draft>,
    /// The message.
    pub template: String,
    /// `sms` or `email`.
    pub channel: String,
    /// Start of the conversion window.
    pub starts_at: Instant,
    /// End of the conversion window.
    pub ends_at: Instant,
}

/// The offer as it is kept until the approval.
#[derive(Serialize, Deserialize)]
struct Offer {
    file: String,
    source: String,
    calendar: String,
    plan: String,
}

fn invalid(field: &'static str, problem: impl Into<String>) -> CampaignError {
    CampaignError::Invalid {
        field,
        problem: problem.into(),
    }
}

/// Keeps a draft; gives its number.
///
/// # Errors
/// [`CampaignError::Invalid`] names the part that does not fit.
pub fn create(engine: &Engine, author: &str, draft: &Draft) -> Result<i64, CampaignError> {
    check(engine, draft)?;
    let offer = match &draft.offer {
        None => String::new(),
        Some(d) => {
            let kept = Offer {
                file: d.file.clone(),
                source: d.source.clone(),
                calendar: d.calendar.clone(),
                plan: d.plan.clone(),
            };
            serde_json::to_string(&kept).map_err(|e| invalid("offer", e.to_string()))?
        }
    };
    let made = engine.decide(|deciding| {
        if deciding.tx.cohort(draft.cohort)?.is_none() {
            return Err(EngineError::Conflict(format!(
                "there is no cohort {}",
                draft.cohort
            )));
        }
        let (_, id) = deciding.tx.next_campaign_numbers()?;
        let created_at = deciding.now().micros();
        deciding.tx.insert_campaign(&CampaignRow {
            id,
            name: draft.name.clone(),
            state: CampaignState::Draft.word().to_owned(),
            cohort_id: draft.cohort,
            goal_metric: draft.goal_metric.clone(),
            goal_minor: draft.goal_minor,
            currency: draft.currency.clone(),
            holdout_bp: i64::from(draft.holdout_bp),
            salt: draft.salt.clone(),
            offer: offer.clone(),
            template: draft.template.clone(),
            channel: draft.channel.clone(),
            starts_at: draft.starts_at.micros(),
            ends_at: draft.ends_at.micros(),
            author: author.to_owned(),
            approver: None,
            created_at,
        })?;
        deciding.command(
            "campaign.drafted",
            author,
            serde_json::json!({"campaign": id}).to_string(),
        );
        Ok(id)
    });
    made.map_err(|e| match e {
        EngineError::Storage(s) if s.is_duplicate() => invalid(
            "name",
            format!("there is already a campaign called `{}`", draft.name),
        ),
        EngineError::Conflict(why) => invalid("cohort", why),
        other => other.into(),
    })
}

fn check(engine: &Engine, draft: &Draft) -> Result<(), CampaignError> {
    if draft.name.trim().is_empty() || draft.name.len() > 200 {
        return Err(invalid("name", "1 to 200 bytes are expected"));
    }
    if !engine.plan().types.contains_key(&*draft.goal_metric) {
        return Err(invalid(
            "goal_metric",
            format!(
                "`{}` is not a fact type of the tracking plan",
                draft.goal_metric
            ),
        ));
    }
    if draft.goal_minor <= 0 {
        return Err(invalid("goal", "an amount above zero is expected"));
    }
    if engine.plan().currencies.exponent(&draft.currency).is_none() {
        return Err(invalid(
            "currency",
            format!(
                "`{}` is neither an ISO 4217 code nor a commodity",
                draft.currency
            ),
        ));
    }
    if draft.holdout_bp > HOLDOUT_MAX_BP {
        return Err(invalid(
            "holdout",
            format!("at most {HOLDOUT_MAX_BP} basis points may be held out"),
        ));
    }
    if draft.starts_at >= draft.ends_at {
        return Err(invalid("ends_at", "the campaign ends before it starts"));
    }
    Salt::parse(&draft.salt).map_err(|e| invalid("salt", e.to_string()))?;
    let template =
        Template::parse(&draft.template).map_err(|e| invalid("template", e.to_string()))?;
    if template.channel().to_string() != draft.channel {
        return Err(invalid(
            "channel",
            format!(
                "the template is for {}, not for {}",
                template.channel(),
                draft.channel
            ),
        ));
    }
    if let Some(offer) = &draft.offer {
        offer.check().map_err(|e| invalid("offer", e.to_string()))?;
    }
    Ok(())
}

/// What an approval froze.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Approved {
    /// People with the offer.
    pub treated: i64,
    /// People held out.
    pub control: i64,
    /// Messages planned.
    pub planned: i64,
    /// Treated people who will get no message, because a consent or an address is missing.
    pub skipped: i64,
}

/// Approves a draft: freezes who is treated, puts the offer in force for them alone, and plans one
/// message per person.
///
/// # Errors
/// [`CampaignError::OwnWork`] when the approver wrote it, [`CampaignError::State`] when it is no
/// draft any more.
pub fn approve(engine: &Engine, approver: &str, id: i64) -> Result<Approved, CampaignError> {
    let row = get(engine, id)?;
    if row.author == approver {
        return Err(CampaignError::OwnWork(approver.to_owned()));
    }
    let salt = Salt::parse(&row.salt).map_err(|e| invalid("salt", e.to_string()))?;
    let offer: Option<Offer> = match row.offer.as_str() {
        "" => None,
        text => Some(serde_json::from_str(text).map_err(|e| invalid("offer", e.to_string()))?),
    };
    let outcome = engine.decide(|deciding| {
        let draft = CampaignState::Draft.word();
        if deciding
            .tx
            .move_campaign(id, draft, CampaignState::Approved.word(), Some(approver))?
            == 0
        {
            return Ok(None);
        }
        deciding.command(
            "campaign.approved",
            approver,
            serde_json::json!({"campaign": id}).to_string(),
        );
        if let Some(o) = &offer {
            let draft = programs::Draft {
                file: o.file.clone(),
                source: o.source.clone(),
                calendar: o.calendar.clone(),
                plan: o.plan.clone(),
            };
            let program = draft.check()?;
            programs::activate_in(deciding, approver, &draft, &program, Some(id))?;
        }
        let assigned = assign_cohort(deciding, &row, &salt)?;
        plan_messages(deciding, &row, &assigned).map(Some)
    })?;
    outcome.ok_or_else(|| CampaignError::State {
        found: row.state,
        needed: CampaignState::Draft.word().to_owned(),
    })
}

fn assign_cohort(
    deciding: &mut Deciding<'_, '_>,
    row: &CampaignRow,
    salt: &Salt,
) -> Result<Vec<AssignmentRow>, EngineError> {
    let ids = deciding.tx.cohort_members(row.cohort_id)?;
    let members = deciding.tx.members_by_id(&ids)?;
    let holdout = u32::try_from(row.holdout_bp).unwrap_or(0);
    let mut assigned = Vec::with_capacity(members.len());
    for member in members {
        let token = ids::token(TOKEN_LENGTH).map_err(|e| EngineError::Conflict(e.to_string()))?;
        assigned.push(AssignmentRow {
            campaign_id: row.id,
            member_id: member.id,
            treated: assign(salt, &member.external_id, holdout) == Arm::Treated,
            bucket: i64::from(bucket(salt, &member.external_id)),
            token,
        });
    }
    deciding.tx.insert_assignments(&assigned)?;
    Ok(assigned)
}

fn plan_messages(
    deciding: &mut Deciding<'_, '_>,
    row: &CampaignRow,
    assigned: &[AssignmentRow],
) -> Result<Approved, EngineError> {
    let treated: Vec<i64> = assigned
        .iter()
        .filter(|a| a.treated)
        .map(|a| a.member_id)
        .collect();
    let consents = deciding.tx.consents(&treated, &row.channel)?;
    let consented: HashSet<i64> = consents
        .iter()
        .filter(|c| c.granted)
        .map(|c| c.member_id)
        .collect();
    let reachable: HashSet<i64> = deciding
        .tx
        .contacts(&treated)?
        .into_iter()
        .filter(|c| {
            if row.channel == "sms" {
                c.phone.is_some()
            } else {
                c.email.is_some()
            }
        })
        .map(|c| c.member_id)
        .collect();
    let now = deciding.now().micros();
    let messages: Vec<MessageRow> = treated
        .iter()
        .map(|member| {
            let (state, reason) = match (consented.contains(member), reachable.contains(member)) {
                (false, _) => ("skipped", "no consent is recorded for this channel"),
                (true, false) => ("skipped", "no address is known for this channel"),
                (true, true) => ("planned", ""),
            };
            MessageRow {
                campaign_id: row.id,
                member_id: *member,
                step: 1,
                state: state.to_owned(),
                delivery: "none".to_owned(),
                attempt: None,
                worker: None,
                lease_until: None,
                reason: reason.to_owned(),
                provider_ref: None,
                changed_at: now,
            }
        })
        .collect();
    deciding.tx.insert_messages(&messages)?;
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let skipped = messages.iter().filter(|m| m.state == "skipped").count();
    Ok(Approved {
        treated: count(treated.len()),
        control: count(assigned.len() - treated.len()),
        planned: count(messages.len() - skipped),
        skipped: count(skipped),
    })
}

/// Moves an approved campaign on.
///
/// # Errors
/// [`CampaignError::State`] when it is not in a state for this.
pub fn advance(
    engine: &Engine,
    actor: &str,
    id: i64,
    step: Move,
) -> Result<CampaignState, CampaignError> {
    let (from, to) = step.path();
    let found = get(engine, id)?.state;
    let needed = || {
        from.iter()
            .map(|s| s.word())
            .collect::<Vec<_>>()
            .join(" or ")
    };
    let moved = engine.decide(|deciding| {
        for state in from {
            if deciding
                .tx
                .move_campaign(id, state.word(), to.word(), None)?
                > 0
            {
                let body = serde_json::json!({"campaign": id}).to_string();
                deciding.command(&format!("campaign.{}", step.word()), actor, body);
                return Ok(true);
            }
        }
        Ok(false)
    })?;
    if moved {
        Ok(to)
    } else {
        Err(CampaignError::State {
            found,
            needed: needed(),
        })
    }
}

/// Every campaign.
///
/// # Errors
/// [`CampaignError`] when the database fails.
pub fn list(engine: &Engine) -> Result<Vec<CampaignRow>, CampaignError> {
    Ok(engine.store().read(|tx| tx.campaigns())?)
}

/// A campaign.
///
/// # Errors
/// [`CampaignError::Unknown`] when there is none of this number.
pub fn get(engine: &Engine, id: i64) -> Result<CampaignRow, CampaignError> {
    engine
        .store()
        .read(|tx| tx.campaign(id))?
        .ok_or(CampaignError::Unknown(id))
}

/// Counts a click on a tracking link; gives the referral code of the person it belongs to.
///
/// # Errors
/// [`CampaignError`] when the database fails.
pub fn click(engine: &Engine, token: &str) -> Result<Option<String>, CampaignError> {
    let at = engine.clock().now().micros();
    let found = engine.store().write(|tx| {
        let Some(assignment) = tx.assignment_by_token(token)? else {
            return Ok::<_, StorageError>(None);
        };
        tx.insert_click(&ClickRow {
            token: token.to_owned(),
            at,
            no: 1,
        })?;
        Ok(tx
            .members_by_id(&[assignment.member_id])?
            .into_iter()
            .next()
            .map(|m| m.code))
    });
    Ok(found?)
}

/// Withdraws the consent for the channel of the campaign that a token belongs to; whether there is
/// such a token. A message that was not sent yet is not sent any more.
///
/// # Errors
/// [`CampaignError`] when the database fails.
pub fn unsubscribe(engine: &Engine, token: &str) -> Result<bool, CampaignError> {
    let now = engine.clock().now().micros();
    let done = engine.store().write(|tx| {
        let Some(assignment) = tx.assignment_by_token(token)? else {
            return Ok::<_, StorageError>(false);
        };
        let Some(campaign) = tx.campaign(assignment.campaign_id)? else {
            return Ok(false);
        };
        tx.upsert_consents(&[ConsentRow {
            member_id: assignment.member_id,
            channel: campaign.channel,
            granted: false,
            recorded_at: now,
            source: format!("unsubscribed from campaign {}", campaign.id),
        }])?;
        Ok(true)
    });
    Ok(done?)
}
