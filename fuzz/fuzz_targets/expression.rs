//! Any text as an expression: read, checked in each place of a program where one can stand, and
//! computed over a small history. Nothing may panic, hang or name a place outside the text.

#![no_main]

mod program;
mod tokens;

use std::sync::LazyLock;

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use vouchsafe::rewards::cases::{Case, run};
use vouchsafe::rules::error::RuleError;
use vouchsafe::rules::syntax;

/// Three members in a line, two investments, and the loan they went into.
static CASE: LazyLock<Case> = LazyLock::new(|| {
    serde_json::from_str(
        r#"{
        "case_id": "fuzz", "currency": "CNY", "as_of": "2019-01-01T00:00:00Z", "expected": [],
        "members": [
            { "id": "top", "referrer": null, "attrs": { "level": 2 } },
            { "id": "middle", "referrer": "top", "attrs": { "grade": "A,B" } },
            { "id": "friend", "referrer": "middle" } ],
        "events": [
            { "t": "2017-06-01T08:00:00+08:00", "type": "registered", "member": "friend" },
            { "t": "2017-06-28T12:00:00+08:00", "type": "invested", "member": "friend",
              "amount": "1000.00", "term_days": 90, "product": "plus", "loan": "l", "ref": "i-1" },
            { "t": "2017-06-29T23:59:59+08:00", "type": "invested", "member": "middle",
              "amount": "0.01", "rate_coupon": "0.5%", "loan": "l", "ref": "i-2" },
            { "t": "2017-07-01T00:00:00+08:00", "type": "loan_funded", "loan": "l",
              "deadline": "2017-09-29T00:00:00+08:00" } ]
        }"#,
    )
    .expect("a case")
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    tokens::mutate(data, size, max_size, seed)
});

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    match syntax::parse(&text) {
        Ok(node) => {
            assert!(text.get(node.span.clone()).is_some(), "{:?}", node.span);
            play("when = '''{}'''", "amount = '1'", &text);
            play("after = '''{}'''", "amount = '1'", &text);
            play("", "amount = '''{}'''", &text);
            play("", "amount = '1'\nrelease.until = '''{}'''", &text);
            play("", "amount = '1'\nrelease.at = '''{}'''", &text);
        }
        Err(problem) => {
            let error = RuleError::locate(program::FILE, &text, problem);
            program::expect_placed(&error, &text);
        }
    }
    match syntax::parse_selection(&text) {
        Ok(_) => play("each = '''{}'''", "amount = 'item.amount'", &text),
        Err(problem) => {
            let error = RuleError::locate(program::FILE, &text, problem);
            program::expect_placed(&error, &text);
        }
    }
});

/// Plays the case with `text` in place of the `{}` in a key of the rule or of its payment.
fn play(rule: &str, pay: &str, text: &str) {
    let (rule, pay) = (rule.replace("{}", text), pay.replace("{}", text));
    if let Some(program) = program::load(&program::with("", &rule, &pay)) {
        let result = run(&program, &program::PLAN, &CASE);
        let again = run(&program, &program::PLAN, &CASE);
        assert_eq!(result.differences, again.differences, "a replay differs");
    }
}
