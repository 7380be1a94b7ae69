//! The effect report of a campaign.

use super::statistics::{
    Arm, Confidence, Interval, SampleRatio, StatisticsError, difference_score, sample_ratio,
};
use crate::cohorts::classes::{Direction, Indicator, Threshold};
use crate::cohorts::service::{ClassRequest, Whose, amount};
use crate::engine::Engine;
use crate::storage::rows::CampaignRow;
use crate::storage::{StorageError, Tx};
use crate::types::Instant;
use serde::Serialize;
use std::collections::{BTreeMap, HashSet};

/// Conversions that each arm needs before a report says who won.
pub const BURN_IN: u64 = 10;
/// Points of the series at most.
const POINTS_MAX: i64 = 72;
/// Microseconds of an hour.
const HOUR: i64 = 3_600_000_000;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum EffectError {
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The numbers cannot be compared.
    #[error(transparent)]
    Statistics(#[from] StatisticsError),
    /// There is no such campaign.
    #[error("there is no campaign {0}")]
    Unknown(i64),
}

/// A figure for each arm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Arms<T> {
    /// With the offer.
    pub treated: T,
    /// Held out.
    pub control: T,
}

/// People at each step of the funnel. All but the first are of the treated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Funnel {
    /// Assigned to the offer.
    pub assigned: u64,
    /// Handed to the provider.
    pub sent: u64,
    /// Reported delivered.
    pub delivered: u64,
    /// Clicked the link.
    pub clicked: u64,
    /// Took part.
    pub participants: u64,
    /// Certainly not sent.
    pub failed: u64,
    /// May or may not have gone out.
    pub unknown: u64,
    /// Not sent for want of a consent or an address.
    pub skipped: u64,
    /// Still to be sent.
    pub planned: u64,
}

/// The cumulated figures at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Point {
    /// Until when, in microseconds.
    pub at: Instant,
    /// People who took part so far.
    pub participants: Arms<u64>,
    /// Money so far, in minor units.
    pub minor: Arms<i64>,
}

/// What may be said about the effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Too few conversions to judge.
    TooEarly,
    /// The arms are not as large as they were designed: nothing may be concluded.
    SplitBroken,
    /// The interval lies above zero.
    Better,
    /// The interval lies below zero.
    Worse,
    /// The interval holds zero.
    Open,
    /// Nobody was held out.
    NoControl,
}

/// The report.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EffectReport {
    /// Number of the campaign.
    pub campaign: i64,
    /// Its name.
    pub name: String,
    /// Its state.
    pub state: String,
    /// As of when.
    pub as_of: Instant,
    /// The fact type that counts.
    pub goal_metric: String,
    /// The goal, in minor units.
    pub goal_minor: i64,
    /// Its currency.
    pub currency: String,
    /// People by assignment.
    pub assigned: Arms<u64>,
    /// The funnel of the treated.
    pub funnel: Funnel,
    /// People who took part: at least one direct friend did what counts inside the window.
    pub participants: Arms<u64>,
    /// Share of the assigned who took part.
    pub rate: Arms<f64>,
    /// Treated minus control.
    pub difference: Option<f64>,
    /// Miettinen–Nurminen 95% interval of the difference.
    pub interval: Option<Interval>,
    /// Whether the arms are as large as they were designed.
    pub sample_ratio: Option<SampleRatio>,
    /// What may be said.
    pub verdict: Verdict,
    /// Money by the friends of each arm, in minor units.
    pub minor: Arms<i64>,
    /// What the offer's rewards cost so far, in minor units of its currency.
    pub reward_cost_minor: i64,
    /// The figures over time.
    pub series: Vec<Point>,
}

/// Reports a campaign as of a moment.
///
/// # Errors
/// [`EffectError::Unknown`] when there is no such campaign.
pub fn report(engine: &Engine, campaign: i64, as_of: Instant) -> Result<EffectReport, EffectError> {
    engine.store().read(|tx| {
        let row = tx
            .campaign(campaign)?
            .ok_or(EffectError::Unknown(campaign))?;
        let exponent = engine
            .plan()
            .currencies
            .exponent(&row.currency)
            .unwrap_or(2);
        compute(tx, &row, as_of, exponent)
    })
}

/// A person's act inside the window.
struct Act {
    person: i64,
    treated: bool,
    at: i64,
    minor: i64,
}

fn acts(
    tx: &mut Tx<'_>,
    row: &CampaignRow,
    as_of: Instant,
    exponent: u8,
) -> Result<Vec<Act>, EffectError> {
    let until = row.ends_at.min(as_of.micros());
    let indicator = || Indicator {
        name: String::new(),
        direction: Direction::HighIsGood,
        threshold: Threshold::Mean,
    };
    let request = ClassRequest {
        fact_kind: row.goal_metric.clone(),
        whose: Whose::Recommenders,
        as_of,
        indicators: [indicator(), indicator(), indicator()],
        currency: row.currency.clone(),
        exponent,
    };
    let mut list = Vec::new();
    for (person, treated, _friend, at, fields) in
        tx.facts_of_assigned(row.id, &row.goal_metric, row.starts_at, until)?
    {
        if let Some(minor) = amount(&fields, &request)? {
            list.push(Act {
                person,
                treated,
                at,
                minor,
            });
        }
    }
    list.sort_by_key(|a| a.at);
    Ok(list)
}

