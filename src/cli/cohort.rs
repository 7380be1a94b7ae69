//! `vouchsafe cohort …`

use super::actor::By;
use super::book::Book;
use super::table::{Table, count, money};
use super::{Context, Failure, Verdict};
use clap::ValueEnum;
use serde::Serialize;
use serde_json::json;
use std::num::NonZeroU32;
use vouchsafe::cohorts::classes::{Class, ClassRow, Direction, Indicator, Model, Threshold};
use vouchsafe::cohorts::service::{self, ClassRequest, Whose};
use vouchsafe::types::currency::show_minor;

/// Find the eight classes of people and freeze cohorts.
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "\
Examples:
  vouchsafe cohort classes
  vouchsafe cohort classes --subject members --fact purchase --currency USD --as-of 1998-07-01T00:00:00Z
  vouchsafe cohort snapshot \"June: best recommenders\" --classes forward,big_ticket --actor ann")]
pub(crate) enum Cohort {
    Classes(Classes),
    Snapshot(Snapshot),
    List(List),
}

/// Show the eight classes as of a moment (--as-of, or now).
///
/// Three indicators, each high or low at its threshold: how many (friends who acted, or own facts), how
/// much, and how many days ago the last one was. Facts before the moment count.
#[derive(Debug, clap::Args)]
pub(crate) struct Classes {
    #[command(flatten)]
    question: Question,
}

/// Freeze the members of some classes as a cohort for campaigns.
#[derive(Debug, clap::Args)]
pub(crate) struct Snapshot {
    /// The cohort's name; unique.
    name: String,
    /// The classes, separated by commas: forward, dormant_forward, connector, dormant_connector,
    /// big_ticket, dormant_big_ticket, promising, quiet.
    #[arg(long, value_name = "CLASSES", required = true, value_delimiter = ',', value_parser = class)]
    classes: Vec<Class>,
    #[command(flatten)]
    question: Question,
    #[command(flatten)]
    by: By,
}

/// List cohorts.
#[derive(Debug, clap::Args)]
pub(crate) struct List {}

/// Whose facts are looked at.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Subject {
    /// Whoever referred somebody, by what his direct friends did.
    Recommenders,
    /// Everybody, by what he did himself.
    Members,
}

/// What the classes are computed from.
#[derive(Debug, clap::Args)]
struct Question {
    /// Who is judged.
    #[arg(long, value_enum, default_value_t = Subject::Recommenders)]
    subject: Subject,
    /// The fact type, one with an amount.
    #[arg(long, value_name = "TYPE", default_value = "invested")]
    fact: String,
    /// The currency of the amounts; without it the default one of the tracking plan.
    #[arg(long, value_name = "CODE")]
    currency: Option<String>,
    /// Where few and many part: `mean`, `median`, `q0.8` or `fixed:5`.
    #[arg(long, value_name = "THRESHOLD", default_value = "mean")]
    count: Threshold,
    /// Where little and much part; a fixed threshold is in minor units.
    #[arg(long, value_name = "THRESHOLD", default_value = "mean")]
    amount: Threshold,
    /// Where recent and long ago part, in days.
    #[arg(long, value_name = "THRESHOLD", default_value = "mean")]
    days: Threshold,
}

fn class(code: &str) -> Result<Class, String> {
    Class::from_code(code).ok_or_else(|| {
        let all: Vec<&str> = Class::ALL.iter().map(|c| c.code()).collect();
        vouchsafe::rules::error::suggest(code, all.iter().copied())
    })
}

impl Cohort {
    pub(crate) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        match self {
            Self::Classes(command) => command.run(context),
            Self::Snapshot(command) => command.run(context),
            Self::List(command) => command.run(context),
        }
    }
}

