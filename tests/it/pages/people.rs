//! The pages of members and their friends, the links of messages, and delivery reports.

use super::{Browser, CALLBACK_TOKEN, app, campaign, people};
use crate::support::app::{OWN_MEMBER, TestApp};
use crate::support::{Database, repo};
use vouchsafe::access::{Role, keys};

#[test]
fn a_member_sees_friends_by_steps_and_commissions_by_month_and_no_amount_of_a_friend() {
    let app = app();
    app.book
        .activate(&repo("rules/programs/everyday-commission.toml"));
    people(&app);
    let key = keys::create(&app.book.engine, "r7's phone", Role::Member, Some("r7")).unwrap();
    let mut phone = Browser::new(&app);
    phone.get("/m").expect_status(401);
    phone.get("/m?token=vs_wrong").expect_status(401);
    phone
        .get(&format!("/m?token={}", app.key(Role::Service)))
        .expect_status(401);
    let taken = phone.get(&format!("/m?token={key}")).expect_status(303);
    assert_eq!(
        taken.header("location"),
        "/m",
        "the token leaves the address"
    );
    let page = phone.get("/m").expect_status(200).body;
    for part in [
        "F***",
        "http://go.example/i/",
        "<svg xmlns=",
        "2017-06",
        "¥12.33",
        "The next part is released on 2017-07-05.",
        "up to 0.3%",
    ] {
        assert!(page.contains(part), "{part} is missing in {page}");
    }
    for secret in ["Friend7", "20,007", "20007", ">f7<", "fact.amount"] {
        assert!(!page.contains(secret), "{secret} is on the page: {page}");
    }
    let mut own = Browser::new(&app);
    own.get(&format!("/m?token={}", app.key(Role::Member)))
        .expect_status(303);
    assert!(
        own.get("/m")
            .expect_status(200)
            .body
            .contains("Nobody has joined yet")
    );
    let session = own.cookies[0].1.clone();
    let stolen = app.send(
        "GET",
        "/ops",
        &[("cookie", &format!("session={session}"))],
        b"",
    );
    assert_eq!(
        stolen.status, 403,
        "a member's session opens no page of the console"
    );
}

#[test]
fn a_friend_lands_on_an_offer_that_is_open_over_or_unknown() {
    let app = app();
    let landing = |code: &str| {
        app.send("GET", &format!("/i/{code}"), &[], b"")
            .expect_status(200)
            .body
    };
    assert!(landing("ZZZZZZZ").contains("Nobody has the code ZZZZZZZ"));
    let code = app
        .get(Role::Service, &format!("/v1/members/{OWN_MEMBER}"))
        .json()["code"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(landing(&code).contains("This offer is over"));
    app.book.activate(&repo("rules/programs/welcome-fund.toml"));
    let open = landing(&code.to_lowercase());
    assert!(
        open.contains("8,888.00 TRIAL")
            && open.contains(&format!("https://join.example/?c={code}")),
        "{open}"
    );
}

#[test]
fn a_click_is_counted_once_it_is_a_get_and_leads_to_the_landing_page() {
    let app = app();
    let (_, token) = campaign(&app).remove(0);
    let clicks = || {
        app.book
            .engine
            .store()
            .read(|tx| tx.clicks(1))
            .unwrap()
            .len()
    };
    app.send("HEAD", &format!("/c/{token}"), &[], b"")
        .expect_status(200);
    assert_eq!(clicks(), 0);
    let clicked = app
        .send("GET", &format!("/c/{token}"), &[], b"")
        .expect_status(302);
    assert_eq!(clicks(), 1);
    app.send("GET", clicked.header("location"), &[], b"")
        .expect_status(200);
    app.send("GET", "/c/unknown", &[], b"").expect_status(404);
}

#[test]
fn messages_end_by_one_click_without_a_key_and_opening_the_link_changes_nothing() {
    let app = app();
    let (member, token) = campaign(&app).remove(0);
    let granted = || {
        app.book
            .engine
            .store()
            .read(|tx| tx.consents(&[member], "sms"))
            .unwrap()[0]
            .granted
    };
    let page = app
        .send("GET", &format!("/u/{token}"), &[], b"")
        .expect_status(200)
        .body;
    assert!(
        page.contains(&format!("action=\"/u/{token}\"")) && granted(),
        "{page}"
    );
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let done = app
        .send(
            "POST",
            &format!("/u/{token}"),
            &form,
            b"List-Unsubscribe=One-Click",
        )
        .expect_status(200);
    assert!(
        done.body.contains("You get no more messages") && !granted(),
        "{}",
        done.body
    );
    app.send("POST", "/u/unknown", &form, b"List-Unsubscribe=One-Click")
        .expect_status(404);
}

#[test]
fn a_delivery_report_counts_under_its_token_alone() {
    let app = app();
    let (member, _) = campaign(&app).remove(0);
    let report = |token: &str, attempt: &str| {
        app.send(
            "GET",
            &format!("/callbacks/kannel/{token}?attempt={attempt}&st=1"),
            &[],
            b"",
        )
    };
    let delivered = || {
        app.get(Role::Finance, "/v1/campaigns/1/effect").json()["funnel"]["delivered"]
            .as_i64()
            .unwrap()
    };
    let attempt = format!("c1-m{member}-s1");
    report("0123456789abcdeF", &attempt).problem(404, "not_found");
    assert_eq!(delivered(), 0);
    report(CALLBACK_TOKEN, &attempt).expect_status(200);
    report(CALLBACK_TOKEN, &attempt).expect_status(200);
    report(CALLBACK_TOKEN, "c9-m9-s9").expect_status(200);
    assert_eq!(delivered(), 1);
    let odd = app.send(
        "GET",
        &format!("/callbacks/kannel/{CALLBACK_TOKEN}?st=1"),
        &[],
        b"",
    );
    odd.problem(400, "bad_parameter");
}

#[test]
fn files_are_kept_by_their_hash_and_the_problems_are_explained_under_their_codes() {
    let app = app();
    let page = app
        .send("GET", "/docs/errors", &[], b"")
        .expect_status(200)
        .body;
    assert!(page.contains("<tr id=\"event_conflict\">"), "{page}");
    for file in ["app.css", "app.js", "icon.svg"] {
        let url = vouchsafe::web::assets::url(file);
        assert!(page.contains(&url), "{url}");
        let kept = app.send("GET", &url, &[], b"").expect_status(200);
        assert_eq!(
            kept.header("cache-control"),
            "public, max-age=31536000, immutable"
        );
    }
    let other = app
        .send("GET", "/assets/app.000000000000.css", &[], b"")
        .expect_status(200);
    assert_eq!(other.header("cache-control"), "no-store");
    let demo = TestApp::with(Database::sqlite(), |settings| settings.simulated = true);
    assert!(
        demo.send("GET", "/docs/api", &[], b"")
            .body
            .contains("Simulated data")
    );
}
