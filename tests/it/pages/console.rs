//! The console behind its sign-in.

use super::{Browser, app, campaign, form_token, investment, people};
use crate::support::app::TestApp;
use crate::support::{at, repo};
use serde_json::{Value as Json, json};
use vouchsafe::access::Role;

#[test]
fn the_console_is_entered_with_a_key_of_operations_or_finance_and_left_again() {
    let app = app();
    let mut browser = Browser::new(&app);
    let sent = browser.get("/fin/ledger").expect_status(303);
    assert_eq!(sent.header("location"), "/ops/sign-in?next=%2Ffin%2Fledger");
    let page = browser.get(sent.header("location")).expect_status(200).body;
    assert!(page.contains("value=\"/fin/ledger\""), "{page}");
    let token = form_token(&page);
    let enter = |browser: &mut Browser<'_>, key: &str| {
        browser.ask(
            "POST",
            "/ops/sign-in",
            &format!("csrf={token}&next=//evil.example&key={key}"),
        )
    };
    for wrong in ["vs_x", app.key(Role::Service), app.key(Role::Member), ""] {
        let refused = enter(&mut browser, wrong).expect_status(401);
        assert!(
            refused.body.contains("This key is not valid"),
            "{}",
            refused.body
        );
    }
    let entered = enter(&mut browser, app.key(Role::Finance)).expect_status(303);
    assert_eq!(
        entered.header("location"),
        "/ops",
        "a way to another site is not followed"
    );
    let home = browser.get("/ops").expect_status(200).body;
    assert!(
        home.contains("<span class=\"soft\">finance</span>"),
        "{home}"
    );
    browser
        .ask("POST", "/ops/sign-out", "csrf=wrong")
        .expect_status(403);
    browser
        .ask(
            "POST",
            "/ops/sign-out",
            &format!("csrf={}", form_token(&home)),
        )
        .expect_status(303);
    browser.get("/ops").expect_status(303);
}

#[test]
fn a_sign_in_form_that_this_browser_did_not_open_is_refused() {
    let app = app();
    let token = form_token(&Browser::new(&app).get("/ops/sign-in").body);
    let mut stranger = Browser::new(&app);
    let form = format!("csrf={token}&key={}", app.key(Role::Finance));
    stranger
        .ask("POST", "/ops/sign-in", &form)
        .expect_status(403);
}

#[test]
fn a_choice_of_language_and_theme_is_kept_and_leaves_the_address() {
    let app = app();
    let mut browser = Browser::new(&app);
    let switched = browser
        .get("/i/X?a=1&lang=zh&theme=dark")
        .expect_status(303);
    assert_eq!(switched.header("location"), "/i/X?a=1");
    let page = browser.get("/i/X?a=1").expect_status(200).body;
    assert!(
        page.contains("<html lang=\"zh-CN\" class=\"dark\">")
            && page.contains("href=\"/i/X?a=1&#38;lang=en\""),
        "{page}"
    );
}

/// A campaign on its second day, half of whose friends took part.
fn second_day() -> TestApp {
    let app = app();
    app.book
        .activate(&repo("rules/programs/everyday-commission.toml"));
    campaign(&app);
    let events: Vec<Json> = (0..30)
        .map(|n| investment(n, "2017-06-28T10:00:00+08:00", "10000.00"))
        .collect();
    app.book.clock.set(at("2017-06-29T12:00:00+08:00"));
    app.post(Role::Service, "/v1/events", &json!({"events": events}))
        .expect_status(200);
    let effect = app
        .get(Role::Finance, "/v1/campaigns/1/effect")
        .expect_status(200)
        .json();
    let treated = effect["participants"]["treated"].as_i64().unwrap();
    assert_eq!(
        treated + effect["participants"]["control"].as_i64().unwrap(),
        30
    );
    assert_eq!(
        effect["amount"]["treated"],
        format!("{}.00", treated * 10_000)
    );
    app.post(Role::Finance, "/v1/audit/verify", &json!({}))
        .expect_status(200);
    app
}