impl Question {
    fn request(&self, book: &Book) -> Result<ClassRequest, Failure> {
        let plan = book.engine.plan();
        if !plan.types.contains_key(self.fact.as_str()) {
            let help =
                vouchsafe::rules::error::suggest(&self.fact, plan.types.keys().map(|k| &**k));
            return Err(Failure::input(format!(
                "the tracking plan has no fact type `{}`",
                self.fact
            ))
            .help(help));
        }
        let currency = self
            .currency
            .clone()
            .or_else(|| plan.default_currency.as_ref().map(ToString::to_string));
        let currency = currency.ok_or_else(|| {
            Failure::input("no currency is named, and the tracking plan has no default")
                .help("add --currency")
        })?;
        let exponent = plan.currencies.exponent(&currency);
        let exponent = exponent.ok_or_else(|| {
            Failure::input(format!(
                "`{currency}` is neither an ISO 4217 code nor a commodity of the tracking plan"
            ))
        })?;
        let (whose, counted) = match self.subject {
            Subject::Recommenders => (Whose::Recommenders, "friends"),
            Subject::Members => (Whose::Members, "facts"),
        };
        let indicator = |name: &str, direction, threshold| Indicator {
            name: name.to_owned(),
            direction,
            threshold,
        };
        Ok(ClassRequest {
            fact_kind: self.fact.clone(),
            whose,
            as_of: book.engine.clock().now(),
            indicators: [
                indicator(counted, Direction::HighIsGood, self.count),
                indicator("amount_minor", Direction::HighIsGood, self.amount),
                indicator("days_since_last", Direction::LowIsGood, self.days),
            ],
            currency,
            exponent,
        })
    }
}

#[derive(Serialize)]
struct Answer {
    as_of: String,
    fact: String,
    currency: String,
    members: u64,
    amount: String,
    thresholds: Vec<Threshing>,
    classes: Vec<Row>,
}

#[derive(Serialize)]
struct Threshing {
    name: String,
    threshold: String,
    value: String,
}

#[derive(Serialize)]
struct Row {
    class: &'static str,
    name: &'static str,
    name_zh: &'static str,
    count_high: bool,
    amount_high: bool,
    recent: bool,
    members: u64,
    members_share: String,
    amount: String,
    amount_share: String,
    amount_per_head: Option<String>,
}

impl Row {
    fn of(row: &ClassRow, exponent: u8) -> Self {
        let [count_high, amount_high, recent] = row.class.bits();
        Self {
            class: row.class.code(),
            name: row.class.name("en"),
            name_zh: row.class.name("zh"),
            count_high,
            amount_high,
            recent,
            members: row.members,
            members_share: show_minor(row.members_share_bp.into(), 2),
            amount: show_minor(row.amount_minor, exponent),
            amount_share: show_minor(row.amount_share_bp.into(), 2),
            amount_per_head: row
                .amount_per_head_minor()
                .map(|minor| show_minor(minor, exponent)),
        }
    }
}

impl Answer {
    fn of(model: &Model, request: &ClassRequest) -> Self {
        let exponent = request.exponent;
        let units = 10_u32
            .checked_pow(exponent.into())
            .and_then(NonZeroU32::new);
        let [friends, amount, days] = model.thresholds;
        let amount = units.map_or(amount, |units| amount.in_units_of(units));
        let thresholds = request.indicators.iter().zip([friends, amount, days]);
        let thresholds = thresholds.map(|(indicator, value)| Threshing {
            name: indicator.name.trim_end_matches("_minor").to_owned(),
            threshold: indicator.threshold.to_string(),
            value: value.to_string(),
        });
        Self {
            as_of: request.as_of.to_string(),
            fact: request.fact_kind.clone(),
            currency: request.currency.clone(),
            members: model.total_members,
            amount: show_minor(model.total_amount_minor, exponent),
            thresholds: thresholds.collect(),
            classes: model
                .rows
                .iter()
                .map(|row| Row::of(row, exponent))
                .collect(),
        }
    }
}

