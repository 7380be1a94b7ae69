//! Why a reward is what it is, down to the cent.

use actix_web::{HttpRequest, HttpResponse};

use super::books;
use crate::access::Permission;
use crate::engine::{Engine, convert};
use crate::rewards::explain::{Explanation, Input, LimitCheck};
use crate::storage::Tx;
use crate::storage::rows::{FactRow as StoredFact, ProgramRow, RewardRow};
use crate::types::{Exact, Instant, Value};
use crate::web::api::explanation::rule_text;
use crate::web::api::rewards;
use crate::web::api::view::Names;
use crate::web::call::number;
use crate::web::error::ApiError;
use crate::web::i18n::Lang;
use crate::web::pages::reward::{Clause, FactRow, LimitRow, Release, RewardPage, Sign, Step, Term};
use crate::web::pages::states::{LimitVerdict, RewardState};
use crate::web::visit::{Door, Scene, page};
use crate::web::words::ExplainStep;
use crate::web::{format, words};

/// The state as pages name it.
pub(in crate::web) fn shown_state(row: &RewardRow) -> RewardState {
    use crate::rewards::RewardState as Stored;
    match Stored::from_word(&row.state) {
        Some(Stored::Pending) if row.held => RewardState::Withheld,
        Some(Stored::Pending) => RewardState::Pending,
        Some(Stored::Available) => RewardState::Available,
        Some(Stored::Paid) => RewardState::Paid,
        Some(Stored::Cancelled) => RewardState::Cancelled,
        Some(Stored::Expired) => RewardState::Expired,
        Some(Stored::ClawedBack) => RewardState::ClawedBack,
        Some(Stored::Refused | Stored::Withdrawn) | None => RewardState::Refused,
    }
}

/// `GET /ops/rewards/{id}`.
pub(in crate::web) async fn open(req: HttpRequest) -> HttpResponse {
    let id = number(&req, "reward");
    page(
        &req,
        Door::Console,
        Permission::ReadRewards,
        move |engine, scene| {
            let id = id?;
            engine.store().read(|tx| build(engine, tx, scene, id))
        },
    )
    .await
}

/// How amounts of a reward are shown.
struct Money {
    currency: String,
    exponent: u8,
}

impl Money {
    fn show(&self, minor: i64) -> String {
        format::money(minor, self.exponent, &self.currency)
    }

    fn stored(&self, text: &str) -> String {
        format::stored_money(text, self.exponent, &self.currency)
    }

    fn minor(&self, text: &str) -> Option<i64> {
        Exact::parse(text).ok()?.to_minor(self.exponent).ok()
    }
}

fn build(engine: &Engine, tx: &mut Tx<'_>, scene: Scene, id: i64) -> Result<RewardPage, ApiError> {
    let row = rewards::row(tx, id)?;
    let seqs: Vec<i64> = std::iter::once(row.fact_seq).chain(row.item_seq).collect();
    let facts = tx.facts_by_seq(&seqs)?;
    let people = facts
        .iter()
        .filter_map(|f| f.member_id)
        .chain([row.member_id, row.origin_id]);
    let names = Names::of(engine, tx, people)?;
    let program = tx.programs()?.into_iter().find(|p| p.no == row.program_no);
    let program =
        program.ok_or_else(|| ApiError::not_found("program", &row.program_no.to_string()))?;
    let latest = tx
        .reward_events(id)?
        .into_iter()
        .rev()
        .find_map(|e| e.explanation);
    let told: Option<Explanation> = latest
        .map(|text| serde_json::from_str(&text))
        .transpose()
        .map_err(|e| ApiError::internal(&e))?;
    let told = told.unwrap_or_default();
    let journals = books::journals_of(tx, &scene, &names, id)?;
    let facts = facts
        .iter()
        .map(|f| fact_row(f, &scene, &names))
        .collect::<Result<Vec<_>, ApiError>>()?;
    let lang = scene.shell.lang;
    let money = Money {
        exponent: names.exponent(&row.currency),
        currency: row.currency.clone(),
    };
    let (rule, rule_line) = rule_of(&program, &row, &names);
    Ok(RewardPage {
        id: row.id.to_string(),
        state: shown_state(&row),
        amount: money.show(row.amount_minor),
        member: names.member(row.member_id),
        origin: names.member(row.origin_id),
        distance: u8::try_from(row.distance).unwrap_or(u8::MAX),
        program: program.program_id.clone(),
        version: program.version.to_string(),
        rule,
        rule_line,
        terms: terms(lang, &money, &told, row.amount_minor),
        steps: steps(lang, &money, &told, row.amount_minor),
        clauses: told
            .conditions
            .iter()
            .map(|c| Clause {
                text: c.text.clone(),
                found: joined(&c.inputs),
                holds: c.holds,
            })
            .collect(),
        limits: limits(&money, &told),
        facts,
        release: Release {
            reason: row.reason.clone(),
            at: row
                .due
                .map(|at| format::moment(scene.zone, Instant::from_micros(at))),
        },
        journals,
        shell: scene.shell,
    })
}