#[test]
fn the_console_shows_a_campaign_and_pauses_it() {
    let app = second_day();
    let mut operations = Browser::sign_in(&app, Role::Operations);
    let home = operations.get("/ops").expect_status(200).body;
    assert!(
        home.contains("夏季 &#60;offer&#62;")
            && home.contains("everyday-commission")
            && home.contains("Balanced"),
        "{home}"
    );
    let page = operations.get("/ops/campaigns/1").expect_status(200).body;
    for part in [
        "Written by</b> operations",
        "Approved by</b> finance",
        "Started by</b> operations",
        "data-refresh-seconds=\"10\"",
        "¥500,000.00",
    ] {
        assert!(page.contains(part), "{part} is missing in {page}");
    }
    assert!(
        operations
            .get("/ops/campaigns/1/unknown")
            .expect_status(200)
            .body
            .contains("Every message has a known result")
    );
    operations
        .ask("POST", "/ops/campaigns/1/pause", "")
        .expect_status(403);
    let paused = operations
        .ask(
            "POST",
            "/ops/campaigns/1/pause",
            &format!("csrf={}", form_token(&page)),
        )
        .expect_status(303);
    assert_eq!(paused.header("location"), "/ops/campaigns/1");
    assert!(
        operations
            .get("/ops/campaigns/1")
            .body
            .contains("Paused by</b> operations")
    );
}

#[test]
fn the_console_shows_the_reasons_of_a_reward_its_program_and_the_recommenders() {
    let app = second_day();
    let mut operations = Browser::sign_in(&app, Role::Operations);
    let found = operations.get("/ops/rewards?id=1").expect_status(303);
    assert_eq!(found.header("location"), "/ops/rewards/1");
    let reward = operations.get("/ops/rewards/1").expect_status(200).body;
    for part in [
        "fact.amount * tier(fact.amount, referrer_rate) * fact.term_days / 365",
        "half_even, 2",
        "¥5,000.00",
        "everyday-commission",
        ">r0<",
        ">f0<",
    ] {
        assert!(reward.contains(part), "{part} is missing in {reward}");
    }
    let program = operations
        .get("/ops/programs/everyday-commission/1")
        .expect_status(200)
        .body;
    assert!(
        program.contains("Pays who referred them (commission)")
            && program.contains("¥50,000,000.00"),
        "{program}"
    );
    assert!(
        operations
            .get("/ops/programs")
            .body
            .contains("three-day-offer")
    );
    let map = operations.get("/ops/recommenders").expect_status(200).body;
    assert!(
        map.contains("The best 20.0% of the recommenders brought"),
        "{map}"
    );
    operations.get("/fin/ledger").expect_status(403);
}

#[test]
fn finance_walks_from_the_trial_balance_to_one_journal() {
    let app = app();
    app.book
        .activate(&repo("rules/programs/everyday-commission.toml"));
    people(&app);
    let mut finance = Browser::sign_in(&app, Role::Finance);
    let books = finance.get("/fin/ledger").expect_status(200).body;
    for part in [
        "Not checked",
        "Trial balance",
        "members&#39; pending rewards",
        "Reward granted",
        "href=\"/fin/ledger/40\"",
    ] {
        assert!(books.contains(part), "{part} is missing in {books}");
    }
    let journal = finance.get("/fin/ledger/1").expect_status(200).body;
    for part in [
        "program/1/funding",
        "member/r0/pending",
        "everyday-commission, version 1",
        "i0-2017-06-10T10:00:00+08:00",
    ] {
        assert!(journal.contains(part), "{part} is missing in {journal}");
    }
    finance
        .ask(
            "POST",
            "/ops/campaigns/1/pause",
            &format!("csrf={}", form_token(&books)),
        )
        .expect_status(403);
}
