//! The rule language: what loads, what it means, and what is refused with which words.

use crate::support::repo;
use std::collections::BTreeMap;
use vouchsafe::rules::{Plan, Program, RuleError, load};

/// Loads a program whose head is the usual one.
fn program(rest: &str) -> Result<Program, RuleError> {
    let plan = Plan::load("standard.toml", &repo("rules/plans/standard.toml")).unwrap();
    let head = "schema = 1\nid = \"p\"\nversion = 1\ntitle = \"t\"\ncurrency = \"CNY\"\nzone = \"Asia/Shanghai\"\nround = { to = 2, mode = \"half_even\" }\n";
    let source = format!("{head}{rest}");
    load::read("p.toml", &source, &plan, &|_| None, &BTreeMap::new())
}

/// The message and the advice of a program that must not load.
fn refused(rest: &str) -> String {
    let error = program(rest).expect_err(rest);
    format!("{error} {}", error.help.as_deref().unwrap_or_default())
}

/// A rule on investments that pays the referrer.
fn rule(head: &str, pay: &str) -> String {
    format!(
        "[[rule]]\nid = \"r\"\non = \"invested\"\n{head}\n[[rule.pay]]\nto = \"referrer\"\n{pay}\n"
    )
}

#[test]
fn a_named_formula_is_known_below_its_line_only_and_must_be_used() {
    let pay = rule("", "amount = 'let.b'");
    assert!(
        program(&format!(
            "[let]\na = 'fact.amount * 2'\nb = 'let.a + 1'\n{pay}"
        ))
        .is_ok()
    );
    let upwards = refused(&format!(
        "[let]\nb = 'let.a + 1'\na = 'fact.amount * 2'\n{pay}"
    ));
    assert!(
        upwards.contains("in `let.b`") && upwards.contains("has no `a`"),
        "{upwards}"
    );
    let itself = refused(&format!("[let]\nb = 'let.b + 1'\n{pay}"));
    assert!(itself.contains("has no `b`"), "{itself}");
    let idle = refused(&format!("[let]\nb = '1'\nc = '2'\n{pay}"));
    assert!(idle.contains("nothing uses `let.c`"), "{idle}");
}

#[test]
fn named_formulas_cannot_make_a_file_grow_beyond_measure() {
    let mut lets = String::from("[let]\na0 = '1'\n");
    for n in 1..12 {
        let sum = vec![format!("let.a{}", n - 1); 10].join(" + ");
        lets.push_str(&format!("a{n} = '{sum}'\n"));
    }
    let message = refused(&format!("{lets}{}", rule("", "amount = 'let.a11'")));
    assert!(message.contains("at most 4 deep"), "{message}");
    let uses = vec!["let.a3".to_owned(); 10].join(" + ");
    let message = refused(&format!(
        "{lets}{}",
        rule("", &format!("amount = '{uses}'"))
    ));
    assert!(message.contains("at most 2000 times"), "{message}");
}

#[test]
fn a_table_is_looked_up_by_words_or_by_numbers_but_not_by_both() {
    let words = "[tiers.t]\nrows = [{ is = \"fixed\", value = 1 }, { is = \"plus\", value = 2 }]\n";
    assert!(
        program(&format!(
            "{words}{}",
            rule("", "amount = 'tier(fact.product, t)'")
        ))
        .is_ok()
    );
    let number = refused(&format!(
        "{words}{}",
        rule("", "amount = 'tier(fact.amount, t)'")
    ));
    assert!(number.contains("looked up by a text"), "{number}");
    let both = "[tiers.t]\nrows = [{ is = \"fixed\", value = 1 }, { from = 2, value = 2 }]\n";
    let both = refused(&format!("{both}{}", rule("", "amount = '1'")));
    assert!(both.contains("not by both"), "{both}");
}

#[test]
fn a_list_of_amounts_makes_as_many_payments() {
    let loaded = program(&rule("", "amounts = ['45', '45', '99']")).unwrap();
    assert_eq!(loaded.rules[0].pays.len(), 3);
    let empty = refused(&rule("", "amounts = []"));
    assert!(empty.contains("1 to 50 amounts"), "{empty}");
}

