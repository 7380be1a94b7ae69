//! `vouchsafe reward explain`

use super::super::book::Exponents;
use super::super::names::{self, Journal, at, external, plain};
use super::super::out::Paint;
use super::super::{Context, Failure, Verdict};
use super::find;
use serde::Serialize;
use std::collections::BTreeMap;
use vouchsafe::engine::convert;
use vouchsafe::rewards::Explanation;
use vouchsafe::rewards::explain::{Input, LimitCheck};
use vouchsafe::storage::Tx;
use vouchsafe::storage::rows::{RewardEventRow, RewardRow};
use vouchsafe::types::currency::show_minor;
use vouchsafe::types::{Instant, Zone};

/// Explain a reward or a refusal to the cent: facts, conditions, arithmetic, limits, release, journals.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vouchsafe reward explain 17
  vouchsafe reward explain 17 --json | jq .history[0].explanation")]
pub(crate) struct Explain {
    /// The reward's number.
    id: i64,
}

#[derive(Serialize)]
struct Explained {
    id: i64,
    state: String,
    reason: String,
    form: String,
    kind: String,
    amount: String,
    clawed_back: String,
    currency: String,
    exact: String,
    member: String,
    origin: String,
    distance: i64,
    program: String,
    version: i64,
    title: String,
    rule: String,
    due: Option<String>,
    granted_at: String,
    facts: Vec<Fact>,
    history: Vec<Event>,
    #[serde(skip)]
    zone: Zone,
}

#[derive(Serialize)]
struct Fact {
    seq: i64,
    id: String,
    #[serde(rename = "type")]
    kind: String,
    member: Option<String>,
    at: String,
    fields: BTreeMap<String, String>,
}

#[derive(Serialize)]
struct Event {
    seq: i64,
    at: String,
    /// What caused it: a fact, a timer, or a person's command.
    cause: String,
    action: String,
    amount: String,
    reason: String,
    explanation: Option<Explanation>,
    journals: Vec<Journal>,
}

impl Explain {
    pub(crate) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let book = context.reading()?;
        let exponents = book.exponents()?;
        let explained = book
            .engine
            .store()
            .read(|tx| explained(tx, self.id, &exponents))?;
        context
            .out
            .answer(&explained, |paint| explained.show(paint))?;
        Ok(Verdict::Fine)
    }
}

fn explained(tx: &mut Tx<'_>, id: i64, exponents: &Exponents) -> Result<Explained, Failure> {
    let row = find(tx, id)?;
    let exponent = exponents.of(&row.currency);
    let program = tx.programs()?.into_iter().find(|p| p.no == row.program_no);
    let program =
        program.ok_or_else(|| Failure::peer(format!("the program of reward {id} is missing")))?;
    let active = vouchsafe::engine::active(&program)?;
    let rule = usize::try_from(row.rule_no)
        .ok()
        .and_then(|no| active.rule(no))
        .map_or_else(String::new, |r| r.id.to_string());
    let journals = tx.journals_of_reward(id)?;
    let mut booked: BTreeMap<(i64, i64), Vec<Journal>> = BTreeMap::new();
    let lines: Vec<(i64, i64)> = journals.iter().map(|j| (j.seq, j.line)).collect();
    for (place, journal) in lines
        .into_iter()
        .zip(names::journals(tx, journals, exponents)?)
    {
        booked.entry(place).or_default().push(journal);
    }
    let mut history = Vec::new();
    for event in tx.reward_events(id)? {
        let journals = booked.remove(&(event.seq, event.line)).unwrap_or_default();
        history.push(Event::of(tx, event, exponent, journals)?);
    }
    Ok(Explained {
        id,
        facts: facts(tx, &row)?,
        history,
        member: external(tx, row.member_id)?,
        origin: external(tx, row.origin_id)?,
        distance: row.distance,
        amount: show_minor(row.amount_minor, exponent),
        clawed_back: show_minor(row.clawed_minor, exponent),
        exact: convert::reward(&row)?.exact.to_string(),
        due: row.due.map(at),
        granted_at: at(row.granted_at),
        state: row.state,
        reason: row.reason,
        form: row.form,
        kind: row.kind,
        currency: row.currency,
        program: program.program_id,
        version: program.version,
        title: program.title,
        rule,
        zone: active.program.zone,
    })
}

fn facts(tx: &mut Tx<'_>, row: &RewardRow) -> Result<Vec<Fact>, Failure> {
    let seqs: Vec<i64> = [Some(row.fact_seq), row.item_seq]
        .into_iter()
        .flatten()
        .collect();
    let mut list = Vec::new();
    for fact in tx.facts_by_seq(&seqs)? {
        list.push(Fact {
            member: fact.member_id.map(|id| external(tx, id)).transpose()?,
            fields: convert::decode_values(&fact.fields)?
                .iter()
                .map(|(n, v)| (n.to_string(), plain(v)))
                .collect(),
            seq: fact.seq,
            id: fact.event_id,
            kind: fact.kind,
            at: at(fact.occurred_at),
        });
    }
    list.sort_by_key(|f| f.seq);
    Ok(list)
}

