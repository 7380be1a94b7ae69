//! Runs a program over worked cases and compares what it pays, row by row.

use super::catalog::{Active, Catalog};
use super::decide::{Input, What, decide};
use super::reward::{Reward, RewardState};
use super::state::Snapshot;
use crate::facts::intake::{FieldProblem, attribute, fields};
use crate::rules::eval::World;
use crate::rules::plan::Plan;
use crate::rules::program::Program;
use crate::types::currency::show_minor;
use crate::types::{Exact, Fact, Instant, Member, MemberId, Text, Zone};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A file of cases.
#[derive(Clone, Debug, Deserialize)]
pub struct CaseFile {
    /// The program's id.
    pub id: String,
    /// `payable` or `must_refuse_two_level`.
    pub engine_scope: String,
    /// The cases.
    pub cases: Vec<Case>,
}

/// A worked case.
#[derive(Clone, Debug, Deserialize)]
pub struct Case {
    /// Its id.
    pub case_id: String,
    /// The currency of amounts that name none.
    pub currency: String,
    /// Who takes part.
    pub members: Vec<CaseMember>,
    /// What happens, in order of time.
    pub events: Vec<Map<String, Json>>,
    /// When the rows are read.
    pub as_of: String,
    /// The rows that must come out.
    pub expected: Vec<ExpectedRow>,
    /// Parameters that replace the file's.
    #[serde(default)]
    pub parameters: Map<String, Json>,
}

/// A member of a case.
#[derive(Clone, Debug, Deserialize)]
pub struct CaseMember {
    /// External id.
    pub id: String,
    /// External id of the referrer.
    pub referrer: Option<String>,
    /// Attributes.
    #[serde(default)]
    pub attrs: Map<String, Json>,
}

/// A row that must come out.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct ExpectedRow {
    /// External id of the beneficiary.
    pub member: String,
    /// The program's word for the reward.
    pub kind: String,
    /// Decimal text.
    pub amount: String,
    /// Currency or commodity.
    pub currency: String,
    /// Day or moment of release; not compared when absent.
    pub due: Option<String>,
    /// `pending`, `payable`, `clawed_back` or `refused`.
    pub status: String,
}

/// What a case came to.
#[derive(Clone, Debug, Serialize)]
pub struct CaseResult {
    /// Its id.
    pub case_id: String,
    /// Whether every row matches.
    pub pass: bool,
    /// What does not match.
    pub differences: Vec<String>,
}

/// A reward as a row of a case.
#[derive(Clone, Debug)]
struct Row {
    member: String,
    kind: String,
    amount: Exact,
    shown: String,
    currency: String,
    due: Option<Instant>,
    status: &'static str,
    reason: String,
}

/// Runs one case.
#[must_use]
pub fn run(program: &Program, plan: &Plan, case: &Case) -> CaseResult {
    let differences = match play(program, plan, case) {
        Ok(rows) => compare(&rows, &case.expected, program.zone),
        Err(problem) => vec![problem],
    };
    CaseResult {
        case_id: case.case_id.clone(),
        pass: differences.is_empty(),
        differences,
    }
}

fn play(program: &Program, plan: &Plan, case: &Case) -> Result<Vec<Row>, String> {
    let mut book = Book::open(program, plan, case)?;
    for (i, event) in case.events.iter().enumerate() {
        book.event(i, event)?;
    }
    let as_of = Instant::parse(&case.as_of).map_err(|e| e.to_string())?;
    book.timers(as_of)?;
    Ok(book.rows())
}

struct Book<'a> {
    plan: &'a Plan,
    case: &'a Case,
    catalog: Catalog,
    state: Snapshot,
    ids: BTreeMap<String, MemberId>,
    names: BTreeMap<MemberId, String>,
}

impl<'a> Book<'a> {
    fn open(program: &Program, plan: &'a Plan, case: &'a Case) -> Result<Self, String> {
        let active = Active {
            no: 1,
            program: Arc::new(program.clone()),
            campaign: None,
            accepting: true,
        };
        let ids: BTreeMap<String, MemberId> = (1..)
            .zip(&case.members)
            .map(|(n, m)| (m.id.clone(), n))
            .collect();
        let names = ids.iter().map(|(name, id)| (*id, name.clone())).collect();
        let mut state = Snapshot::complete();
        for member in &case.members {
            let id = ids.get(&member.id).copied().unwrap_or(0);
            let referrer = match &member.referrer {
                Some(name) => Some(
                    *ids.get(name)
                        .ok_or_else(|| format!("referrer `{name}` is not a member of the case"))?,
                ),
                None => None,
            };
            let mut attributes = BTreeMap::new();
            for (name, value) in &member.attrs {
                let value = attribute(plan, name, value)
                    .map_err(|e| format!("member `{}`, attribute `{name}`: {e}", member.id))?;
                attributes.insert(Text::from(name.as_str()), value);
            }
            let member = Member {
                id,
                external: member.id.as_str().into(),
                referrer,
                registered: None,
                attributes,
            };
            state.put_member(id, Some(member));
        }
        Ok(Self {
            plan,
            case,
            catalog: Catalog::new([active]),
            state,
            ids,
            names,
        })
    }

