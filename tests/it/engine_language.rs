//! What the rule language asks of the stored book, decided by the real engine on each backend.

use crate::support::{Book, at, on_each_backend};
use serde_json::{Value as Json, json};
use vouchsafe::facts::intake;
use vouchsafe::facts::service::accept;

const START: &str = "2017-06-01T00:00:00+08:00";
const HEAD: &str = "schema = 1\nid = \"p\"\nversion = 1\ntitle = \"t\"\ncurrency = \"CNY\"\nzone = \"Asia/Shanghai\"\nround = { to = 2, mode = \"half_even\" }\n";

/// An investment of a test: id, member, time, yuan.
fn invested([id, member, when, yuan]: [&str; 4]) -> Json {
    json!({"id": id, "type": "invested", "member": member, "at": when,
        "properties": {"amount": yuan, "term_days": 90, "product": "fixed", "ref": id}})
}

/// Accepts events in one batch, at the time of the last.
fn batch(book: &Book, events: &[Json]) {
    let last = events.last().and_then(|e| e["at"].as_str()).unwrap();
    book.clock.set(at(last));
    let read = |e| intake::event(book.engine.plan(), e).unwrap_or_else(|p| panic!("{p:?}"));
    let events: Vec<_> = events.iter().map(read).collect();
    accept(&book.engine, "tests", &events).unwrap();
}

/// Minor amounts of every reward that was not refused, in order.
fn amounts(book: &Book) -> Vec<i64> {
    let rows = book.rewards().into_iter();
    let kept = rows.filter(|(_, state, _)| !["refused", "withdrawn"].contains(&state.as_str()));
    kept.map(|(.., minor)| minor).collect()
}

#[test]
fn everybodys_facts_of_a_time_are_seen_stored_or_in_the_same_batch() {
    let rule = "[[rule]]\nid = \"r\"\non = \"verified\"\n[[rule.pay]]\nto = \"member\"\namount = 'sum(invested.amount from start_of_day(fact.at) until fact.at) / 100 * people(invested from start_of_month(fact.at) until fact.at)'\n";
    on_each_backend(START, |book| {
        book.activate(&format!("{HEAD}{rule}"));
        book.members(&[["a", ""], ["b", ""], ["c", ""]]);
        batch(
            book,
            &[invested(["i0", "c", "2017-06-09T10:00:00+08:00", "900.00"])],
        );
        batch(
            book,
            &[invested(["i1", "a", "2017-06-10T10:00:00+08:00", "100.00"])],
        );
        let verified = json!({"id": "v1", "type": "verified", "member": "c", "at": "2017-06-10T12:00:00+08:00", "properties": {}});
        let again = json!({"id": "v2", "type": "verified", "member": "b", "at": "2017-06-10T13:00:00+08:00", "properties": {}});
        batch(
            book,
            &[
                invested(["i2", "b", "2017-06-10T11:00:00+08:00", "200.00"]),
                verified,
                invested(["i3", "b", "2017-06-10T12:00:00+08:00", "400.00"]),
                again,
            ],
        );
        // A hundredth of 300.00, and then of 700.00, for each of three people.
        assert_eq!(amounts(book), [900, 2100]);
        book.assert_sound();
    });
}

#[test]
fn a_member_is_found_by_his_external_id_stored_or_unknown() {
    let rule = "[[rule]]\nid = \"r\"\non = \"invested\"\n[[rule.pay]]\nto = \"member\"\namount = 'count(verified where it.member == fact.ref) + 1'\n";
    on_each_backend(START, |book| {
        book.activate(&format!("{HEAD}{rule}"));
        book.members(&[["a", ""], ["b", ""]]);
        book.fact(
            "v1",
            "verified",
            "b",
            "2017-06-09T10:00:00+08:00",
            json!({}),
        );
        for (id, named) in [("i1", "b"), ("i2", "nobody"), ("i3", "a")] {
            book.fact(
                id,
                "invested",
                "a",
                "2017-06-10T10:00:00+08:00",
                json!({"amount": "1.00", "term_days": 90, "product": "fixed", "ref": named}),
            );
        }
        assert_eq!(amounts(book), [200, 100, 100]);
        book.assert_sound();
    });
}