impl Event {
    fn of(
        tx: &mut Tx<'_>,
        row: RewardEventRow,
        exponent: u8,
        journals: Vec<Journal>,
    ) -> Result<Self, Failure> {
        let command = tx
            .commands_after(row.seq - 1, 1)?
            .into_iter()
            .find(|c| c.seq == row.seq);
        let fact = tx.facts_by_seq(&[row.seq])?.into_iter().next();
        let (moment, cause) = match (command, fact) {
            (Some(c), _) if c.kind == "timer" => (c.recorded_at, "time passed".to_owned()),
            (Some(c), _) => (c.recorded_at, format!("{} by {}", c.kind, c.actor)),
            (None, Some(f)) => (f.recorded_at, format!("fact {}, {}", f.seq, f.kind)),
            (None, None) => return Err(Failure::peer(format!("the input {} is missing", row.seq))),
        };
        let explanation = row
            .explanation
            .as_deref()
            .map(serde_json::from_str)
            .transpose();
        Ok(Self {
            seq: row.seq,
            at: at(moment),
            cause,
            action: row.action,
            amount: show_minor(row.minor, exponent),
            reason: row.reason,
            explanation: explanation
                .map_err(|e| Failure::peer(format!("an explanation cannot be read: {e}")))?,
            journals,
        })
    }
}

impl Explained {
    /// A moment by the wall clock of the program.
    fn local(&self, at: &str) -> String {
        Instant::parse(at).map_or_else(|_| at.to_owned(), |at| self.zone.show(at))
    }

    fn show(&self, paint: Paint) -> String {
        let mut text = format!(
            "{}\n",
            paint.bold(&format!(
                "Reward {}: {} {}, {}",
                self.id, self.amount, self.currency, self.state
            ))
        );
        let distance = match self.distance {
            0 => "for what he did himself".to_owned(),
            1 => format!("for what his friend {} did", self.origin),
            _ => format!("for what {}, a friend of his friend, did", self.origin),
        };
        text.push_str(&format!(
            "  {} ({}) of {}, {distance}\n",
            self.kind, self.form, self.member
        ));
        text.push_str(&format!(
            "  by the rule `{}` of {} version {}: {}\n",
            self.rule, self.program, self.version, self.title
        ));
        text.push_str(&format!("  {}\n", self.reason));
        if self.clawed_back.chars().any(|c| ('1'..='9').contains(&c)) {
            text.push_str(&format!(
                "  {} {} of it was taken back\n",
                self.clawed_back, self.currency
            ));
        }
        text.push_str(&format!("\n{}\n", paint.bold("Facts")));
        for f in &self.facts {
            let fields: Vec<String> = f.fields.iter().map(|(n, v)| format!("{n} {v}")).collect();
            let who = f
                .member
                .as_deref()
                .map_or_else(String::new, |m| format!(" by {m}"));
            text.push_str(&format!(
                "  {} {}{who} at {}: {} (event {})\n",
                f.seq,
                f.kind,
                self.local(&f.at),
                fields.join(", "),
                f.id
            ));
        }
        for event in &self.history {
            if let Some(explanation) = &event.explanation {
                text.push_str(&decision(explanation, paint));
            }
        }
        text.push_str(&format!("\n{}\n", paint.bold("History")));
        for e in &self.history {
            text.push_str(&format!(
                "  {} {} {} {}: {} ({})\n",
                self.local(&e.at),
                e.action,
                e.amount,
                self.currency,
                e.reason,
                e.cause
            ));
            for j in &e.journals {
                for t in &j.transfers {
                    text.push_str(&format!("      journal {}: {}\n", j.id, t.line()));
                }
            }
        }
        text
    }
}

/// One decision in words.
fn decision(e: &Explanation, paint: Paint) -> String {
    let mut text = String::new();
    let heading =
        |text: &mut String, name: &str| text.push_str(&format!("\n{}\n", paint.bold(name)));
    if !e.conditions.is_empty() {
        heading(&mut text, "Conditions");
        for c in &e.conditions {
            let answer = paint.verdict(c.holds, if c.holds { "holds" } else { "fails" });
            text.push_str(&format!("  {answer}  {}\n", c.text));
            text.push_str(&inputs(&c.inputs, "           "));
        }
    }
    if !e.formula.is_empty() {
        heading(&mut text, "Amount");
        text.push_str(&format!("  {}\n{}", e.formula, inputs(&e.inputs, "    ")));
        text.push_str(&format!("  exactly {}\n", e.exact));
    }
    if let Some(cap) = &e.cap {
        text.push_str(&format!("  capped: {cap}\n"));
    }
    if let Some(r) = &e.rounding {
        let mode = serde_json::to_value(r.mode)
            .ok()
            .and_then(|m| m.as_str().map(str::to_owned))
            .unwrap_or_default();
        text.push_str(&format!(
            "  rounded to {} decimals ({}): {}\n",
            r.places,
            mode.replace('_', " "),
            r.to
        ));
    }
    if !e.limits.is_empty() || e.budget.is_some() {
        heading(&mut text, "Limits");
        for l in &e.limits {
            text.push_str(&limit(l));
        }
        if let Some(b) = &e.budget {
            text.push_str(&limit(b));
        }
    }
    if let Some(refused) = &e.refused {
        heading(&mut text, "Refused");
        text.push_str(&format!("  {refused}\n"));
    } else {
        heading(&mut text, "Result");
        text.push_str(&format!("  {}\n", e.amount));
    }
    for line in &e.release {
        text.push_str(&format!("  release: {line}\n"));
    }
    text
}

fn inputs(list: &[Input], indent: &str) -> String {
    list.iter()
        .map(|i| format!("{indent}{} = {}\n", i.text, i.value))
        .collect()
}

fn limit(l: &LimitCheck) -> String {
    let cut = l
        .cut_to
        .as_deref()
        .map_or_else(String::new, |c| format!("; cut to {c}"));
    format!("  {}: {} of {} used before{cut}\n", l.name, l.used, l.most)
}