fn compute(
    tx: &mut Tx<'_>,
    row: &CampaignRow,
    as_of: Instant,
    exponent: u8,
) -> Result<EffectReport, EffectError> {
    let assignments = tx.assignments(row.id)?;
    let treated =
        u64::try_from(assignments.iter().filter(|a| a.treated).count()).unwrap_or(u64::MAX);
    let control = u64::try_from(assignments.len()).unwrap_or(u64::MAX) - treated;
    let assigned = Arms { treated, control };
    let acts = acts(tx, row, as_of, exponent)?;
    let series = series(&acts, row, as_of);
    let last = series.last().copied();
    let participants = last.map_or_else(Arms::default, |p| p.participants);
    let minor = last.map_or_else(Arms::default, |p| p.minor);
    let mut funnel = funnel(tx, row)?;
    funnel.assigned = treated;
    funnel.participants = participants.treated;
    let programs: Vec<i64> = tx
        .programs()?
        .into_iter()
        .filter(|p| p.campaign_id == Some(row.id))
        .map(|p| p.no)
        .collect();
    let sums = tx.reward_sums()?;
    let paid = |state: &str| matches!(state, "pending" | "available" | "paid");
    let cost = sums
        .iter()
        .filter(|(no, state, ..)| programs.contains(no) && paid(state))
        .map(|(.., minor)| minor)
        .sum();
    let arms = (
        Arm::new(participants.treated, treated).ok(),
        Arm::new(participants.control, control).ok(),
    );
    let interval = match arms {
        (Some(t), Some(c)) => Some(difference_score(t, c, Confidence::PERCENT_95)),
        _ => None,
    };
    let shares = [10_000 - row.holdout_bp, row.holdout_bp]
        .map(|bp| f64::from(u32::try_from(bp).unwrap_or(0)));
    let ratio = if control > 0 && treated > 0 {
        Some(sample_ratio(&[treated, control], &shares)?)
    } else {
        None
    };
    let rate = Arms {
        treated: arms.0.map_or(0.0, Arm::rate),
        control: arms.1.map_or(0.0, Arm::rate),
    };
    Ok(EffectReport {
        campaign: row.id,
        name: row.name.clone(),
        state: row.state.clone(),
        as_of,
        goal_metric: row.goal_metric.clone(),
        goal_minor: row.goal_minor,
        currency: row.currency.clone(),
        assigned,
        funnel,
        participants,
        rate,
        difference: arms
            .0
            .zip(arms.1)
            .map(|(t, c)| super::statistics::difference(t, c)),
        interval,
        sample_ratio: ratio,
        verdict: verdict(control, participants, interval, ratio),
        minor,
        reward_cost_minor: cost,
        series,
    })
}

fn verdict(
    control: u64,
    participants: Arms<u64>,
    interval: Option<Interval>,
    ratio: Option<SampleRatio>,
) -> Verdict {
    match (interval, ratio) {
        _ if control == 0 => Verdict::NoControl,
        (_, Some(ratio)) if ratio.alarm => Verdict::SplitBroken,
        _ if participants.treated < BURN_IN || participants.control < BURN_IN => Verdict::TooEarly,
        (Some(i), _) if i.low > 0.0 => Verdict::Better,
        (Some(i), _) if i.high < 0.0 => Verdict::Worse,
        _ => Verdict::Open,
    }
}

fn funnel(tx: &mut Tx<'_>, row: &CampaignRow) -> Result<Funnel, EffectError> {
    let mut funnel = Funnel {
        clicked: u64::try_from(tx.clicks(row.id)?.len()).unwrap_or(u64::MAX),
        ..Funnel::default()
    };
    for (state, delivery, count) in tx.message_counts(row.id)? {
        let count = u64::try_from(count).unwrap_or(0);
        match state.as_str() {
            "sent" => funnel.sent += count,
            "failed" => funnel.failed += count,
            "unknown" => funnel.unknown += count,
            "skipped" => funnel.skipped += count,
            _ => funnel.planned += count,
        }
        if delivery == "delivered" {
            funnel.delivered += count;
        }
    }
    Ok(funnel)
}

fn series(acts: &[Act], row: &CampaignRow, as_of: Instant) -> Vec<Point> {
    let end = row.ends_at.min(as_of.micros());
    let span = (row.ends_at - row.starts_at).max(1);
    let step = (span / POINTS_MAX).max(HOUR);
    let mut points = Vec::new();
    let mut seen: BTreeMap<bool, HashSet<i64>> = BTreeMap::new();
    let (mut minor, mut next) = (Arms::<i64>::default(), 0);
    let mut at = row.starts_at;
    while at < end {
        at = (at + step).min(end);
        while let Some(act) = acts.get(next).filter(|a| a.at < at) {
            seen.entry(act.treated).or_default().insert(act.person);
            let side = if act.treated {
                &mut minor.treated
            } else {
                &mut minor.control
            };
            *side += act.minor;
            next += 1;
        }
        let count = |treated: bool| {
            seen.get(&treated)
                .map_or(0, |s| u64::try_from(s.len()).unwrap_or(u64::MAX))
        };
        let participants = Arms {
            treated: count(true),
            control: count(false),
        };
        points.push(Point {
            at: Instant::from_micros(at),
            participants,
            minor,
        });
    }
    points
}
