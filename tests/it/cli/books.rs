//! `vouchsafe member`, `reward`, `ledger`, `audit` and `tick`

use super::Desk;
use serde_json::json;

/// Three members in a row, a commission on two levels that is pending, and a clock in June 2017.
fn book() -> Desk {
    let desk = Desk::new();
    desk.run(&[
        "program",
        "activate",
        "everyday-commission",
        "--as-of",
        "2017-01-01T00:00:00+08:00",
    ])
    .expect(0);
    desk.write(
        "people.csv",
        "id,referrer,registered_at,city\nd,c,2017-03-01T00:00:00Z,Peking\nc,a,,\na,,,\nb,,,\n",
    );
    desk.run(&[
        "import",
        "members",
        "people.csv",
        "--as-of",
        "2017-03-01T00:00:00+08:00",
        "--actor",
        "ann",
    ])
    .expect(0);
    desk.write(
        "facts.csv",
        "id,type,member,at,amount,term_days,product,ref\n\
         i1,invested,d,2017-06-25T10:00:00+08:00,50000.00,180,fixed,i1\n\
         i2,invested,d,2017-06-26T10:00:00+08:00,500.00,180,fixed,i2\n",
    );
    desk.run(&["import", "facts", "facts.csv", "--replay-clock"])
        .expect(0);
    desk
}

