//! Checks what was sent against the tracking plan. Pure.

use crate::rules::error::{quoted, suggest};
use crate::rules::plan::{FactType, Field, FieldType, Plan};
use crate::types::{Exact, Instant, Text, Value};
use serde::Serialize;
use serde_json::{Map, Value as Json};

/// Longest text of a field, in bytes.
pub const MAX_TEXT_BYTES: usize = 1_000;
/// Longest id of an event or member, in bytes.
pub const MAX_ID_BYTES: usize = 128;

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldProblem {
    /// Path of the field, such as `properties.amount`.
    pub field: String,
    /// What was found, what is allowed, and how to mend it.
    pub problem: String,
}

impl FieldProblem {
    /// A problem of a field.
    #[must_use]
    pub fn new(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            problem: problem.into(),
        }
    }
}

/// An event that fits the plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The sender's id, idempotent for ever.
    pub id: Text,
    /// The fact type.
    pub kind: Text,
    /// External id of who acted.
    pub member: Option<Text>,
    /// When it happened.
    pub at: Instant,
    /// Fields that were given.
    pub fields: Vec<(Text, Value)>,
}

/// Reads one event as the API takes it.
///
/// # Errors
/// Every problem that was found, by field; nothing of the event may then be kept.
pub fn event(plan: &Plan, json: &Json) -> Result<Event, Vec<FieldProblem>> {
    let Json::Object(map) = json else {
        return Err(vec![FieldProblem::new("", "an event is a JSON object")]);
    };
    let mut problems = Vec::new();
    for key in map.keys() {
        if !["id", "type", "member", "at", "properties"].contains(&key.as_str()) {
            problems.push(FieldProblem::new(
                key,
                "unknown: an event has id, type, member, at, properties",
            ));
        }
    }
    let id = identifier(map, "id", &mut problems);
    let at = match map.get("at").and_then(Json::as_str).map(Instant::parse) {
        Some(Ok(at)) => Some(at),
        Some(Err(e)) => {
            problems.push(FieldProblem::new("at", e.to_string()));
            None
        }
        None => {
            problems.push(FieldProblem::new(
                "at",
                "missing: when it happened, RFC 3339 with an offset",
            ));
            None
        }
    };
    let kind = map.get("type").and_then(Json::as_str).unwrap_or_default();
    let Some((kind, declared)) = plan.types.get_key_value(kind) else {
        let help = suggest(kind, plan.types.keys().map(|k| &**k));
        problems.push(FieldProblem::new(
            "type",
            format!("`{}` is not in the tracking plan; {help}", quoted(kind)),
        ));
        return Err(problems);
    };
    let member = match map.get("member") {
        None | Some(Json::Null) if !declared.about_member => None,
        _ => identifier(map, "member", &mut problems),
    };
    let empty = Map::new();
    let properties = match map.get("properties") {
        None => &empty,
        Some(Json::Object(properties)) => properties,
        Some(_) => {
            problems.push(FieldProblem::new(
                "properties",
                "an object of fields is expected",
            ));
            &empty
        }
    };
    let fields = fields(
        plan,
        declared,
        properties,
        plan.default_currency.as_ref(),
        &mut problems,
    );
    match (id, at, problems.is_empty()) {
        (Some(id), Some(at), true) => Ok(Event {
            id,
            kind: kind.clone(),
            member,
            at,
            fields,
        }),
        _ => Err(problems),
    }
}

/// Reads an id: 1 to 128 printable characters without blanks.
fn identifier(
    map: &Map<String, Json>,
    key: &str,
    problems: &mut Vec<FieldProblem>,
) -> Option<Text> {
    match map.get(key).and_then(Json::as_str) {
        Some(id) if is_identifier(id) => Some(id.into()),
        Some(_) => {
            problems.push(FieldProblem::new(
                key,
                format!("1 to {MAX_ID_BYTES} printable characters without blanks are expected"),
            ));
            None
        }
        None => {
            problems.push(FieldProblem::new(key, "missing: a text is expected"));
            None
        }
    }
}

/// Whether a text can be an external id.
#[must_use]
pub fn is_identifier(id: &str) -> bool {
    !id.is_empty()
        && id.len() <= MAX_ID_BYTES
        && !id.chars().any(|c| c.is_whitespace() || c.is_control())
}