fn rule_of(program: &ProgramRow, row: &RewardRow, names: &Names) -> (String, usize) {
    let position = usize::try_from(row.rule_no).unwrap_or(usize::MAX);
    let active = names.loaded.catalog.get(row.program_no);
    let id = active
        .and_then(|a| a.rule(position))
        .map(|r| r.id.to_string())
        .unwrap_or_default();
    (id, rule_text(&program.source, position).0)
}

fn joined(inputs: &[Input]) -> String {
    inputs
        .iter()
        .map(|i| format!("{} = {}", i.text, i.value))
        .collect::<Vec<_>>()
        .join(", ")
}

/// The amount as a sum: what the formula gave when rounded, less what limits and the budget took.
fn terms(lang: Lang, money: &Money, told: &Explanation, amount_minor: i64) -> Vec<Term> {
    let Some(rounded) = told.rounding.as_ref().and_then(|r| money.minor(&r.to)) else {
        return Vec::new();
    };
    let term = |sign, step, minor| Term {
        sign,
        name: words::step(lang, step).to_owned(),
        amount: money.show(minor),
    };
    let mut terms = vec![term(Sign::Plus, ExplainStep::Formula, rounded)];
    if rounded > amount_minor {
        terms.push(term(
            Sign::Minus,
            ExplainStep::Limit,
            rounded - amount_minor,
        ));
    }
    terms
}

fn steps(lang: Lang, money: &Money, told: &Explanation, amount_minor: i64) -> Vec<Step> {
    let Some(rounding) = &told.rounding else {
        return Vec::new();
    };
    let step = |step, expression: &str, filled: String, result: String| Step {
        name: words::step(lang, step).to_owned(),
        expression: expression.to_owned(),
        filled,
        result,
    };
    let mut steps = vec![step(
        ExplainStep::Formula,
        &told.formula,
        joined(&told.inputs),
        told.exact.clone(),
    )];
    let mut value = told.exact.clone();
    if let Some(cap) = &told.cap {
        steps.push(step(
            ExplainStep::Cap,
            cap,
            format!("min({value}, {cap})"),
            cap.clone(),
        ));
        value.clone_from(cap);
    }
    let mode = serde_json::to_value(rounding.mode)
        .ok()
        .and_then(|m| m.as_str().map(str::to_owned))
        .unwrap_or_default();
    let expression = format!("{mode}, {}", rounding.places);
    steps.push(step(
        ExplainStep::Rounding,
        &expression,
        value,
        money.stored(&rounding.to),
    ));
    let cut = told
        .limits
        .iter()
        .chain(&told.budget)
        .filter_map(|l| l.cut_to.as_ref().map(|to| format!("{}: {to}", l.name)));
    let cut: Vec<String> = cut.collect();
    if !cut.is_empty() {
        steps.push(step(
            ExplainStep::Limit,
            "min",
            cut.join(", "),
            money.show(amount_minor),
        ));
    }
    steps
}

fn limits(money: &Money, told: &Explanation) -> Vec<LimitRow> {
    let count = told.limits.len() + usize::from(told.budget.is_some());
    // A limit counts rewards or sums amounts; its name says which.
    let shown = |name: &str, text: &str| match name.ends_with(": count") {
        true => text.to_owned(),
        false => money.stored(text),
    };
    let verdict = |position: usize, check: &LimitCheck| match (&check.cut_to, &told.refused) {
        // A refusal comes from the last limit that was looked at.
        (_, Some(_)) if position + 1 == count => LimitVerdict::Refused,
        (Some(_), _) => LimitVerdict::Cut,
        (None, _) => LimitVerdict::Within,
    };
    let rows = told
        .limits
        .iter()
        .chain(&told.budget)
        .enumerate()
        .map(|(position, check)| LimitRow {
            name: check.name.clone(),
            allowed: shown(&check.name, &check.most),
            used: shown(&check.name, &check.used),
            verdict: verdict(position, check),
        });
    rows.collect()
}

fn fact_row(row: &StoredFact, scene: &Scene, names: &Names) -> Result<FactRow, ApiError> {
    let fields = convert::decode_values(&row.fields)?;
    let shown = |value: &Value| match value {
        Value::Text(text) => text.to_string(),
        Value::Instant(at) => scene.zone.show(*at),
        Value::Absent | Value::Bool(_) | Value::Num(_) | Value::Date(_) | Value::Span(_) => {
            value.to_string()
        }
    };
    Ok(FactRow {
        at: format::moment(scene.zone, Instant::from_micros(row.occurred_at)),
        seq: format::count(row.seq),
        kind: row.kind.clone(),
        member: row.member_id.map(|id| names.member(id)).unwrap_or_default(),
        fields: fields
            .iter()
            .map(|(name, value)| format!("{name} = {}", shown(value)))
            .collect(),
    })
}