#[test]
fn a_reward_is_explained_to_the_cent() {
    let desk = book();
    desk.run(&["tick", "--as-of", "2017-07-05T00:00:00+08:00"])
        .expect(0);
    let ran = desk.run(&["reward", "explain", "1"]).expect(0);
    insta::assert_snapshot!(ran.out, @r#"
    Reward 1: 73.97 CNY, available
      commission (commission) of c, for what his friend d did
      by the rule `investment` of everyday-commission version 1: Everyday commission: a yearly rate for two levels
      released on 2017-07-05T00:00:00+08:00

    Facts
      3 invested by d at 2017-06-25T10:00:00+08:00: amount 50000, currency CNY, product fixed, ref i1, term_days 180 (event i1)

    Conditions
      holds  fact.product in ["fixed", "plus"]
               fact.product = "fixed"
      holds  fact.amount >= 1_000
               fact.amount = 50000
      holds  fact.term_days >= 30
               fact.term_days = 180

    Amount
      fact.amount * tier(fact.amount, referrer_rate) * fact.term_days / 365
        fact.amount = 50000
        tier(fact.amount, referrer_rate) = 0.003
        fact.term_days = 180
      exactly 73.9726… (5400/73)
      rounded to 2 decimals (half even): 73.97

    Limits
      who per month: amount: 0.00 of 5000.00 used before
      budget: 0.00 of 50000000.00 used before

    Result
      73.97 CNY
      release: scheduled for 2017-07-05T00:00:00+08:00

    History
      2017-06-25T10:00:00+08:00 granted 73.97 CNY: scheduled for 2017-07-05T00:00:00+08:00 (fact 3, invested)
          journal 1: 73.97 CNY: funding of everyday-commission 1 → pending of c
      2017-07-05T00:00:00+08:00 released 73.97 CNY: released on 2017-07-05T00:00:00+08:00 (time passed)
          journal 3: 73.97 CNY: pending of c → available of c
    "#);
}

#[test]
fn a_refusal_is_explained_with_the_condition_that_failed() {
    let desk = book();
    let refused = desk.json(&["reward", "list", "--member", "c", "--state", "refused"]);
    assert_eq!(refused[0]["reason"], "the investment is below 1,000");
    let id = refused[0]["id"].to_string();
    let ran = desk.run(&["reward", "explain", &id]).expect(0);
    assert!(
        ran.out
            .contains("  fails  fact.amount >= 1_000\n           fact.amount = 500\n"),
        "{}",
        ran.out
    );
    assert!(
        ran.out
            .contains("\nRefused\n  the investment is below 1,000\n"),
        "{}",
        ran.out
    );
    let ran = desk.run(&["reward", "explain", "99"]).expect(2);
    insta::assert_snapshot!(ran.err, @r"
    error: there is no reward 99
      help: `vouchsafe reward list --member ID` shows a member's
    ");
}

#[test]
fn a_pending_reward_is_cancelled_by_a_person_with_a_name_and_a_reason() {
    let desk = book();
    let order = [
        "reward",
        "cancel",
        "1",
        "--reason",
        "a mistake",
        "--actor",
        "eve",
    ];
    let ran = desk.run(&order).expect(2);
    insta::assert_snapshot!(ran.err, @r"
    error: not done: Reward 1 over 73.97 CNY is pending and will be cancelled for good.
      help: confirm with --yes
    ");
    let done = desk.json(&[&order[..], &["--yes"]].concat());
    assert_eq!(
        done,
        json!({"reward": 1, "state": "cancelled", "reason": "a mistake"})
    );
    let last = &desk.json(&["reward", "explain", "1"])["history"][1];
    assert_eq!(
        (&last["cause"], &last["action"]),
        (&json!("reward.cancelled by eve"), &json!("cancelled"))
    );
    let twice = desk.run(&[&order[..], &["--yes"]].concat()).expect(2);
    assert!(
        twice.err.contains("reward 1 is cancelled, not pending"),
        "{}",
        twice.err
    );
    let release = desk
        .run(&["reward", "release", "2", "--reason", "x", "--actor", "eve"])
        .expect(2);
    assert!(
        release.err.contains("reward 2 is pending and not held"),
        "{}",
        release.err
    );
    desk.run(&["audit", "replay"]).expect(0);
}

#[test]
fn the_books_are_listed_checked_and_a_balance_that_was_touched_is_found() {
    let desk = book();
    let ran = desk.run(&["ledger", "balance"]).expect(0);
    insta::assert_snapshot!(ran.out, @r"
    account  balance  currency
    funding   -86.30  CNY
    pending    86.30  CNY
    ");
    let journals = desk.run(&["ledger", "journals", "--limit", "1"]).expect(0);
    insta::assert_snapshot!(journals.out, @r"
    journal  input  at                    kind     reward  amount       from                              to
          1      3  2017-06-25T02:00:00Z  granted       1   73.97  CNY  funding of everyday-commission 1  pending of c
    ");
    let verified = desk.run(&["ledger", "verify"]).expect(0);
    assert_eq!(
        verified.out,
        "the books balance: 2 journals, 4 postings, 3 accounts\n"
    );
    let touch = "UPDATE accounts SET balance_minor = balance_minor + 1 WHERE kind = 'pending'";
    vouchsafe::storage::admin::execute_raw(&desk.url(), touch).unwrap();
    let wrong = desk.run(&["ledger", "verify", "--json"]).expect(1).json();
    assert_eq!(wrong["balanced"], false);
    assert!(wrong["problems"].as_i64().unwrap() >= 2, "{wrong:#}");
}

#[test]
fn a_reward_that_was_touched_is_found_by_the_replay() {
    let desk = book();
    let same = desk.run(&["audit", "replay"]).expect(0);
    assert_eq!(
        same.out,
        "identical: 2 facts and 2 commands give 4 rewards\n"
    );
    let touch = "UPDATE rewards SET amount_minor = amount_minor + 1 WHERE id = 1";
    vouchsafe::storage::admin::execute_raw(&desk.url(), touch).unwrap();
    let ran = desk.run(&["audit", "replay"]).expect(1);
    assert!(ran.out.starts_with("1 differences: "), "{}", ran.out);
    assert!(
        ran.out
            .contains("reward 1: stored pending 7398, derived pending 7397"),
        "{}",
        ran.out
    );
}

#[test]
fn a_correction_of_the_tree_is_asked_about_signed_and_never_overwrites() {
    let desk = book();
    let correct = [
        "member",
        "correct",
        "d",
        "--referrer",
        "b",
        "--reason",
        "mistyped",
        "--actor",
        "eve",
    ];
    let ran = desk.run(&correct).expect(2);
    insta::assert_snapshot!(ran.err, @r"
    error: not done: `d` was referred by `c`; from now on he is referred by `b`.
      help: confirm with --yes
    ");
    desk.run(&[&correct[..], &["--yes", "--as-of", "2017-08-01T00:00:00Z"]].concat())
        .expect(0);
    let unsigned = desk
        .run(&[
            "member",
            "correct",
            "d",
            "--referrer",
            "none",
            "--reason",
            "x",
            "--yes",
        ])
        .expect(2);
    assert!(unsigned.err.contains("--actor <NAME>"), "{}", unsigned.err);
    let ran = desk.run(&["member", "show", "d"]).expect(0);
    insta::assert_snapshot!(ran.out, @r"
    d  code 6ECDCT7, active
    referred by `b`; registered 2017-03-01T00:00:00Z; referred 0 himself
      city: Peking
      from 2017-03-01T00:00:00Z: referred by c (bound at registration, by ann)
      from 2017-08-01T00:00:00Z: referred by b (mistyped, by eve)
    ");
    assert_eq!(desk.json(&["member", "tree", "d"])["level1"], "b");
    desk.run(&["member", "show", "nobody"]).expect(2);
}

#[test]
fn a_tree_shows_two_levels_up_and_two_down() {
    let desk = book();
    let ran = desk.run(&["member", "tree", "c"]).expect(0);
    insta::assert_snapshot!(ran.out, @r"
    a (level 1, the referrer)
    └─ c
       └─ d
    ");
    let ran = desk.run(&["member", "tree", "d"]).expect(0);
    insta::assert_snapshot!(ran.out, @r"
    a (level 2)
    └─ c (level 1, the referrer)
       └─ d
    ");
}

#[test]
fn time_that_lies_behind_the_book_is_pointed_out() {
    let desk = book();
    let ran = desk
        .run(&["tick", "--as-of", "2017-01-01T00:00:00Z"])
        .expect(0);
    assert!(
        ran.err.contains("time does not go back behind it"),
        "{}",
        ran.err
    );
    let ran = desk.run(&["tick", "--as-of", "yesterday"]).expect(2);
    assert!(
        ran.err.contains("write RFC 3339 with an offset"),
        "{}",
        ran.err
    );
}
