//! Why a reward is what it is, from the facts to the bookings.

use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use serde_json::Value as Json;
use utoipa::ToSchema;

use super::events::FactView;
use super::ledger::JournalView;
use super::rewards::{self, RewardView};
use super::view::{Names, moment, stored_json};
use crate::access::Permission;
use crate::engine::Engine;
use crate::storage::Tx;
use crate::storage::rows::{ProgramRow, RewardEventRow, RewardRow};
use crate::web::call::{number, read};
use crate::web::error::ApiError;

/// The whole explanation of a reward or refusal.
#[derive(Serialize, ToSchema)]
pub struct ExplanationView {
    /// The reward as it stands.
    pub reward: RewardView,
    /// Its exact amount before rounding, a fraction in lowest terms.
    #[schema(example = "27000/365")]
    pub exact: String,
    /// The rule that decided, as it was in force.
    pub rule: RuleView,
    /// The latest decision: conditions with what they found, the formula with its inputs, the exact
    /// value, the rounding, each limit with what was used of it, the budget, and the release.
    #[schema(value_type = Option<Object>)]
    pub decision: Option<Json>,
    /// When and why it is released.
    pub release: ReleaseView,
    /// The facts it came from.
    pub facts: Vec<FactView>,
    /// What happened to it, in order.
    pub events: Vec<RewardEventView>,
    /// How it is booked, in order.
    pub journals: Vec<JournalView>,
}

/// A rule of an activated program.
#[derive(Serialize, ToSchema)]
pub struct RuleView {
    /// The program's id.
    pub program: String,
    /// The version.
    pub version: i64,
    /// The rule's id.
    pub id: String,
    /// The line of the program's text on which the rule begins, from 1.
    pub line: usize,
    /// The rule's text.
    pub text: String,
    /// SHA-256 of the program's text.
    pub source_hash: String,
    /// Who activated the version.
    pub activated_by: String,
    /// The place of the activation in the one order of decisions.
    pub activated_seq: i64,
}

/// When and why a reward is released.
#[derive(Serialize, ToSchema)]
pub struct ReleaseView {
    /// When it is to be released, once known.
    pub due: Option<String>,
    /// When its condition came true.
    pub released_at: Option<String>,
    /// Whether only a person can release it.
    pub held: bool,
    /// Why it stands where it stands.
    pub reason: String,
}

/// Something that happened to a reward.
#[derive(Serialize, ToSchema)]
pub struct RewardEventView {
    /// The input that did it, by its place in the one order.
    pub seq: i64,
    /// Its position among what that input did.
    pub line: i64,
    /// `granted`, `adjusted`, `released`, `cancelled`, `expired`, `clawed_back`,
    /// `clawed_back_after_payment`, `paid`, `refused` or `withdrawn`.
    pub action: String,
    /// By how much.
    pub amount: String,
    /// Why.
    pub reason: String,
    /// The decision, where one was made.
    #[schema(value_type = Option<Object>)]
    pub decision: Option<Json>,
}

/// Explains a reward or refusal.
#[utoipa::path(get, path = "/v1/rewards/{id}/explanation", tag = "rewards",
    params(("id" = i64, Path, description = "Number of the reward")),
    responses((status = 200, body = ExplanationView)))]
pub async fn explain_reward(req: HttpRequest) -> HttpResponse {
    let id = number(&req, "reward");
    read(req, Permission::ReadRewards, move |engine, _| {
        let id = id?;
        engine.store().read(|tx| explanation(engine, tx, id))
    })
    .await
}

fn explanation(engine: &Engine, tx: &mut Tx<'_>, id: i64) -> Result<ExplanationView, ApiError> {
    let row = rewards::row(tx, id)?;
    let seqs: Vec<i64> = std::iter::once(row.fact_seq).chain(row.item_seq).collect();
    let facts = tx.facts_by_seq(&seqs)?;
    let people = facts
        .iter()
        .filter_map(|f| f.member_id)
        .chain([row.member_id, row.origin_id]);
    let names = Names::of(engine, tx, people)?;
    let events: Vec<RewardEventRow> = tx.reward_events(id)?;
    let program = tx.programs()?.into_iter().find(|p| p.no == row.program_no);
    let program =
        program.ok_or_else(|| ApiError::not_found("program", &row.program_no.to_string()))?;
    let journals = tx.journals_of_reward(id)?;
    let events = events
        .iter()
        .map(|e| event(e, &row, &names))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(ExplanationView {
        reward: RewardView::of(&row, &names),
        exact: row.exact.clone(),
        rule: rule(&program, &row, &names),
        decision: events.iter().rev().find_map(|e| e.decision.clone()),
        release: ReleaseView {
            due: row.due.map(moment),
            released_at: row.released_at.map(moment),
            held: row.held,
            reason: row.reason.clone(),
        },
        facts: facts
            .iter()
            .map(|f| FactView::of(f, &names))
            .collect::<Result<_, _>>()?,
        journals: JournalView::of(tx, &journals, &names)?,
        events,
    })
}

fn event(
    row: &RewardEventRow,
    reward: &RewardRow,
    names: &Names,
) -> Result<RewardEventView, ApiError> {
    Ok(RewardEventView {
        seq: row.seq,
        line: row.line,
        action: row.action.clone(),
        amount: names.amount(row.minor, &reward.currency),
        reason: row.reason.clone(),
        decision: row.explanation.as_deref().map(stored_json).transpose()?,
    })
}

fn rule(program: &ProgramRow, reward: &RewardRow, names: &Names) -> RuleView {
    let position = usize::try_from(reward.rule_no).unwrap_or(usize::MAX);
    let active = names.loaded.catalog.get(program.no);
    let (line, text) = rule_text(&program.source, position);
    RuleView {
        program: program.program_id.clone(),
        version: program.version,
        id: active
            .and_then(|a| a.rule(position))
            .map(|r| r.id.to_string())
            .unwrap_or_default(),
        line,
        text,
        source_hash: program.source_hash.clone(),
        activated_by: program.author.clone(),
        activated_seq: program.activated_seq,
    }
}

/// The first line, counted from 1, and the text of the rule at a position of a program's text; the
/// whole text when its rules are not written as `[[rule]]` tables.
pub(crate) fn rule_text(source: &str, position: usize) -> (usize, String) {
    let lines: Vec<&str> = source.lines().collect();
    let starts: Vec<usize> = (0..)
        .zip(&lines)
        .filter(|(_, l)| l.trim_start().starts_with("[[rule]]"))
        .map(|(i, _)| i)
        .collect();
    let Some(start) = starts.get(position).copied() else {
        return (1, source.to_owned());
    };
    let end = starts.get(position + 1).copied().unwrap_or(lines.len());
    let text = lines.get(start..end).unwrap_or_default().join("\n");
    (start + 1, text.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_rule_goes_from_its_head_to_the_next() {
        let source = "schema = 1\n\n[[rule]]\nid = \"a\"\n[[rule.pay]]\nto = \"friend\"\n\n[[rule]]\nid = \"b\"\n";
        assert_eq!(
            rule_text(source, 0),
            (
                3,
                "[[rule]]\nid = \"a\"\n[[rule.pay]]\nto = \"friend\"".to_owned()
            )
        );
        assert_eq!(rule_text(source, 1), (8, "[[rule]]\nid = \"b\"".to_owned()));
        assert_eq!(rule_text("rule = []", 0), (1, "rule = []".to_owned()));
    }
}