#[test]
fn what_is_held_each_day_is_summed_day_by_day() {
    let rule = "[[rule]]\nid = \"r\"\non = \"verified\"\n[[rule.pay]]\nto = \"member\"\namount = 'sum(days of last(invested.amount by friend until day + 1 day) ?? 0 from fact.at - 4 days until fact.at)'\n";
    on_each_backend(START, |book| {
        book.activate(&format!("{HEAD}{rule}"));
        book.members(&[["a", ""]]);
        batch(
            book,
            &[invested(["i1", "a", "2017-06-07T23:00:00+08:00", "10.00"])],
        );
        batch(
            book,
            &[invested(["i2", "a", "2017-06-09T01:00:00+08:00", "30.00"])],
        );
        book.fact(
            "v1",
            "verified",
            "a",
            "2017-06-10T00:00:00+08:00",
            json!({}),
        );
        // The 6th holds nothing, the 7th and the 8th hold 10, the 9th 30.
        assert_eq!(amounts(book), [5000]);
        book.assert_sound();
    });
}

#[test]
fn a_reward_grows_while_it_is_available_and_no_more_once_it_is_paid() {
    let rule = "budget = { total = 100.00 }\n[[rule]]\nid = \"r\"\non = \"invested\"\nrequire = [{ that = 'people(invested by referrer.friends) >= 2', else = \"one friend is too few\" }]\n[[rule.pay]]\nto = \"referrer\"\nper = []\nmode = \"target\"\namount = '10 * people(invested by who.friends)'\n";
    on_each_backend(START, |book| {
        book.activate(&format!("{HEAD}{rule}"));
        book.members(&[["a", ""], ["b", "a"], ["c", "a"], ["d", "a"], ["e", "a"]]);
        let day = |d: u32| format!("2017-06-1{d}T10:00:00+08:00");
        batch(book, &[invested(["i1", "b", &day(0), "1.00"])]);
        let refused = vec![("cash".to_owned(), "refused".to_owned(), 0)];
        assert_eq!(book.rewards(), refused);
        batch(book, &[invested(["i2", "c", &day(1), "1.00"])]);
        // The refusal gave way to the reward for the same thing.
        let states: Vec<String> = book.rewards().into_iter().map(|(_, s, _)| s).collect();
        assert_eq!(states, ["withdrawn", "available"]);
        batch(book, &[invested(["i3", "d", &day(2), "1.00"])]);
        assert_eq!(amounts(book), [3000]);
        book.assert_sound();
        let paid = book.engine.decide(|d| {
            let body = json!({"reward": 2, "reason": ""}).to_string();
            d.operator(
                "reward.paid",
                "tests",
                body,
                vouchsafe::rewards::What::Paid(2),
            )
        });
        assert!(paid.is_ok(), "{paid:?}");
        batch(book, &[invested(["i4", "e", &day(3), "1.00"])]);
        assert_eq!(amounts(book), [3000]);
        let last = book.rewards().pop().map(|(_, state, _)| state);
        assert_eq!(last.as_deref(), Some("refused"));
        book.assert_sound();
    });
}

#[test]
fn payments_of_two_rules_feed_one_reward_through_their_slot() {
    let pay = "[[rule.pay]]\nto = \"member\"\nslot = \"points\"\nmode = \"sum\"\n";
    let rules = format!(
        "[[rule]]\nid = \"a\"\non = \"invested\"\n{pay}per = []\namount = 'fact.amount * 10%'\n[[rule]]\nid = \"b\"\non = [\"invested\", \"verified\"]\n{pay}per = []\namount = '5'\n"
    );
    on_each_backend(START, |book| {
        book.activate(&format!("{HEAD}{rules}"));
        book.members(&[["a", ""]]);
        batch(
            book,
            &[invested(["i1", "a", "2017-06-10T10:00:00+08:00", "100.00"])],
        );
        book.fact(
            "v1",
            "verified",
            "a",
            "2017-06-11T10:00:00+08:00",
            json!({}),
        );
        assert_eq!(amounts(book), [2000]);
        book.assert_sound();
    });
}

