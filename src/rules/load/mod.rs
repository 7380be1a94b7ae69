//! Reads a rule file into a checked program.

mod ending;
mod group;
mod parts;
pub(crate) mod pay;
pub(crate) mod reader;
mod rule;

use super::calendar::Calendar;
use super::check::{self, Lets, Scope};
use super::error::{Problem, RuleError};
use super::expr::{ExprKind, Formula, Role, Type, Unit};
use super::plan::{Plan, register_commodities};
use super::program::{Program, Require, Round, TierTable};
use crate::types::{Currencies, Exact, Text, Value};
use parts::{budget, identifier, round, tier_table, window, zone};
use reader::{Fields, Item, choice, content_offset, instant, list, number, text, whole};
use std::collections::BTreeMap;
use toml::de::{DeTable, DeValue};

/// Longest rule file, in bytes.
pub const MAX_FILE_BYTES: usize = 200_000;

/// Finds a calendar by its name, without the ending of the file.
pub type Calendars<'a> = &'a dyn Fn(&str) -> Option<Result<Calendar, RuleError>>;

/// Reads and checks a rule file.
///
/// # Errors
/// [`RuleError`] with the place of the first mistake; also for a third paid level.
pub fn program(
    file: &str,
    source: &str,
    plan: &Plan,
    calendars: Calendars<'_>,
) -> Result<Program, RuleError> {
    read(file, source, plan, calendars, &BTreeMap::new())
}

/// As [`program`], with some of its `params` given other values.
///
/// # Errors
/// As [`program`].
pub fn read(
    file: &str,
    source: &str,
    plan: &Plan,
    calendars: Calendars<'_>,
    params: &BTreeMap<String, Exact>,
) -> Result<Program, RuleError> {
    let place = |p| RuleError::locate(file, source, p);
    if source.len() > MAX_FILE_BYTES {
        return Err(place(Problem::new(
            0..1,
            format!(
                "the file has {} bytes; at most {MAX_FILE_BYTES} are allowed",
                source.len()
            ),
        )));
    }
    let table = DeTable::parse(source).map_err(|e| {
        place(Problem::new(
            e.span().unwrap_or(0..1),
            e.message().to_owned(),
        ))
    })?;
    let head = Fields::new("the program", 0..1, table.get_ref());
    let mut reader = Reader {
        source,
        plan,
        params: BTreeMap::new(),
        tiers: Vec::new(),
        lets: Lets::default(),
        ends: false,
        slots: BTreeMap::new(),
        currencies: plan.currencies.clone(),
        round: None,
    };
    reader
        .program(head, calendars, params)
        .map_err(|e| match e {
            Failure::Here(problem) => place(problem),
            Failure::Elsewhere(error) => error,
        })
}

/// A mistake in this file, or in one that it names.
pub(crate) enum Failure {
    Here(Problem),
    Elsewhere(RuleError),
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Here(problem)
    }
}

/// What the parts of a file share while it is read.
pub(crate) struct Reader<'a> {
    source: &'a str,
    plan: &'a Plan,
    params: BTreeMap<Text, (Value, Type)>,
    tiers: Vec<TierTable>,
    lets: Lets,
    /// Whether the program's window has an end.
    ends: bool,
    slots: BTreeMap<Text, pay::Terms>,
    pub(crate) currencies: Currencies,
    pub(crate) round: Option<Round>,
}

/// Whether a type is a condition.
pub(crate) const fn is_condition(t: Type) -> bool {
    matches!(t, Type::Bool)
}

/// Whether a type can be an amount.
pub(crate) const fn is_amount(t: Type) -> bool {
    matches!(t, Type::Num(Unit::Any | Unit::Plain | Unit::Money))
}

/// Whether a type is a moment or a day.
pub(crate) const fn is_moment(t: Type) -> bool {
    matches!(t, Type::Instant | Type::Date)
}

impl<'a> Reader<'a> {
    fn program(
        &mut self,
        mut head: Fields<'a>,
        calendars: Calendars<'_>,
        overrides: &BTreeMap<String, Exact>,
    ) -> Result<Program, Failure> {
        parts::schema(&mut head)?;
        let id = identifier(head.need("id")?)?;
        let version = whole(head.need("version")?, 1_000_000)?;
        let title = head.need_text("title")?.into();
        head.text("source")?;
        if let Some(item) = head.take("commodities") {
            register_commodities(&mut self.currencies, item)?;
        }
        let currency = self.currency(head.need("currency")?)?;
        let zone = zone(head.need("zone")?)?;
        let calendar = match head.take("calendar") {
            None => Calendar::default(),
            Some(item) => match calendars(text(item)?) {
                Some(found) => found.map_err(Failure::Elsewhere)?,
                None => {
                    return Err(Problem::new(
                        item.span(),
                        format!("there is no calendar `{}`", text(item)?),
                    )
                    .into());
                }
            },
        };
        let (from, until) = window(&mut head)?;
        self.ends = until.is_some();
        self.round = head.take("round").map(round).transpose()?;
        let exponent = self.currencies.exponent(&currency).unwrap_or(2);
        let budget = head
            .take("budget")
            .map(|i| budget(i, exponent))
            .transpose()?;
        let audience = head.take("audience").map_or(Ok(Role::Referrer), |i| {
            choice(i, &[("referrer", Role::Referrer), ("member", Role::Friend)])
        })?;
        self.read_params(head.take("params"), overrides)?;
        if let Some(item) = head.take("tiers") {
            for (name, _, table) in Fields::of("`tiers`", item)?.rest() {
                self.tiers.push(tier_table(name, table)?);
            }
        }
        let named = head.take("let");
        self.read_lets(named)?;
        let rules = self.rules(head.need("rule")?, &currency)?;
        if let (Some(item), Some(name)) = (named, self.lets.unused()) {
            let problem = Problem::new(item.span(), format!("nothing uses `let.{name}`"));
            return Err(problem
                .help("remove it: a formula is checked where it is used")
                .into());
        }
        head.finish()?;
        let currencies = self.currencies.clone();
        let tiers = std::mem::take(&mut self.tiers);
        let source = self.source.into();
        Ok(Program {
            id,
            version,
            title,
            currency,
            currencies,
            zone,
            calendar,
            from,
            until,
            budget,
            audience,
            tiers,
            rules,
            source,
        })
    }

