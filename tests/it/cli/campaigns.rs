//! `vouchsafe cohort …` and `vouchsafe campaign …`

use super::Desk;
use crate::support::repo;
use serde_json::{Value as Json, json};

const FILE: &str = r#"schema   = 1
name     = "June: three days"
cohort   = "recommenders"
channel  = "sms"
starts   = 2017-06-28T00:00:00+08:00
ends     = 2017-07-01T00:00:00+08:00
goal     = { metric = "invested", amount = "3_000_000.00", currency = "CNY" }
holdout  = "10%"
offer    = "offer.toml"
template = "message.txt"
"#;

/// Forty recommenders with one friend each who invested, and everything a campaign file names.
fn desk() -> Desk {
    let desk = Desk::new();
    let mut people = "id,referrer,phone,consents.sms\n".to_owned();
    let mut facts = "type,member,at,amount,product\n".to_owned();
    for n in 0..40 {
        people.push_str(&format!(
            "r{n},,+86100000{n:05},{}\nf{n},r{n},,\n",
            if n == 0 { "no" } else { "yes" }
        ));
        facts.push_str(&format!(
            "invested,f{n},2017-05-01T10:00:00+08:00,{}.00,fixed\n",
            1_000 + n
        ));
    }
    desk.write("people.csv", &people);
    desk.write("facts.csv", &facts);
    desk.write("offer.toml", &repo("rules/programs/three-day-offer.toml"));
    desk.write(
        "message.txt",
        &repo("templates/messages/limited-offer.sms.en.txt"),
    );
    desk.write("june.toml", FILE);
    desk.run(&[
        "import",
        "members",
        "people.csv",
        "--as-of",
        "2017-04-01T00:00:00+08:00",
    ])
    .expect(0);
    desk.run(&["import", "facts", "facts.csv", "--replay-clock"])
        .expect(0);
    desk
}

fn freeze(desk: &Desk) {
    let all = "forward,dormant_forward,connector,dormant_connector,big_ticket,dormant_big_ticket,promising,quiet";
    let frozen = desk.json(&[
        "cohort",
        "snapshot",
        "recommenders",
        "--classes",
        all,
        "--as-of",
        "2017-06-20T00:00:00+08:00",
    ]);
    assert_eq!(frozen["members"], 40);
}

/// A command as of the week before the campaign.
fn before<'a>(words: &[&'a str]) -> Vec<&'a str> {
    [words, &["--as-of", "2017-06-20T00:00:00+08:00"]].concat()
}

/// A campaign that another person than its author approved; what was frozen.
fn approved(desk: &Desk) -> Json {
    freeze(desk);
    let made = desk.json(&before(&[
        "campaign",
        "create",
        "june.toml",
        "--actor",
        "ann",
    ]));
    assert_eq!(
        made,
        json!({"campaign": 1, "name": "June: three days", "state": "draft"})
    );
    desk.json(&before(&[
        "campaign", "approve", "1", "--actor", "bob", "--yes",
    ]))
}

