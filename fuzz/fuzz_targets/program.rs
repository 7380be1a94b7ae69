//! What the targets about programs share.

use std::sync::LazyLock;

use vouchsafe::rules::calendar::Calendar;
use vouchsafe::rules::error::RuleError;
use vouchsafe::rules::{Plan, Program, load};

/// The name of the file that is read.
pub(crate) const FILE: &str = "fuzz.toml";

/// The plan of the published programs, so that the seeds are programs that load.
pub(crate) static PLAN: LazyLock<Plan> = LazyLock::new(|| {
    Plan::load("corpus.toml", include_str!("../../rules/plans/corpus.toml")).expect("a plan")
});

fn no_calendars(_name: &str) -> Option<Result<Calendar, RuleError>> {
    None
}

/// A program with further keys in its head, in its only rule, and in the rule's only payment.
pub(crate) fn with(head: &str, rule: &str, pay: &str) -> String {
    format!(
        "schema = 1
id = 'fuzz'
version = 1
title = 'Fuzz'
currency = 'CNY'
zone = 'Asia/Shanghai'
round = {{ to = 2, mode = 'half_even' }}
params = {{ rate = '2.5%' }}
tiers.steps = {{ rows = [ {{ from = 0, value = '0.5%' }}, {{ from = 100, value = '1%' }} ] }}
{head}
[[rule]]
id = 'one'
on = ['invested', 'loan_funded']
{rule}
[[rule.pay]]
to = 'referrer'
{pay}
"
    )
}

/// Loads a text as a program: it keeps its text, or says where its first mistake is.
pub(crate) fn load(text: &str) -> Option<Program> {
    match load::program(FILE, text, &PLAN, &no_calendars) {
        Ok(program) => {
            assert_eq!(&*program.source, text, "a program keeps its own text");
            Some(program)
        }
        Err(error) => {
            expect_placed(&error, text);
            None
        }
    }
}

/// A mistake must lie in the text and be shown without breaking.
pub(crate) fn expect_placed(error: &RuleError, text: &str) {
    let line = text.split('\n').nth(error.line.saturating_sub(1));
    let line = line.expect("the line is in the file");
    let columns = 1..=line.chars().count() + 1;
    let column = error.column;
    assert!(columns.contains(&column), "column {column} of {line:?}");
    assert!(!error.message.is_empty());
    assert!(error.to_string().starts_with(FILE));
}