impl Classes {
    fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let book = context.reading()?;
        let request = self.question.request(&book)?;
        let model = service::classes(&book.engine, &request)?;
        let answer = Answer::of(&model, &request);
        context.out.answer(&answer, |paint| {
            let word =
                |high: bool, yes: &str, no: &str| if high { yes.to_owned() } else { no.to_owned() };
            let mut table = Table::new(&[
                "class",
                "",
                "count",
                "amount",
                "last",
                ">people",
                ">%",
                &format!(">{}", answer.currency),
                ">%",
                ">per head",
            ]);
            for (row, of) in answer.classes.iter().zip(&model.rows) {
                table.row([
                    row.class.to_owned(),
                    row.name_zh.to_owned(),
                    word(row.count_high, "many", "few"),
                    word(row.amount_high, "much", "little"),
                    word(row.recent, "recent", "long ago"),
                    count(row.members),
                    row.members_share.clone(),
                    money(of.amount_minor, request.exponent),
                    row.amount_share.clone(),
                    of.amount_per_head_minor()
                        .map_or_else(String::new, |minor| money(minor, request.exponent)),
                ]);
            }
            let mut text = table.show(paint, "");
            for t in &answer.thresholds {
                text.push_str(&paint.dim(&format!(
                    "{} parts at {} ({})\n",
                    t.name, t.value, t.threshold
                )));
            }
            let total = money(model.total_amount_minor, request.exponent);
            text.push_str(&format!(
                "people: {}; amount: {total} {}; as of {}\n",
                count(answer.members),
                answer.currency,
                answer.as_of
            ));
            text
        })?;
        Ok(Verdict::Fine)
    }
}

impl Snapshot {
    fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let book = context.changing()?;
        let request = self.question.request(&book)?;
        let id = service::snapshot(
            &book.engine,
            &self.by.name(),
            &self.name,
            &request,
            &self.classes,
        )?;
        let members = service::list(&book.engine)?
            .into_iter()
            .find(|c| c.id == id)
            .map_or(0, |c| c.members);
        let answer = json!({"cohort": id, "name": self.name, "members": members, "as_of": request.as_of.to_string()});
        context.out.answer(&answer, |paint| {
            format!(
                "{} {} people as cohort {id}, `{}`.",
                paint.green("Frozen:"),
                count(members),
                self.name
            )
        })?;
        Ok(Verdict::Fine)
    }
}

#[derive(Serialize)]
struct Summary {
    id: i64,
    name: String,
    members: i64,
    as_of: String,
    created_at: String,
    actor: String,
    definition: serde_json::Value,
}

impl List {
    fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let book = context.reading()?;
        let list = service::list(&book.engine)?.into_iter().map(|c| {
            let definition = serde_json::from_str(&c.definition)
                .map_err(|e| Failure::peer(format!("cohort {} cannot be read: {e}", c.id)))?;
            let (as_of, created_at) = (c.as_of.to_string(), c.created_at.to_string());
            Ok(Summary {
                id: c.id,
                name: c.name,
                members: c.members,
                as_of,
                created_at,
                actor: c.actor,
                definition,
            })
        });
        let list = list.collect::<Result<Vec<Summary>, Failure>>()?;
        context.out.answer(&list, |paint| {
            let mut table = Table::new(&[
                ">cohort",
                "name",
                ">people",
                "as of",
                "frozen by",
                "classes",
            ]);
            for c in &list {
                let classes = c
                    .definition
                    .get("classes")
                    .and_then(|v| v.as_array())
                    .map(|v| v.iter().filter_map(|c| c.as_str()).collect::<Vec<_>>());
                table.row([
                    c.id.to_string(),
                    c.name.clone(),
                    count(c.members),
                    c.as_of.clone(),
                    c.actor.clone(),
                    classes.unwrap_or_default().join(", "),
                ]);
            }
            table.show(
                paint,
                "There is no cohort: `vouchsafe cohort snapshot NAME --classes forward`.",
            )
        })?;
        Ok(Verdict::Fine)
    }
}