#[test]
fn an_aggregate_over_everybody_needs_both_ends_of_a_time_and_is_not_watched() {
    let half = refused(&rule("", "amount = 'sum(invested.amount from fact.at)'"));
    assert!(
        half.contains("every `invested` ever accepted") && half.contains("both `from` and `until`"),
        "{half}"
    );
    let whole = "sum(invested.amount from fact.at until fact.at + 1 day)";
    assert!(program(&rule("", &format!("amount = '{whole}'"))).is_ok());
    let watched = refused(&rule(
        "",
        &format!("amount = '1'\ncancel = {{ when = '{whole} > 5', reason = \"x\" }}"),
    ));
    assert!(watched.contains("of everybody or of days"), "{watched}");
}

#[test]
fn days_need_both_ends_and_have_neither_fields_nor_owners() {
    let good = "amount = 'count(days where day > fact.at from fact.at until fact.at + 3 days)'";
    assert!(program(&rule("", good)).is_ok());
    for (text, word) in [
        ("sum(days of 1 from fact.at)", "both `from` and `until`"),
        (
            "count(days by friend from fact.at until fact.at + 1 day)",
            "nobody's",
        ),
        (
            "sum(days.amount from fact.at until fact.at + 1 day)",
            "has no fields",
        ),
        ("sum(days from fact.at until fact.at + 1 day)", "days of"),
    ] {
        let message = refused(&rule("", &format!("amount = '{text}'")));
        assert!(message.contains(word), "{text}: {message}");
    }
}

#[test]
fn its_and_day_are_known_only_where_there_is_one() {
    for text in [
        "count(invested by its)",
        "days(day, fact.at)",
        "sum(invested of its.nonsense by friend)",
    ] {
        let message = refused(&rule("", &format!("amount = '{text}'")));
        assert!(
            message.contains("nothing here")
                || message.contains("not a person")
                || message.contains("no attribute"),
            "{text}: {message}"
        );
    }
    let both = refused(&rule(
        "",
        "amount = 'sum(invested.amount of it.amount by friend)'",
    ));
    assert!(both.contains("in place of a field"), "{both}");
}

#[test]
fn payments_of_a_slot_agree_on_what_they_are_made_of() {
    let other = "amount = '1'\nslot = \"s\"\n[[rule.pay]]\nto = \"member\"\namount = '1'\nslot = \"s\"\nmode = \"sum\"";
    let message = refused(&rule("", other));
    assert!(message.contains("the slot `s`"), "{message}");
}

#[test]
fn a_rule_that_gathers_needs_a_time_and_its_period_is_not_known_to_the_reward_later() {
    for (head, word) in [
        ("close = \"window\"", "needs a `window` with an end"),
        ("gather = [\"friend\"]", "needs `close`"),
        (
            "after = 'fact.at + 1 day'\nrepeat = true",
            "calendar period",
        ),
        (
            "close = \"day\"\nrepeat = true\nafter = 'period.until'",
            "takes no `after`",
        ),
    ] {
        let message = refused(&rule(head, "amount = '1'"));
        assert!(message.contains(word), "{head}: {message}");
    }
    let release = "amount = '1'\nrelease = { at = 'period.until + 1 day' }";
    let message = refused(&rule("close = \"day\"", release));
    assert!(
        message.contains("`period.until` means nothing here"),
        "{message}"
    );
    let message = refused(&rule(
        "",
        "amount = '1'\ncap = 'days(period.from, fact.at)'",
    ));
    assert!(message.contains("means nothing here"), "{message}");
}

#[test]
fn a_group_pays_whom_it_lists_and_its_names_are_not_known_to_the_reward_later() {
    let group = "[rule.group]\nof = 'invested where it.ref == fact.ref'\n";
    let message = refused(&rule(group, "amount = '1'"));
    assert!(message.contains("and nobody else"), "{message}");
    let listed = format!("{group}list = \"referrer\"\n");
    assert!(
        program(&rule(
            &listed,
            "amount = 'place + total + group.total + group.size'"
        ))
        .is_ok()
    );
    let message = refused(&rule(
        &listed,
        "amount = '1'\nrelease = { hold = 'place > 3' }",
    ));
    assert!(message.contains("`place` means nothing here"), "{message}");
    let message = refused(&rule("", "amount = 'place'"));
    assert!(message.contains("`place` means nothing here"), "{message}");
    let days = "[rule.group]\nof = 'days from fact.at until fact.at + 1 day'\n";
    let message = refused(&rule(days, "amount = '1'"));
    assert!(message.contains("not of days"), "{message}");
    let deep = format!("{group}list = \"level3\"\n");
    assert!(refused(&rule(&deep, "amount = '1'")).contains("level2"));
}