#[test]
fn the_facts_of_a_group_are_looked_at_once_when_their_week_is_over() {
    let rule = "[[rule]]\nid = \"week\"\non = \"invested\"\nclose = \"week\"\ngather = [\"referrer\"]\n[[rule.pay]]\nto = \"referrer\"\namount = 'sum(invested.amount by who.friends from period.from until period.until) * 10%'\n";
    on_each_backend(START, |book| {
        book.activate(&format!("{HEAD}{rule}"));
        book.members(&[["a", ""], ["b", "a"], ["c", "a"], ["x", ""], ["y", "x"]]);
        // The week from Monday the 5th to Sunday the 11th.
        batch(
            book,
            &[
                invested(["i1", "b", "2017-06-10T10:00:00+08:00", "100.00"]),
                invested(["i2", "c", "2017-06-10T11:00:00+08:00", "50.00"]),
            ],
        );
        batch(
            book,
            &[
                invested(["i3", "b", "2017-06-11T23:00:00+08:00", "10.00"]),
                invested(["i4", "y", "2017-06-11T23:30:00+08:00", "7.00"]),
            ],
        );
        assert!(book.rewards().is_empty());
        assert_eq!(book.tick("2017-06-11T23:59:59+08:00"), 0);
        assert_eq!(book.tick("2017-06-12T00:00:00+08:00"), 2);
        assert_eq!(amounts(book), [1600, 70]);
        // One more of that week comes too late, and one of the next week has its own look.
        let late = json!({"id": "i5", "type": "invested", "member": "c", "at": "2017-06-09T10:00:00+08:00",
            "properties": {"amount": "1.00", "term_days": 90, "product": "fixed", "ref": "i5"}});
        batch(
            book,
            &[
                late,
                invested(["i6", "c", "2017-06-12T10:00:00+08:00", "30.00"]),
            ],
        );
        book.tick("2017-06-19T00:00:00+08:00");
        assert_eq!(amounts(book), [1600, 70, 300]);
        let refused = book
            .rewards()
            .into_iter()
            .filter(|(_, state, _)| state == "refused")
            .count();
        assert_eq!(refused, 1);
        book.assert_sound();
    });
}

#[test]
fn a_history_that_is_accepted_later_is_looked_at_together_too() {
    let rule = "[[rule]]\nid = \"day\"\non = \"invested\"\nclose = \"day\"\ngather = []\n[[rule.pay]]\nto = \"member\"\namount = 'people(invested from period.from until period.until)'\n";
    on_each_backend(START, |book| {
        book.activate(&format!("{HEAD}{rule}"));
        book.members(&[["a", ""], ["b", ""]]);
        let events: Vec<Json> = [("i1", "a"), ("i2", "b")]
            .iter()
            .map(|(id, member)| invested([id, member, "2017-06-10T10:00:00+08:00", "5.00"]))
            .chain([invested(["i3", "b", "2017-06-20T10:00:00+08:00", "5.00"])])
            .collect();
        batch(book, &events);
        book.tick("2017-06-20T10:00:00+08:00");
        assert_eq!(amounts(book), [200]);
        book.assert_sound();
    });
}

#[test]
fn a_look_that_repeats_gives_one_reward_for_each_period_until_the_window_ends() {
    let head = HEAD.replace(
        "zone",
        "window = { from = 2017-06-01T00:00:00+08:00, until = 2017-09-01T00:00:00+08:00 }\nzone",
    );
    let rule = "[[rule]]\nid = \"m\"\non = \"invested\"\nclose = \"month\"\nrepeat = true\n[[rule.pay]]\nto = \"member\"\namount = 'count(days from period.from until period.until)'\n";
    on_each_backend(START, |book| {
        book.activate(&format!("{head}{rule}"));
        book.members(&[["a", ""]]);
        batch(
            book,
            &[
                invested(["i1", "a", "2017-06-10T10:00:00+08:00", "5.00"]),
                invested(["i2", "a", "2017-06-11T10:00:00+08:00", "5.00"]),
            ],
        );
        book.tick("2017-12-01T00:00:00+08:00");
        assert_eq!(amounts(book), [3000, 3100, 3100]);
        book.assert_sound();
    });
}

#[test]
fn what_cannot_be_computed_when_a_group_is_found_is_refused_and_stops_nothing() {
    let rule = "[[rule]]\nid = \"r\"\non = \"invested\"\nclose = \"day\"\ngather = ['1 / (steps(fact.amount, 5) - 1) == 1']\n[[rule.pay]]\nto = \"member\"\namount = '1'\n";
    on_each_backend(START, |book| {
        book.activate(&format!("{HEAD}{rule}"));
        book.members(&[["a", ""]]);
        batch(
            book,
            &[invested(["i1", "a", "2017-06-10T10:00:00+08:00", "5.00"])],
        );
        let states: Vec<String> = book.rewards().into_iter().map(|(_, s, _)| s).collect();
        assert_eq!(states, ["refused"]);
        book.assert_sound();
    });
}

