//! The tracking plan: which facts exist, their fields and units, and who may send them.

use super::error::{Problem, RuleError, suggest};
use super::expr::{DAYS, Type, Unit};
use super::load::reader::{Fields, Item, choice, text, whole};
use crate::types::{Currencies, Text};
use std::collections::BTreeMap;
use toml::de::DeTable;

/// What a field or attribute holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// An amount in the fact's currency: a decimal text in JSON.
    Money,
    /// A plain decimal: a text in JSON.
    Decimal,
    /// A rate such as `0.005` or `0.5%`: a text in JSON.
    Rate,
    /// A whole number.
    Int,
    /// A whole number of days.
    Days,
    /// A text; with a list, one of these.
    Text(Vec<Text>),
    /// Yes or no.
    Bool,
    /// A moment with an offset.
    Instant,
    /// A day.
    Date,
}

impl FieldType {
    /// The type in expressions.
    #[must_use]
    pub const fn in_rules(&self) -> Type {
        match self {
            Self::Money => Type::Num(Unit::Money),
            Self::Decimal | Self::Rate | Self::Int => Type::Num(Unit::Plain),
            Self::Days => Type::Num(Unit::Days),
            Self::Text(_) => Type::Text,
            Self::Bool => Type::Bool,
            Self::Instant => Type::Instant,
            Self::Date => Type::Date,
        }
    }
}

/// A field of a fact type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// What it holds.
    pub kind: FieldType,
    /// Whether a fact without it is refused.
    pub required: bool,
    /// Whether facts are found by it.
    pub key: bool,
}

/// Who may send a fact type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// Only keys of servers.
    Server,
    /// Apps and browsers too.
    Client,
}

/// A fact type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactType {
    /// Who may send it.
    pub from: Sender,
    /// Whether it must name a member.
    pub about_member: bool,
    /// Fields by name.
    pub fields: BTreeMap<Text, Field>,
}

/// A tracking plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The currency of amounts that name none.
    pub default_currency: Option<Text>,
    /// Currencies and commodities.
    pub currencies: Currencies,
    /// Attributes of members.
    pub attributes: BTreeMap<Text, FieldType>,
    /// Fact types by name.
    pub types: BTreeMap<Text, FactType>,
}

impl Plan {
    /// Reads a tracking plan.
    ///
    /// # Errors
    /// [`RuleError`] with the place of the first mistake.
    pub fn load(file: &str, source: &str) -> Result<Self, RuleError> {
        Self::read(source).map_err(|p| RuleError::locate(file, source, p))
    }

    fn read(source: &str) -> Result<Self, Problem> {
        let table = DeTable::parse(source)
            .map_err(|e| Problem::new(e.span().unwrap_or(0..1), e.message().to_owned()))?;
        let mut head = Fields::new("the tracking plan", 0..1, table.get_ref());
        let schema = head.need("schema")?;
        if whole(schema, 1)? != 1 {
            return Err(Problem::new(schema.span(), "only `schema = 1` is known"));
        }
        let mut plan = Self {
            default_currency: head.text("default_currency")?.map(Into::into),
            ..Self::default()
        };
        if let Some(item) = head.take("commodities") {
            register_commodities(&mut plan.currencies, item)?;
        }
        if let Some(item) = head.take("attributes") {
            for (name, span, value) in Fields::of("`attributes`", item)?.rest() {
                let field = field(value)?;
                if field.key || field.required {
                    return Err(Problem::new(
                        span,
                        "an attribute is neither required nor a key",
                    ));
                }
                plan.attributes.insert(name.into(), field.kind);
            }
        }
        for (name, span, value) in Fields::of("`types`", head.need("types")?)?.rest() {
            if name == DAYS {
                return Err(Problem::new(
                    span,
                    format!("`{name}` is a word of the rule language, not a fact type"),
                ));
            }
            plan.types.insert(name.into(), fact_type(name, value)?);
        }
        head.finish()?;
        Ok(plan)
    }

    /// The type of a field of any of `kinds`; all that have it must agree.
    #[must_use]
    pub fn field(&self, kinds: &[Text], name: &str) -> Option<&Field> {
        kinds
            .iter()
            .find_map(|k| self.types.get(k)?.fields.get(name))
    }

    /// Names of the fields of `kinds`.
    pub fn field_names<'a>(&'a self, kinds: &'a [Text]) -> impl Iterator<Item = &'a str> + Clone {
        kinds
            .iter()
            .filter_map(|k| self.types.get(k))
            .flat_map(|t| t.fields.keys().map(|k| &**k))
    }
}

/// Registers `NAME = decimals` pairs.
pub(super) fn register_commodities(
    currencies: &mut Currencies,
    item: Item<'_>,
) -> Result<(), Problem> {
    for (name, span, value) in Fields::of("`commodities`", item)?.rest() {
        let exponent = u8::try_from(whole(value, 12)?).unwrap_or(12);
        if !currencies.register(name, exponent) {
            return Err(Problem::new(
                span,
                format!("`{name}` is already known with other decimals"),
            ));
        }
    }
    Ok(())
}

fn fact_type(name: &str, item: Item<'_>) -> Result<FactType, Problem> {
    let mut table = Fields::of(format!("type `{name}`"), item)?;
    let from = table.take("from").map_or(Ok(Sender::Server), |i| {
        choice(i, &[("server", Sender::Server), ("client", Sender::Client)])
    })?;
    let about_member = table.take("member").map_or(Ok(true), |i| {
        choice(i, &[("required", true), ("optional", false)])
    })?;
    table.take("description").map(text).transpose()?;
    let mut fields = BTreeMap::new();
    if let Some(item) = table.take("fields") {
        for (name, span, value) in Fields::of("`fields`", item)?.rest() {
            if matches!(name, "at" | "member" | "type") {
                return Err(Problem::new(
                    span,
                    format!("`{name}` belongs to every fact and is not declared"),
                ));
            }
            fields.insert(name.into(), field(value)?);
        }
    }
    table.finish()?;
    Ok(FactType {
        from,
        about_member,
        fields,
    })
}

/// `money!`, `text key`, `text(a|b)`, …
fn field(item: Item<'_>) -> Result<Field, Problem> {
    let raw = text(item)?;
    let (body, key) = match raw.strip_suffix(" key") {
        Some(head) => (head, true),
        None => (raw, false),
    };
    let (body, required) = match body.strip_suffix('!') {
        Some(head) => (head, true),
        None => (body, false),
    };
    let kind = match body {
        "money" => FieldType::Money,
        "decimal" => FieldType::Decimal,
        "rate" => FieldType::Rate,
        "int" => FieldType::Int,
        "days" => FieldType::Days,
        "text" => FieldType::Text(Vec::new()),
        "bool" => FieldType::Bool,
        "instant" => FieldType::Instant,
        "date" => FieldType::Date,
        other => match other
            .strip_prefix("text(")
            .and_then(|r| r.strip_suffix(')'))
        {
            Some(words) => FieldType::Text(words.split('|').map(Into::into).collect()),
            None => {
                let known = [
                    "money",
                    "decimal",
                    "rate",
                    "int",
                    "days",
                    "text",
                    "text(a|b)",
                    "bool",
                    "instant",
                    "date",
                ];
                return Err(
                    Problem::new(item.span(), format!("`{other}` is not a field type"))
                        .help(suggest(other, known)),
                );
            }
        },
    };
    if key && !matches!(kind, FieldType::Text(_)) {
        return Err(Problem::new(item.span(), "only a text field can be a key"));
    }
    Ok(Field {
        kind,
        required,
        key,
    })
}