    pub(crate) fn currency(&self, item: Item<'_>) -> Result<Text, Problem> {
        let code = text(item)?;
        match self.currencies.exponent(code) {
            Some(_) => Ok(code.into()),
            None => Err(Problem::new(
                item.span(),
                format!("`{code}` is neither an ISO 4217 code nor a registered commodity"),
            )
            .help("register it: `commodities = { NAME = decimals }`")),
        }
    }

    fn read_params(
        &mut self,
        item: Option<Item<'a>>,
        overrides: &BTreeMap<String, Exact>,
    ) -> Result<(), Problem> {
        let Some(item) = item else { return Ok(()) };
        for (name, _, value) in Fields::of("`params`", item)?.rest() {
            let plain = Type::Num(Unit::Any);
            let parsed = match (value.get_ref(), overrides.get(name)) {
                (_, Some(other)) => (Value::Num(other.clone()), plain),
                (DeValue::Boolean(b), _) => (Value::Bool(*b), Type::Bool),
                (DeValue::Datetime(at), _) => match at.to_string().parse() {
                    Ok(day) => (Value::Date(day), Type::Date),
                    Err(_) => (Value::Instant(instant(value)?), Type::Instant),
                },
                (DeValue::String(s), _) => match number(value) {
                    Ok(n) => (Value::Num(n), plain),
                    Err(_) => (Value::Text((&**s).into()), Type::Text),
                },
                _ => (Value::Num(number(value)?), plain),
            };
            self.params.insert(name.into(), parsed);
        }
        Ok(())
    }

    /// Named formulas, in the order of the file: each may use those before it.
    fn read_lets(&mut self, item: Option<Item<'a>>) -> Result<(), Problem> {
        let Some(item) = item else { return Ok(()) };
        let mut named = Fields::of("`let`", item)?.rest();
        named.sort_by_key(|(_, span, _)| span.start);
        for (name, span, value) in named {
            self.lets
                .add(name, text(value)?)
                .map_err(|p| p.shifted(content_offset(self.source, &value.span())))?
                .then_some(())
                .ok_or_else(|| Problem::new(span, "a file has at most 60 named formulas"))?;
        }
        Ok(())
    }

    pub(crate) fn scope<'b>(&'b self, place: Place<'b>) -> Scope<'b> {
        Scope {
            plan: self.plan,
            on: place.on,
            item: place.item,
            it: None,
            params: &self.params,
            tiers: &self.tiers,
            lets: self.lets.all(),
            who: place.who,
            its: place.its,
            day: false,
            period: place.period,
            group: place.group,
            reward: place.reward,
        }
    }

    pub(crate) fn formula(
        &self,
        item: Item<'a>,
        place: Place<'_>,
        want: fn(Type) -> bool,
        wanted: &str,
    ) -> Result<Formula, Problem> {
        check::formula(text(item)?, &self.scope(place), want, wanted)
            .map_err(|p| p.shifted(content_offset(self.source, &item.span())))
    }

    pub(crate) fn optional(
        &self,
        item: Option<Item<'a>>,
        place: Place<'_>,
        want: fn(Type) -> bool,
        wanted: &str,
    ) -> Result<Option<Formula>, Problem> {
        item.map(|i| self.formula(i, place, want, wanted))
            .transpose()
    }

    pub(crate) fn requires(
        &self,
        item: Option<Item<'a>>,
        place: Place<'_>,
    ) -> Result<Vec<Require>, Problem> {
        let Some(item) = item else {
            return Ok(Vec::new());
        };
        list(item)?
            .into_iter()
            .map(|entry| {
                let mut table = Fields::of("an entry of `require`", entry)?;
                let that = self.formula(table.need("that")?, place, is_condition, "a condition")?;
                let otherwise = table.need_text("else")?.into();
                table.finish()?;
                Ok(Require { that, otherwise })
            })
            .collect()
    }

    /// A condition that is looked at again when facts arrive: every aggregate must be tied to one
    /// member or one key.
    pub(crate) fn watched(&self, item: Item<'a>, place: Place<'_>) -> Result<Formula, Problem> {
        let formula = self.formula(item, place, is_condition, "a condition")?;
        let (mut wide, mut named) = (None, false);
        formula.expr.walk(&mut |e| {
            named = named || matches!(e.kind, ExprKind::Named(..));
            if let ExprKind::Aggregate(a) = &e.kind
                && (a.is_untied() || a.by.is_some_and(|b| b.hops > 0))
            {
                wide = Some(e.span.clone());
            }
        });
        match wide {
            None => Ok(formula),
            // What stands in a named formula is shown where the condition stands.
            Some(span) => Err(Problem::new(
                if named { formula.expr.span } else { span },
                "a watched condition can speak of one person or one key, not of a group, of everybody or of days",
            )
            .shifted(content_offset(self.source, &item.span()))),
        }
    }
}

/// Where in a file a formula stands.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) on: &'a [Text],
    pub(crate) item: Option<&'a Text>,
    pub(crate) who: bool,
    pub(crate) reward: bool,
    pub(crate) period: bool,
    pub(crate) its: bool,
    pub(crate) group: Option<Type>,
}