    fn event(&mut self, position: usize, event: &Map<String, Json>) -> Result<(), String> {
        let place = |e: String| format!("event {}: {e}", position + 1);
        let get = |key: &str| event.get(key).and_then(Json::as_str);
        let at = Instant::parse(get("t").unwrap_or_default()).map_err(|e| place(e.to_string()))?;
        let kind = get("type").unwrap_or_default();
        let declared = self
            .plan
            .types
            .get(kind)
            .ok_or_else(|| place(format!("type `{kind}` is not in the tracking plan")))?;
        let member = match get("member") {
            // A fact about nobody, such as the opening of a campaign.
            None | Some("*") => None,
            Some(name) => Some(
                *self
                    .ids
                    .get(name)
                    .ok_or_else(|| place(format!("`{name}` is not a member of the case")))?,
            ),
        };
        let properties = event
            .iter()
            .filter(|(k, _)| !["t", "type", "member"].contains(&k.as_str()));
        let properties = properties.map(|(k, v)| (k.clone(), v.clone())).collect();
        let mut problems: Vec<FieldProblem> = Vec::new();
        let currency = Text::from(self.case.currency.as_str());
        let fields = fields(
            self.plan,
            declared,
            &properties,
            Some(&currency),
            &mut problems,
        );
        if let Some(problem) = problems.first() {
            return Err(place(format!("{}: {}", problem.field, problem.problem)));
        }
        self.timers(at)?;
        if kind == "registered"
            && let Some(id) = member
            && let Ok(Some(found)) = self.state.member(id)
        {
            let registered = Member {
                registered: found.registered.or(Some(at)),
                ..found.clone()
            };
            self.state.put_member(id, Some(registered));
        }
        let seq = i64::try_from(position + 1).unwrap_or(i64::MAX);
        let fact = Arc::new(Fact {
            seq,
            id: format!("event-{seq}").into(),
            kind: kind.into(),
            member,
            at,
            fields,
        });
        self.state.accept(&fact);
        self.decide(&Input {
            recorded_at: at,
            what: What::Fact(fact),
        })
    }

    fn timers(&mut self, now: Instant) -> Result<(), String> {
        while let Some(timer) = self.state.next_timer(now) {
            self.decide(&Input {
                recorded_at: timer.at,
                what: What::Timer(timer),
            })?;
        }
        Ok(())
    }

    fn decide(&mut self, input: &Input) -> Result<(), String> {
        let changes = decide(&self.catalog, &self.state, input).map_err(|e| e.to_string())?;
        self.state.apply(&changes);
        Ok(())
    }

    fn rows(&self) -> Vec<Row> {
        self.state
            .rewards()
            .into_values()
            .filter_map(|r| self.row(r))
            .collect()
    }

    fn row(&self, reward: &Reward) -> Option<Row> {
        let (status, minor) = match reward.state {
            RewardState::Refused | RewardState::Cancelled | RewardState::Expired => ("refused", 0),
            RewardState::Pending => ("pending", reward.amount_minor),
            RewardState::Available | RewardState::Paid => {
                ("payable", reward.amount_minor - reward.clawed_minor)
            }
            RewardState::ClawedBack => ("clawed_back", reward.amount_minor),
            RewardState::Withdrawn => return None,
        };
        let active = self.catalog.get(reward.program_no)?;
        let exponent = active
            .program
            .currencies
            .exponent(&reward.currency)
            .unwrap_or(2);
        Some(Row {
            member: self.names.get(&reward.who).cloned().unwrap_or_default(),
            kind: reward.kind.to_string(),
            amount: Exact::from_minor(minor, exponent),
            shown: show_minor(minor, exponent),
            currency: reward.currency.to_string(),
            due: reward.due,
            status,
            reason: reward.reason.to_string(),
        })
    }
}

fn compare(rows: &[Row], expected: &[ExpectedRow], zone: Zone) -> Vec<String> {
    if expected.is_empty() {
        let paid = rows.iter().filter(|r| r.status != "refused");
        return paid
            .map(|r| format!("nobody earns anything here, but {}", show(r)))
            .collect();
    }
    let mut differences = Vec::new();
    let mut left: Vec<&Row> = rows.iter().collect();
    for want in expected {
        if let Some(kind) = want.kind.strip_suffix("_total") {
            let mine = rows
                .iter()
                .filter(|r| r.member == want.member && r.kind == kind && r.status == want.status);
            let sum = mine.fold(Exact::ZERO, |sum, r| sum.add(&r.amount));
            if Exact::parse(&want.amount).ok().as_ref() != Some(&sum) {
                differences.push(format!(
                    "{} {}: expected {}, got {sum}",
                    want.member, want.kind, want.amount
                ));
            }
            continue;
        }
        match left.iter().position(|r| matches(r, want, zone)) {
            Some(at) => {
                left.remove(at);
            }
            None => differences.push(format!(
                "missing: {} {} {} {} {} due {}",
                want.member,
                want.kind,
                want.amount,
                want.currency,
                want.status,
                want.due.as_deref().unwrap_or("-")
            )),
        }
    }
    let about = |r: &&&Row| {
        expected
            .iter()
            .any(|e| e.member == r.member && e.kind == r.kind)
    };
    differences.extend(
        left.iter()
            .filter(about)
            .map(|r| format!("not expected: {}", show(r))),
    );
    differences
}

fn matches(row: &Row, want: &ExpectedRow, zone: Zone) -> bool {
    let due = match (&want.due, row.due) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(text), Some(due)) if text.len() == 10 => zone.date(due).to_string() == *text,
        (Some(text), Some(due)) => Instant::parse(text).is_ok_and(|t| t == due),
    };
    due && row.member == want.member
        && row.kind == want.kind
        && row.currency == want.currency
        && row.status == want.status
        && Exact::parse(&want.amount).is_ok_and(|a| a == row.amount)
}

fn show(row: &Row) -> String {
    let due = row.due.map_or_else(|| "-".to_owned(), |d| d.to_string());
    format!(
        "{} {} {} {} {} due {due} ({})",
        row.member, row.kind, row.shown, row.currency, row.status, row.reason
    )
}
