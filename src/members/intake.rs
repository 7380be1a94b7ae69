//! Checks members as they are sent. Pure.

use crate::facts::intake::{FieldProblem, attribute, is_identifier};
use crate::rules::Plan;
use crate::types::{Instant, Text, Value};
use serde_json::{Map, Value as Json};

/// A channel that consent is given for.
pub const CHANNELS: [&str; 2] = ["sms", "email"];

/// A member as he was sent: what is absent stays as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sent {
    /// External id.
    pub id: Text,
    /// Whose code was entered.
    pub referral_code: Option<String>,
    /// External id of the referrer.
    pub referrer: Option<Text>,
    /// When he registered.
    pub registered_at: Option<Instant>,
    /// Attributes of the tracking plan.
    pub attributes: Vec<(Text, Value)>,
    /// Name, never logged.
    pub name: Option<String>,
    /// Phone in E.164, never logged.
    pub phone: Option<String>,
    /// E-mail address, never logged.
    pub email: Option<String>,
    /// Consents by channel.
    pub consents: Vec<(&'static str, bool)>,
    /// Where the consents were given.
    pub consent_source: String,
}

const KEYS: [&str; 10] = [
    "id",
    "referral_code",
    "referrer",
    "registered_at",
    "attributes",
    "name",
    "phone",
    "email",
    "consents",
    "consent_source",
];

/// Reads one member as the API takes him.
///
/// # Errors
/// Every problem that was found, by field.
pub fn member(plan: &Plan, json: &Json) -> Result<Sent, Vec<FieldProblem>> {
    let Json::Object(map) = json else {
        return Err(vec![FieldProblem::new("", "a member is a JSON object")]);
    };
    let mut problems = Vec::new();
    for key in map.keys().filter(|k| !KEYS.contains(&k.as_str())) {
        problems.push(FieldProblem::new(
            key,
            format!("unknown: a member has {}", KEYS.join(", ")),
        ));
    }
    let mut sent = Sent {
        consent_source: "api".to_owned(),
        ..Sent::default()
    };
    match map.get("id").and_then(Json::as_str) {
        Some(id) if is_identifier(id) => sent.id = id.into(),
        _ => problems.push(FieldProblem::new(
            "id",
            "1 to 128 printable characters without blanks are expected",
        )),
    }
    sent.referral_code =
        text(map, "referral_code", 40, &mut problems).map(|c| super::codes::normalise(&c));
    sent.referrer = text(map, "referrer", 128, &mut problems).map(|r| r.as_str().into());
    sent.name = text(map, "name", 200, &mut problems);
    sent.phone = text(map, "phone", 16, &mut problems);
    sent.email = text(map, "email", 254, &mut problems);
    if let Some(source) = text(map, "consent_source", 200, &mut problems) {
        sent.consent_source = source;
    }
    if sent.referral_code.is_some() && sent.referrer.is_some() {
        problems.push(FieldProblem::new(
            "referrer",
            "give either `referrer` or `referral_code`, not both",
        ));
    }
    if let Some(at) = text(map, "registered_at", 40, &mut problems) {
        match Instant::parse(&at) {
            Ok(at) => sent.registered_at = Some(at),
            Err(e) => problems.push(FieldProblem::new("registered_at", e.to_string())),
        }
    }
    if sent.phone.as_deref().is_some_and(|p| !is_phone(p)) {
        problems.push(FieldProblem::new(
            "phone",
            "a number in E.164 is expected: +, country code, 7 to 15 digits",
        ));
    }
    if sent.email.as_deref().is_some_and(|e| !is_email(e)) {
        problems.push(FieldProblem::new(
            "email",
            "an address such as name@example.com is expected",
        ));
    }
    attributes(plan, map, &mut sent, &mut problems);
    consents(map, &mut sent, &mut problems);
    if problems.is_empty() {
        Ok(sent)
    } else {
        Err(problems)
    }
}

fn text(
    map: &Map<String, Json>,
    key: &str,
    most: usize,
    problems: &mut Vec<FieldProblem>,
) -> Option<String> {
    match map.get(key) {
        None | Some(Json::Null) => None,
        Some(Json::String(s)) if !s.is_empty() && s.len() <= most => Some(s.clone()),
        Some(_) => {
            problems.push(FieldProblem::new(
                key,
                format!("a text of 1 to {most} bytes is expected"),
            ));
            None
        }
    }
}

fn attributes(
    plan: &Plan,
    map: &Map<String, Json>,
    sent: &mut Sent,
    problems: &mut Vec<FieldProblem>,
) {
    match map.get("attributes") {
        None | Some(Json::Null) => {}
        Some(Json::Object(given)) => {
            for (name, value) in given {
                match attribute(plan, name, value) {
                    Ok(value) => sent.attributes.push((name.as_str().into(), value)),
                    Err(problem) => {
                        problems.push(FieldProblem::new(format!("attributes.{name}"), problem))
                    }
                }
            }
        }
        Some(_) => problems.push(FieldProblem::new(
            "attributes",
            "an object of attributes is expected",
        )),
    }
}

fn consents(map: &Map<String, Json>, sent: &mut Sent, problems: &mut Vec<FieldProblem>) {
    match map.get("consents") {
        None | Some(Json::Null) => {}
        Some(Json::Object(given)) => {
            for (name, value) in given {
                match (CHANNELS.iter().find(|c| **c == name), value.as_bool()) {
                    (Some(channel), Some(granted)) => sent.consents.push((channel, granted)),
                    _ => problems.push(FieldProblem::new(
                        format!("consents.{name}"),
                        "sms or email with true or false is expected",
                    )),
                }
            }
        }
        Some(_) => problems.push(FieldProblem::new(
            "consents",
            "an object such as {\"sms\": true} is expected",
        )),
    }
}

/// Whether a text is a number in E.164.
#[must_use]
pub fn is_phone(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|d| {
        (7..=15).contains(&d.len()) && d.chars().all(|c| c.is_ascii_digit()) && !d.starts_with('0')
    })
}

/// Whether a text can be an e-mail address.
#[must_use]
pub fn is_email(text: &str) -> bool {
    text.parse::<lettre::Address>().is_ok()
}
