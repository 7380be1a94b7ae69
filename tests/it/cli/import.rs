//! `vouchsafe import …`

use super::Desk;
use crate::support::{at, repo};
use serde_json::{Value as Json, json};
use std::process::Stdio;
use vouchsafe::storage::Store;

const PEOPLE: &str = "\
id,referrer,registered_at,phone,name,consents.sms,city
d,c,2017-03-01,+8610000000004,Dee,yes,Peking
a,,2017-01-01,+8610000000001,Ann,yes,
b,a,2017-02-01,12345,Bob,yes,
c,a,2017-02-01,+8610000000003,Cid,no,
e,nobody,2017-02-01,,,,
";

const MAP: [&str; 8] = [
    "--map",
    "customer=member",
    "--map",
    "date=at",
    "--map",
    "amount_usd=amount",
    "--map",
    "quantity=-",
];

/// Where the one order of the book stands.
fn next_seq(desk: &Desk) -> i64 {
    Store::open(&desk.url())
        .unwrap()
        .read(|tx| tx.see_sequencer())
        .unwrap()
        .next_seq
}

#[test]
fn good_lines_are_kept_and_bad_ones_are_listed_with_line_and_column() {
    let desk = Desk::new();
    desk.write("people.csv", PEOPLE);
    let ran = desk
        .run(&["import", "members", "people.csv", "--bad", "bad.csv"])
        .expect(1);
    insta::assert_snapshot!(ran.err, @r"
    people.csv:4:phone: a number in E.164 is expected: +, country code, 7 to 15 digits
    people.csv:6:referrer: there is no member `nobody`
    ");
    assert!(
        ran.out
            .starts_with("people.csv: 3 new members of 5 lines, 2 not kept ("),
        "{}",
        ran.out
    );
    assert_eq!(
        desk.read("bad.csv"),
        "id,referrer,registered_at,phone,name,consents.sms,city\nb,a,2017-02-01,12345,Bob,yes,\ne,nobody,2017-02-01,,,,\n"
    );
    let tree = desk.json(&["member", "tree", "a"]);
    assert_eq!(tree["friends"], json!([{"id": "c", "friends": ["d"]}]));
}

#[test]
fn strict_keeps_nothing_of_a_file_with_a_bad_line() {
    let desk = Desk::new();
    desk.write("people.csv", PEOPLE);
    let ran = desk
        .run(&["import", "members", "people.csv", "--strict"])
        .expect(2);
    insta::assert_snapshot!(ran.err, @r"
    error: people.csv: 1 of 5 lines are wrong, so nothing was imported
    people.csv:4:phone: a number in E.164 is expected: +, country code, 7 to 15 digits
      help: mend the lines, or leave --strict out to keep the good ones
    ");
    assert_eq!(desk.json(&["migrate"])["members"], 0);
    let ran = desk
        .run(&["import", "members", "people.csv", "--strict", "--json"])
        .expect(2);
    let error: Json = serde_json::from_str(&ran.err).unwrap();
    assert_eq!(error["error"]["details"][0]["line"], 4);
}

#[test]
fn a_mended_file_adds_what_was_missing_and_the_rest_stays_as_it_is() {
    let desk = Desk::new();
    desk.write("people.csv", PEOPLE);
    desk.run(&["import", "members", "people.csv"]).expect(1);
    let mended = PEOPLE
        .replace("12345", "+8610000000002")
        .replace("e,nobody", "e,b");
    desk.write("people.csv", &mended);
    let answer = desk.json(&["import", "members", "people.csv"]);
    assert_eq!(
        (&answer["new"], &answer["already"], &answer["changed"]),
        (&json!(2), &json!(3), &json!(0))
    );
    let before = next_seq(&desk);
    let again = desk.json(&["import", "members", "people.csv", "--again"]);
    assert_eq!((&again["already"], next_seq(&desk)), (&json!(5), before));
    desk.write("people.csv", &mended.replace("Peking", "Shanghai"));
    let moved = desk.json(&["import", "members", "people.csv"]);
    assert_eq!(
        (&moved["changed"], &moved["already"]),
        (&json!(1), &json!(4))
    );
}

#[test]
fn a_file_of_facts_says_what_is_wrong_in_each_column() {
    let desk = Desk::new();
    desk.write(
        "facts.csv",
        "\u{feff}id,type,member,at,amount,product,ref\n\
         i1,invested,ann,2017-06-25 10:00,50000.00,fixed,i1\n\
         i2,invested,ann,25.6.2017,50000.00,fixed,i2\n\
         i3,invested,ann,2017-06-25,\"50,000\",fixd,i3\n\
         i4,invested,ann,2017-06-25\n\
         i5,invest,ann,2017-06-25,1.00,fixed,i5\n\
         i6,invested,ann,2017-06-25,,fixed,i6\n\
         i7,invested,bob,2017-06-25,1.00,fixed,i7\n\
         i1,invested,ann,2017-06-25,1.00,fixed,i1\n",
    );
    desk.write("people.csv", "id\nann\n");
    desk.run(&["import", "members", "people.csv"]).expect(0);
    let ran = desk.run(&["import", "facts", "facts.csv"]).expect(1);
    insta::assert_snapshot!(ran.err, @r"
    facts.csv:3:at: `25.6.2017` is not an instant: write RFC 3339 with an offset, such as 2017-06-28T09:00:00+08:00
    facts.csv:4:amount: `50,000` is not a decimal number: write digits with at most one point, such as 1234.50
    facts.csv:4:product: `fixd` is not allowed; did you mean `fixed`?
    facts.csv:5: the line has 4 cells, but the heading has 7
    facts.csv:6:type: `invest` is not in the tracking plan; did you mean `invested`?
    facts.csv:7:amount: missing: the tracking plan requires it
    facts.csv:8:member: there is no member `bob`: create him first, or send `registered`
    facts.csv:9:id: the id is in the book with another content, as fact 2: facts are never changed
    ");
    assert!(
        ran.out
            .starts_with("facts.csv: 1 new facts of 8 lines, 7 not kept ("),
        "{}",
        ran.out
    );
    desk.run(&["audit", "replay"]).expect(0);
}

#[test]
fn a_column_that_is_not_known_is_named_before_anything_is_read() {
    let desk = Desk::new();
    desk.write("orders.csv", "customer,date,amount\nann,2017-06-01,5.00\n");
    let wrong = |line: &[&str]| {
        desk.run(&[&["import", "purchases", "orders.csv"], line].concat())
            .expect(2)
            .err
    };
    insta::assert_snapshot!(wrong(&[]), @r"
    error: orders.csv:1: the column `customer` is not known
      help: map it with --map customer=FIELD, or leave it out with --map customer=-; fields: id, type, member, at, currency, amount, category, channel, ref
    ");
    insta::assert_snapshot!(wrong(&["--map", "customr=member"]), @r"
    error: orders.csv:1: --map names the column `customr`, which the file has not
      help: did you mean `customer`?
    ");
    insta::assert_snapshot!(wrong(&["--map", "customer=membr"]), @r"
    error: orders.csv:1: --map customer=membr: there is no field `membr`
      help: map it with --map customer=FIELD, or leave it out with --map customer=-; did you mean `member`?
    ");
    insta::assert_snapshot!(wrong(&["--map", "customer=member", "--map", "date=-"]), @r"
    error: orders.csv:1: there is no column `at`
      help: name it: --map COLUMN=at
    ");
}

#[test]
fn purchases_of_real_customers_make_the_eight_published_classes_and_a_second_import_changes_nothing()
 {
    let desk = Desk::new();
    desk.write("orders.csv", &repo("tests/data/cdnow_sample.csv"));
    let import = [
        &[
            "import",
            "purchases",
            "orders.csv",
            "--create-members",
            "--currency",
            "USD",
        ][..],
        &MAP,
    ]
    .concat();
    let answer = desk.json(&import);
    assert_eq!(
        (&answer["new"], &answer["refused"]),
        (&json!(6_919), &json!(0))
    );
    let classes = [
        "cohort",
        "classes",
        "--subject",
        "members",
        "--fact",
        "purchase",
        "--currency",
        "USD",
    ];
    let classes = desk.json(&[&classes[..], &["--as-of", "1998-07-01T00:00:00Z"]].concat());
    let mut table = "frequency_high\tamount_high\trecent\tcustomers\tamount_usd\n".to_owned();
    for row in classes["classes"].as_array().unwrap() {
        let amount = row["amount"].as_str().unwrap();
        table.push_str(&format!(
            "{}\t{}\t{}\t{}\t{amount}\n",
            row["count_high"], row["amount_high"], row["recent"], row["members"]
        ));
    }
    assert_eq!(table, repo("tests/data/cdnow_eight_classes.tsv"));
    let values: Vec<&str> = classes["thresholds"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| t["value"].as_str().unwrap())
        .collect();
    assert_eq!(values, ["2.9355", "103.5604", "372.5638"]);

    let before = next_seq(&desk);
    let told = desk.run(&import).expect(0);
    assert!(told.err.contains("was imported before"), "{}", told.err);
    let again = desk.json(&[&import[..], &["--again"]].concat());
    assert_eq!(
        (&again["already"], &again["new"], next_seq(&desk)),
        (&json!(6_919), &json!(0), before)
    );
    desk.run(&["audit", "replay"]).expect(0);
}

#[test]
fn an_import_that_was_killed_goes_on_where_it_stood() {
    let desk = Desk::new();
    let mut text = "member,at,amount\n".to_owned();
    for n in 0..30_000 {
        text.push_str(&format!(
            "m{},2017-06-{:02}T10:00:00Z,{}.50\n",
            n % 97,
            n % 28 + 1,
            n % 13
        ));
    }
    desk.write("orders.csv", &text);
    let import = ["import", "purchases", "orders.csv", "--create-members"];
    desk.run(&["migrate"]).expect(0);
    let store = Store::open(&desk.url()).unwrap();
    let kept = || {
        store
            .read(|tx| tx.count_facts())
            .unwrap()
            .values()
            .sum::<i64>()
    };
    let mut child = desk
        .command(&import)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while kept() < 2_000 && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let first = kept();
    assert!(first >= 2_000);
    let answer = desk.json(&import);
    assert_eq!(kept(), 30_000);
    // The batch that was committed last may not have been remembered; it is then sent twice.
    let (before, already) = (
        answer["before"].as_i64().unwrap(),
        answer["already"].as_i64().unwrap(),
    );
    assert_eq!(before + already, first);
    assert!(already <= 1_000 && before >= 1_000, "{answer:#}");
    desk.run(&["audit", "replay"]).expect(0);
}

#[test]
fn a_replayed_history_releases_between_the_lines_what_fell_due_between_them() {
    let desk = Desk::new();
    let zone = ["--zone", "Asia/Shanghai"];
    desk.run(&[
        "program",
        "activate",
        "everyday-commission",
        "--as-of",
        "2017-01-01T00:00:00+08:00",
    ])
    .expect(0);
    desk.write("people.csv", "id,referrer\nd,c\nc,a\na,\n");
    desk.run(&[
        "import",
        "members",
        "people.csv",
        "--as-of",
        "2017-01-02T00:00:00+08:00",
    ])
    .expect(0);
    // The lines are not in order of time: the redemption comes first.
    desk.write(
        "facts.csv",
        "id,type,member,at,amount,term_days,product,ref\n\
         r1,redeemed,d,2017-07-06 10:00,50000.00,,,i1\n\
         i1,invested,d,2017-06-25 10:00,50000.00,180,fixed,i1\n\
         i2,invested,d,2017-07-10 10:00,60000.00,90,fixed,i2\n",
    );
    let import = [
        &["import", "facts", "facts.csv", "--replay-clock"][..],
        &zone,
    ]
    .concat();
    assert_eq!(desk.json(&import)["new"], 3);
    // Released on the 5th and taken back on the 6th; at the wall clock of today it would have been
    // cancelled while it was pending.
    let explained = desk.json(&["reward", "explain", "1"]);
    let history: Vec<(&str, &str)> = explained["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| (e["action"].as_str().unwrap(), e["at"].as_str().unwrap()))
        .collect();
    assert_eq!(
        history
            .iter()
            .map(|(action, _)| *action)
            .collect::<Vec<_>>(),
        ["granted", "released", "clawed_back"]
    );
    let moments = [
        "2017-06-25T10:00:00+08:00",
        "2017-07-05T23:59:59+08:00",
        "2017-07-06T10:00:00+08:00",
    ]
    .map(at);
    for ((_, found), latest) in history.iter().zip(moments) {
        assert!(at(found) <= latest.plus_seconds(1), "{found}");
    }
    assert_eq!(desk.json(&["reward", "explain", "3"])["state"], "pending");
    let ticked = desk.json(&["tick", "--as-of", "2017-08-05T00:00:00+08:00"]);
    assert_eq!(
        (&ticked["fired"], &ticked["next"]),
        (&json!(2), &Json::Null)
    );
    assert_eq!(desk.json(&["reward", "explain", "3"])["state"], "available");
    assert_eq!(desk.json(&["ledger", "verify"])["balanced"], true);
    assert_eq!(desk.json(&["audit", "replay"])["identical"], true);
}