/// Reads the fields of a fact type; amounts without a currency take `default_currency`.
pub fn fields(
    plan: &Plan,
    declared: &FactType,
    properties: &Map<String, Json>,
    default_currency: Option<&Text>,
    problems: &mut Vec<FieldProblem>,
) -> Vec<(Text, Value)> {
    let has_money = declared
        .fields
        .iter()
        .any(|(n, f)| f.kind == FieldType::Money && properties.contains_key(&**n));
    let named = properties.get("currency").and_then(Json::as_str);
    let currency = named.map(Text::from).or_else(|| default_currency.cloned());
    let mut list = Vec::new();
    let exponent = match &currency {
        Some(code) => plan.currencies.exponent(code),
        None => None,
    };
    if has_money && exponent.is_none() {
        problems.push(FieldProblem::new(
            "properties.currency",
            match &currency {
                Some(code) => format!(
                    "`{code}` is neither an ISO 4217 code nor a commodity of the tracking plan"
                ),
                None => "missing: an amount needs its currency, such as \"CNY\"".to_owned(),
            },
        ));
    }
    for (name, value) in properties {
        let path = format!("properties.{}", quoted(name));
        if name == "currency" {
            continue;
        }
        match declared.fields.get_key_value(&**name) {
            None => {
                let help = suggest(name, declared.fields.keys().map(|k| &**k));
                problems.push(FieldProblem::new(
                    path,
                    format!("not in the tracking plan for this type; {help}"),
                ));
            }
            Some((name, field)) => match value_of(field, value, exponent.unwrap_or(2)) {
                Ok(value) => list.push((name.clone(), value)),
                Err(problem) => problems.push(FieldProblem::new(path, problem)),
            },
        }
    }
    if let Some(code) = currency.filter(|_| has_money || named.is_some()) {
        list.push(("currency".into(), Value::Text(code)));
    }
    for (name, field) in &declared.fields {
        if field.required && !properties.contains_key(&**name) {
            problems.push(FieldProblem::new(
                format!("properties.{name}"),
                "missing: the tracking plan requires it",
            ));
        }
    }
    list
}

/// Reads an attribute of a member.
///
/// # Errors
/// What is wrong with it.
pub fn attribute(plan: &Plan, name: &str, json: &Json) -> Result<Value, String> {
    match plan.attributes.get(name) {
        Some(kind) => value_of(
            &Field {
                kind: kind.clone(),
                required: false,
                key: false,
            },
            json,
            12,
        ),
        None => Err(format!(
            "not an attribute of the tracking plan; {}",
            suggest(name, plan.attributes.keys().map(|k| &**k))
        )),
    }
}

/// A JSON value as a value of a field. JSON numbers with a fraction are refused: they lose digits.
fn value_of(field: &Field, json: &Json, exponent: u8) -> Result<Value, String> {
    let decimal = || -> Result<Exact, String> {
        match json {
            Json::String(s) => {
                let (body, percent) = match (s.strip_suffix('%'), &field.kind) {
                    (Some(body), FieldType::Rate) => (body, true),
                    _ => (s.as_str(), false),
                };
                let value = Exact::parse(body).map_err(|e| e.to_string())?;
                Ok(if percent {
                    value.div(&Exact::int(100)).unwrap_or(Exact::ZERO)
                } else {
                    value
                })
            }
            Json::Number(n) if n.is_i64() => Ok(Exact::int(n.as_i64().unwrap_or(0))),
            Json::Number(n) => Err(format!(
                "{n} is a floating-point number: send decimals as text, such as \"12.50\""
            )),
            _ => Err("a decimal as text is expected, such as \"12.50\"".to_owned()),
        }
    };
    let text = || json.as_str().ok_or_else(|| "a text is expected".to_owned());
    match &field.kind {
        FieldType::Money => {
            let amount = decimal()?;
            if matches!(json, Json::Number(_)) {
                return Err("an amount is sent as text, such as \"1000.00\"".to_owned());
            }
            if amount.is_negative() {
                return Err(
                    "an amount is at least 0; what takes money back is a fact type of its own"
                        .to_owned(),
                );
            }
            if !amount.fits(exponent) {
                return Err(format!("more than {exponent} decimals for this currency"));
            }
            amount.to_minor(exponent).map_err(|e| e.to_string())?;
            Ok(Value::Num(amount))
        }
        FieldType::Decimal | FieldType::Rate => Ok(Value::Num(decimal()?)),
        FieldType::Int | FieldType::Days => match decimal()?.to_int() {
            Some(n) => Ok(Value::Num(Exact::int(n))),
            None => Err("a whole number is expected".to_owned()),
        },
        FieldType::Text(words) => text_of(words, text()?),
        FieldType::Bool => match json {
            Json::Bool(b) => Ok(Value::Bool(*b)),
            Json::String(s) if s == "true" || s == "false" => Ok(Value::Bool(s == "true")),
            _ => Err("true or false is expected".to_owned()),
        },
        FieldType::Instant => Instant::parse(text()?)
            .map(Value::Instant)
            .map_err(|e| e.to_string()),
        FieldType::Date => {
            text()?
                .parse()
                .map(Value::Date)
                .map_err(|_ignored: chrono::ParseError| {
                    "a day such as 2017-06-28 is expected".to_owned()
                })
        }
    }
}

fn text_of(words: &[Text], text: &str) -> Result<Value, String> {
    if text.len() > MAX_TEXT_BYTES {
        return Err(format!("longer than {MAX_TEXT_BYTES} bytes"));
    }
    if !words.is_empty() && !words.iter().any(|w| &**w == text) {
        let help = suggest(text, words.iter().map(|w| &**w));
        return Err(format!("`{}` is not allowed; {help}", quoted(text)));
    }
    Ok(Value::Text(text.into()))
}