#[test]
fn a_campaign_is_approved_by_another_person_after_a_question_that_names_people_and_times() {
    let desk = desk();
    freeze(&desk);
    desk.run(&before(&[
        "campaign",
        "create",
        "june.toml",
        "--actor",
        "ann",
    ]))
    .expect(0);
    let own = desk
        .run(&before(&[
            "campaign", "approve", "1", "--actor", "ann", "--yes",
        ]))
        .expect(2);
    assert!(
        own.err.contains("another person must approve it"),
        "{}",
        own.err
    );
    let unasked = desk
        .run(&before(&["campaign", "approve", "1", "--actor", "bob"]))
        .expect(2);
    insta::assert_snapshot!(unasked.err, @r"
    error: not done: Campaign 1, `June: three days`, by ann: 40 people, of whom 10.00% are held out, from 2017-06-27T16:00:00Z to 2017-06-30T16:00:00Z.
      help: confirm with --yes
    ");
    let frozen = desk.json(&before(&[
        "campaign", "approve", "1", "--actor", "bob", "--yes",
    ]));
    let count = |name: &str| frozen[name].as_i64().unwrap();
    assert_eq!(count("treated") + count("control"), 40);
    assert_eq!(count("planned") + count("skipped"), count("treated"));
    let shown = desk.json(&["campaign", "show", "1"]);
    assert_eq!(
        (&shown["approver"], &shown["goal"]),
        (&json!("bob"), &json!("3000000.00"))
    );
    assert_eq!(shown["messages"]["planned"]["none"], count("planned"));
    desk.run(&["audit", "replay"]).expect(0);
}

#[test]
fn a_campaign_is_moved_from_state_to_state_and_judged() {
    let desk = desk();
    let frozen = approved(&desk);
    let early = desk
        .run(&before(&["campaign", "resume", "1", "--actor", "ann"]))
        .expect(2);
    assert!(
        early
            .err
            .contains("the campaign is approved; this needs paused"),
        "{}",
        early.err
    );
    for (step, state) in [
        ("start", "running"),
        ("pause", "paused"),
        ("resume", "running"),
    ] {
        let moved = desk.json(&before(&["campaign", step, "1", "--actor", "ann"]));
        assert_eq!(moved["state"], state);
    }
    let effect = [
        "campaign",
        "effect",
        "1",
        "--as-of",
        "2017-06-29T00:00:00+08:00",
    ];
    let judged = desk.json(&effect);
    assert_eq!(
        (&judged["verdict"], &judged["assigned"]["treated"]),
        (&json!("too_early"), &frozen["treated"])
    );
    let text = desk.run(&effect).expect(0).out;
    assert!(
        text.contains("\nToo early to judge: each arm needs 10 people who took part.\n"),
        "{text}"
    );
    assert_eq!(desk.json(&["campaign", "unknown", "1"]), json!([]));
    desk.run(&["campaign", "unknown", "2"]).expect(2);
    desk.run(&["campaign", "stop", "1", "--actor", "ann"])
        .expect(2);
    assert_eq!(
        desk.json(&["campaign", "stop", "1", "--actor", "ann", "--yes"])["state"],
        "stopped"
    );
}

#[test]
fn a_mistake_in_a_campaign_file_is_shown_where_it_stands() {
    let desk = desk();
    let wrong = |text: &str| {
        desk.write("june.toml", text);
        desk.run(&["campaign", "create", "june.toml", "--actor", "ann"])
            .expect(2)
            .err
    };
    insta::assert_snapshot!(wrong(FILE), @r#"
    error: june.toml:3:12: there is no cohort `recommenders`
    3 | cohort   = "recommenders"
      |            ^^^^^^^^^^^^^^
      help: freeze one: `vouchsafe cohort snapshot NAME --classes forward`
    "#);
    freeze(&desk);
    insta::assert_snapshot!(wrong(&FILE.replace("\"10%\"", "\"95%\"")), @r#"
    error: june.toml:8:12: a share from 0% to 90% with at most two decimals is expected
    8 | holdout  = "95%"
      |            ^^^^^
      help: such as `holdout = "10%"`
    "#);
    insta::assert_snapshot!(wrong(&FILE.replace("+08:00\nends", "\nends")), @r"
    error: june.toml:5:12: `2017-06-28T00:00:00` is not an instant: write RFC 3339 with an offset, such as 2017-06-28T09:00:00+08:00
    5 | starts   = 2017-06-28T00:00:00
      |            ^^^^^^^^^^^^^^^^^^^
    ");
    insta::assert_snapshot!(wrong(&FILE.replace("3_000_000.00", "3_000_000.005")), @r#"
    error: june.toml:7:44: an amount above 0 with at most 2 decimals is expected
    7 | goal     = { metric = "invested", amount = "3_000_000.005", currency = "CNY" }
      |                                            ^^^^^^^^^^^^^^^
      help: write an amount in quotes, such as "3000000.00"
    "#);
    assert!(
        wrong(&FILE.replace("sms", "email"))
            .contains("channel: the template is for sms, not for email")
    );
    assert!(wrong(&FILE.replace("message.txt", "lost.txt")).contains("lost.txt: No such file"));
    assert_eq!(desk.json(&["campaign", "list"]), json!([]));
}

#[test]
fn classes_are_asked_for_with_other_thresholds_and_wrong_words_are_put_right() {
    let desk = desk();
    let classes = desk.json(&[
        "cohort",
        "classes",
        "--amount",
        "fixed:103000",
        "--as-of",
        "2017-06-20T00:00:00+08:00",
    ]);
    let much: i64 = classes["classes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|c| c["amount_high"] == true)
        .map(|c| c["members"].as_i64().unwrap())
        .sum();
    assert_eq!(much, 9, "nine friends invested more than 1,030.00");
    assert_eq!(
        classes["thresholds"][1],
        json!({"name": "amount", "threshold": "fixed:103000", "value": "1030.0000"})
    );
    let wrong = desk
        .run(&["cohort", "classes", "--amount", "average"])
        .expect(2);
    assert!(
        wrong.err.contains("the threshold `average` is not known"),
        "{}",
        wrong.err
    );
    let wrong = desk
        .run(&["cohort", "classes", "--fact", "investd"])
        .expect(2);
    assert!(
        wrong.err.contains("did you mean `invested`?"),
        "{}",
        wrong.err
    );
    let wrong = desk
        .run(&["cohort", "snapshot", "x", "--classes", "foward"])
        .expect(2);
    assert!(
        wrong.err.contains("did you mean `forward`?"),
        "{}",
        wrong.err
    );
}