#[test]
fn a_board_pays_its_places_in_order_and_equal_totals_share_one() {
    let rule = "[tiers.prize]\nuntil = 4\nrows = [{ from = 1, value = 30 }, { from = 2, value = 20 }, { from = 3, value = 10 }]\n[[rule]]\nid = \"board\"\non = \"invested\"\nclose = \"day\"\ngather = []\n[rule.group]\nof = 'invested from period.from until period.until'\nlist = \"referrer\"\ntotal = 'it.amount'\nonly = 'not any(withdrawn by who)'\nTIES\n[[rule.pay]]\nto = \"referrer\"\nrequire = [{ that = 'total >= 50', else = \"too little\" }]\namount = 'tier(place, prize) + 0 * group.size'\n";
    let day = |hour: u32| format!("2017-06-10T{hour}:00:00+08:00");
    let events = [
        invested(["i1", "bf", &day(10), "40.00"]),
        invested(["i2", "af", &day(11), "100.00"]),
        invested(["i3", "bf", &day(12), "60.00"]),
        invested(["i4", "cf", &day(13), "60.00"]),
        invested(["i5", "df", &day(14), "900.00"]),
        invested(["i6", "ef", &day(15), "10.00"]),
        invested(["i7", "c", &day(16), "500.00"]),
    ];
    for (ties, prizes) in [
        ("", [3000, 3000, 1000]),
        ("ties = \"earlier\"", [3000, 2000, 1000]),
    ] {
        on_each_backend(START, |book| {
            book.activate(&format!("{HEAD}{}", rule.replace("TIES", ties)));
            book.members(&[["a", ""], ["b", ""], ["c", ""], ["d", ""], ["e", ""]]);
            book.members(&[
                ["af", "a"],
                ["bf", "b"],
                ["cf", "c"],
                ["df", "d"],
                ["ef", "e"],
            ]);
            book.fact(
                "w1",
                "withdrawn",
                "d",
                "2017-06-09T10:00:00+08:00",
                json!({"amount": "1.00"}),
            );
            batch(book, &events);
            book.tick("2017-06-11T00:00:00+08:00");
            assert_eq!(amounts(book), prizes, "{ties}");
            let refused = book
                .rewards()
                .into_iter()
                .filter(|(_, state, _)| state == "refused");
            assert_eq!(refused.count(), 1);
            book.assert_sound();
        });
    }
}

#[test]
fn two_hundred_members_of_one_group_are_decided_on_the_stored_book() {
    let rule = "[[rule]]\nid = \"pool\"\non = \"loan_released\"\n[rule.group]\nof = 'invested where it.loan == fact.loan'\n[[rule.pay]]\nto = \"member\"\nrequire = [{ that = 'not any(withdrawn by who)', else = \"money left\" }]\namount = '100 * total / group.total'\n";
    on_each_backend(START, |book| {
        book.activate(&format!("{HEAD}{rule}"));
        let names: Vec<String> = (0..200).map(|n| format!("m{n}")).collect();
        let members: Vec<[&str; 2]> = names.iter().map(|n| [n.as_str(), ""]).collect();
        book.members(&members);
        let events: Vec<Json> = names
            .iter()
            .map(|name| {
                let mut event = invested([
                    &format!("i-{name}"),
                    name,
                    "2017-06-10T10:00:00+08:00",
                    "50.00",
                ]);
                event["properties"]["loan"] = json!("L1");
                event
            })
            .collect();
        batch(book, &events);
        book.fact(
            "l1",
            "loan_released",
            "m0",
            "2017-06-11T10:00:00+08:00",
            json!({"loan": "L1"}),
        );
        assert_eq!(amounts(book), vec![50; 200]);
        book.assert_sound();
    });
}

#[test]
fn a_limit_may_be_of_a_value_such_as_a_loan() {
    let rule = "[[rule]]\nid = \"r\"\non = \"invested\"\n[[rule.pay]]\nto = \"referrer\"\namount = '1'\nlimit = [{ per = [\"who\", 'fact.loan'], period = \"lifetime\", count = 1 }]\n";
    on_each_backend(START, |book| {
        book.activate(&format!("{HEAD}{rule}"));
        book.members(&[["a", ""], ["x", ""], ["b", "a"], ["c", "a"], ["y", "x"]]);
        for (id, member, loan) in [
            ("i1", "b", "L1"),
            ("i2", "c", "L1"),
            ("i3", "y", "L1"),
            ("i4", "c", "L2"),
        ] {
            let mut event = invested([id, member, "2017-06-10T10:00:00+08:00", "5.00"]);
            event["properties"]["loan"] = json!(loan);
            batch(book, &[event]);
        }
        let states: Vec<String> = book.rewards().into_iter().map(|(_, s, _)| s).collect();
        assert_eq!(states, ["available", "refused", "available", "available"]);
        book.assert_sound();
    });
}
