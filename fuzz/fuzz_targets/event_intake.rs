//! Any bytes as an event, and any text as a field of each kind: a refusal says why, and what is
//! accepted keeps every promise that the rest of the engine builds on.

#![no_main]

mod tokens;

use std::sync::LazyLock;

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use serde_json::{Value as Json, json};
use vouchsafe::facts::intake::{Event, MAX_TEXT_BYTES, attribute, event, is_identifier};
use vouchsafe::rules::Plan;
use vouchsafe::types::Value;

static PLAN: LazyLock<Plan> = LazyLock::new(|| {
    let source = include_str!("../../rules/plans/standard.toml");
    Plan::load("standard.toml", source).expect("a plan")
});

/// A field of each kind of the plan, beside an amount where one is required.
const FIELDS: [(&str, &str, &str); 8] = [
    ("invested", "amount", "1"),
    ("invested", "rate_coupon", "1"),
    ("invested", "term_days", "1"),
    ("invested", "product", "1"),
    ("purchase", "currency", "1.234"),
    ("purchase", "ref", "1"),
    ("interest_paid", "period", "1"),
    ("loan_funded", "deadline", ""),
];

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    tokens::mutate(data, size, max_size, seed)
});

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let mut values = vec![Json::from(&*text)];
    if let Ok(json) = serde_json::from_slice::<Json>(bytes) {
        take(&json);
        values.push(json);
    }
    for value in values {
        take(&json!({ "id": value, "type": value, "member": value, "at": value }));
        for (kind, field, amount) in FIELDS {
            let mut properties = json!({});
            if !amount.is_empty() {
                properties["amount"] = json!(amount);
            }
            properties[field] = value.clone();
            take(&json!({
                "id": "e", "type": kind, "member": "m", "at": "2017-06-28T12:00:00+08:00",
                "properties": properties,
            }));
        }
        for name in PLAN.attributes.keys() {
            if let Ok(kept) = attribute(&PLAN, name, &value) {
                expect_stored(name, &kept);
            }
        }
    }
});

fn take(json: &Json) {
    match event(&PLAN, json) {
        Ok(event) => expect_sound(&event),
        Err(problems) => {
            assert!(!problems.is_empty(), "a refusal says why");
            assert!(problems.iter().all(|p| !p.problem.is_empty()));
        }
    }
}

fn expect_sound(event: &Event) {
    assert!(is_identifier(&event.id));
    assert!(event.member.as_deref().is_none_or(is_identifier));
    let declared = PLAN.types.get(&event.kind).expect("a type of the plan");
    assert!(event.member.is_some() || !declared.about_member);
    let given = |name: &str| event.fields.iter().any(|(known, _)| &**known == name);
    for (name, field) in &declared.fields {
        assert!(given(name) || !field.required, "`{name}` is required");
    }
    for (name, value) in &event.fields {
        let known = &**name == "currency" || declared.fields.contains_key(name);
        assert!(known, "`{name}` is not declared");
        expect_stored(name, value);
    }
}

/// What is accepted is read back from the database as it was.
fn expect_stored(name: &str, value: &Value) {
    let back = Value::decode(&value.encode());
    assert_eq!(back.as_ref(), Some(value), "`{name}` changes when stored");
    if let Value::Text(text) = value {
        let length = text.len();
        assert!(length <= MAX_TEXT_BYTES, "`{name}` has {length} bytes");
    }
}
