//! The one document that `vouchsafe demo --json` prints.

use crate::cohorts::classes::Model;
use crate::effects::report::EffectReport;
use crate::effects::statistics::{Interval, share_of};
use crate::types::currency::show_minor;
use serde::Serialize;

/// Everything the demonstration found.
#[derive(Clone, Debug, Serialize)]
pub struct Document {
    /// The people and their acts are simulated.
    pub simulated: bool,
    /// The seed of the simulation.
    pub seed: u64,
    /// `sqlite` or `postgres`.
    pub database: &'static str,
    /// Members, facts and the time they took.
    pub history: HistoryFigures,
    /// Recommenders with at least one friend who invested.
    pub recommenders: u64,
    /// The eight classes.
    pub classes: Vec<ClassFigures>,
    /// The campaign.
    pub campaign: CampaignFigures,
    /// Rewards granted and still standing.
    pub rewards: RewardFigures,
    /// The books.
    pub ledger: LedgerFigures,
    /// Every reward derived again.
    pub replay: ReplayFigures,
}

/// What was ingested.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct HistoryFigures {
    /// Members.
    pub members: usize,
    /// Facts before the campaign.
    pub facts: usize,
}

/// One class.
#[derive(Clone, Debug, Serialize)]
pub struct ClassFigures {
    /// Its code.
    pub class: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Members.
    pub members: u64,
    /// Share of the recommenders, from 0 to 1.
    pub member_share: f64,
    /// Share of the money, from 0 to 1.
    pub amount_share: f64,
    /// Money, in yuan.
    pub amount: String,
    /// Money per head, in yuan.
    pub amount_per_head: Option<String>,
}

/// The campaign's figures.
#[derive(Clone, Debug, Serialize)]
pub struct CampaignFigures {
    /// Its number.
    pub id: i64,
    /// People in the cohort.
    pub audience: u64,
    /// With the offer.
    pub treated: u64,
    /// Held out.
    pub control: u64,
    /// Messages handed over.
    pub sent: u64,
    /// Messages reported delivered.
    pub delivered: u64,
    /// People who clicked.
    pub clicked: u64,
    /// Messages not sent for want of consent.
    pub skipped: u64,
    /// Messages that may or may not have gone out.
    pub unknown: u64,
    /// Treated people who took part.
    pub participants: u64,
    /// Control people who did so anyway.
    pub control_participants: u64,
    /// Money by the friends of the treated, in yuan.
    pub invested: String,
    /// The goal, in yuan.
    pub goal: String,
    /// Share of the treated who took part.
    pub treated_rate: f64,
    /// Share of the control who took part.
    pub control_rate: f64,
    /// The difference.
    pub difference: Option<f64>,
    /// Its 95% interval: low and high.
    pub interval: Option<[f64; 2]>,
    /// What may be said.
    pub verdict: crate::effects::report::Verdict,
    /// What the offer cost, in yuan.
    pub reward_cost: String,
}

/// Rewards.
#[derive(Clone, Debug, Serialize)]
pub struct RewardFigures {
    /// How many stand.
    pub count: i64,
    /// Their sum, in yuan.
    pub total: String,
    /// Refusals that can be explained.
    pub refused: i64,
}

/// The books.
#[derive(Clone, Debug, Serialize)]
pub struct LedgerFigures {
    /// Whether every check holds.
    pub balanced: bool,
    /// Journals.
    pub journals: i64,
    /// Postings.
    pub postings: i64,
}

/// The replay.
#[derive(Clone, Debug, Serialize)]
pub struct ReplayFigures {
    /// Whether everything came out to the cent.
    pub identical: bool,
    /// Facts decided again.
    pub facts: i64,
    /// Rewards compared.
    pub rewards: i64,
}

/// The classes of a model.
#[must_use]
pub fn classes(model: &Model) -> Vec<ClassFigures> {
    let figures = |row: &crate::cohorts::classes::ClassRow| ClassFigures {
        class: row.class.code(),
        name: row.class.name("en"),
        members: row.members,
        member_share: share_of(row.members_share_bp),
        amount_share: share_of(row.amount_share_bp),
        amount: show_minor(row.amount_minor, 2),
        amount_per_head: row.amount_per_head_minor().map(|m| show_minor(m, 2)),
    };
    model.rows.iter().map(figures).collect()
}

/// The figures of an effect report.
#[must_use]
pub fn campaign(report: &EffectReport) -> CampaignFigures {
    let ends = |i: Interval| [i.low, i.high];
    CampaignFigures {
        id: report.campaign,
        audience: report.assigned.treated + report.assigned.control,
        treated: report.assigned.treated,
        control: report.assigned.control,
        sent: report.funnel.sent,
        delivered: report.funnel.delivered,
        clicked: report.funnel.clicked,
        skipped: report.funnel.skipped,
        unknown: report.funnel.unknown,
        participants: report.participants.treated,
        control_participants: report.participants.control,
        invested: show_minor(report.minor.treated, 2),
        goal: show_minor(report.goal_minor, 2),
        treated_rate: report.rate.treated,
        control_rate: report.rate.control,
        difference: report.difference,
        interval: report.interval.map(ends),
        verdict: report.verdict,
        reward_cost: show_minor(report.reward_cost_minor, 2),
    }
}
