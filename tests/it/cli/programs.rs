//! `vouchsafe program …`

use super::Desk;
use crate::support::repo;
use std::path::Path;

/// A program with a field that the tracking plan does not know.
fn broken() -> String {
    repo("rules/programs/everyday-commission.toml")
        .replace("fact.amount >= 1_000", "fact.amont >= 1_000")
}

#[test]
fn a_mistake_in_a_rule_file_is_shown_with_its_line_its_column_and_the_way_to_mend_it() {
    let desk = Desk::new();
    desk.write("broken.toml", &broken());
    let ran = desk.run(&["program", "check", "broken.toml"]).expect(1);
    insta::assert_snapshot!(ran.out, @r#"
    error: broken.toml:24:13: `invested` has no field `amont` in the tracking plan
    24 |   { that = 'fact.amont >= 1_000', else = "the investment is below 1,000" },
       |             ^^^^^^^^^^
      help: did you mean `amount`?
    "#);
    let ran = desk
        .run(&["program", "check", "broken.toml", "--json"])
        .expect(1);
    insta::assert_snapshot!(ran.out, @r#"
    {
      "file": "broken.toml",
      "ok": false,
      "errors": [
        {
          "file": "broken.toml",
          "line": 24,
          "column": 13,
          "message": "`invested` has no field `amont` in the tracking plan",
          "help": "did you mean `amount`?"
        }
      ]
    }
    "#);
    let refused = desk.run(&["program", "activate", "broken.toml"]).expect(2);
    assert!(
        refused.err.starts_with("error: broken.toml:24:13: "),
        "{}",
        refused.err
    );
    assert_eq!(desk.json(&["program", "list"]), serde_json::json!([]));
}

#[test]
fn several_files_are_checked_at_once_and_one_bad_one_is_exit_code_1() {
    let desk = Desk::new();
    desk.write("good.toml", &repo("rules/programs/welcome-fund.toml"));
    desk.write("broken.toml", &broken());
    let ran = desk
        .run(&["program", "check", "good.toml", "broken.toml", "--json"])
        .expect(1);
    let ok: Vec<bool> = ran
        .json()
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["ok"].as_bool().unwrap())
        .collect();
    assert_eq!(ok, [true, false]);
    let fine = desk.run(&["program", "check", "good.toml"]).expect(0);
    insta::assert_snapshot!(fine.out, @"good.toml: fine (welcome-fund version 1: 1 rule, 1 payment)");
    desk.run(&["program", "check", "missing.toml"]).expect(2);
}

#[test]
fn every_published_program_pays_its_cases_and_those_with_a_third_level_are_refused() {
    let desk = Desk::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let plan = root.join("rules/plans/corpus.toml").display().to_string();
    let (mut cases, mut refused) = (0, 0);
    for entry in std::fs::read_dir(root.join("tests/corpus")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "json") {
            continue;
        }
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let rule = root
            .join(format!("rules/published/{name}.toml"))
            .display()
            .to_string();
        let answer = desk.json(&[
            "program",
            "test",
            &rule,
            "--cases",
            &path.display().to_string(),
            "--plan",
            &plan,
        ]);
        assert_eq!(
            (&answer["program"], &answer["pass"]),
            (&name.into(), &true.into()),
            "{answer:#}"
        );
        cases += answer["cases"].as_array().unwrap().len();
        if let Some(reason) = answer["refused"]["message"].as_str() {
            assert!(reason.contains("more than two upline levels"), "{reason}");
            refused += 1;
        }
    }
    assert!(
        cases >= 80 && refused >= 2,
        "{cases} cases, {refused} refused"
    );
}

#[test]
fn a_case_that_does_not_come_out_is_shown_row_by_row() {
    let desk = Desk::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    desk.write(
        "rule.toml",
        &repo("rules/published/004-bondora-5-5.toml")
            .replace("50_000", "60_000")
            .replace("'5", "'6"),
    );
    desk.write(
        "cases.json",
        &repo("tests/corpus/004-bondora-5-5.json")
            .replace("\"amount\": \"5.00\"", "\"amount\": \"4.00\""),
    );
    let plan = root.join("rules/plans/corpus.toml").display().to_string();
    let ran = desk
        .run(&[
            "program",
            "test",
            "rule.toml",
            "--cases",
            "cases.json",
            "--plan",
            &plan,
        ])
        .expect(1);
    assert!(
        ran.out.contains("FAIL 004-bondora-5-5#1\n     missing: "),
        "{}",
        ran.out
    );
    desk.write("cases.json", "{\"id\": 1}");
    let ran = desk
        .run(&["program", "test", "rule.toml", "--cases", "cases.json"])
        .expect(2);
    assert!(
        ran.err.starts_with("error: cases.json:1:8: invalid type"),
        "{}",
        ran.err
    );
}

#[test]
fn a_calendar_is_found_beside_the_rule_file_before_the_shipped_ones() {
    let desk = Desk::new();
    let rule = repo("rules/programs/welcome-fund.toml")
        .replace("zone     =", "calendar = \"china\"\nzone     =");
    desk.write("rule.toml", &rule);
    desk.run(&["program", "check", "rule.toml"]).expect(0);
    std::fs::create_dir(desk.folder.join("calendars")).unwrap();
    desk.write("calendars/china.toml", "holidays = [today]\n");
    let ran = desk.run(&["program", "check", "rule.toml"]).expect(1);
    assert!(
        ran.out.starts_with("error: calendars/china.toml:1:13: "),
        "{}",
        ran.out
    );
    desk.write("rule.toml", &rule.replace("\"china\"", "\"../secret\""));
    let ran = desk.run(&["program", "check", "rule.toml"]).expect(1);
    assert!(
        ran.out.contains("there is no calendar `../secret`"),
        "{}",
        ran.out
    );
}

#[test]
fn a_version_that_is_in_force_cannot_be_changed_and_a_new_one_retires_it() {
    let desk = Desk::new();
    let rule = repo("rules/programs/welcome-fund.toml");
    desk.write("rule.toml", &rule);
    let first = desk.json(&["program", "activate", "rule.toml", "--actor", "ann"]);
    assert_eq!(first, desk.json(&["program", "activate", "rule.toml"]));
    desk.write("rule.toml", &rule.replace("8_888", "9_999"));
    let ran = desk.run(&["program", "activate", "rule.toml"]).expect(2);
    assert!(
        ran.err
            .contains("is live with another text: give the change a new version"),
        "{}",
        ran.err
    );
    desk.write(
        "rule.toml",
        &rule
            .replace("8_888", "9_999")
            .replace("version  = 1", "version  = 2"),
    );
    desk.run(&["program", "activate", "rule.toml"]).expect(0);
    let list = desk.json(&["program", "list"]);
    let states: Vec<&str> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["state"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["retired", "live"]);
    let old = desk.json(&["program", "show", "welcome-fund", "--version", "1"]);
    assert_eq!(
        (old["source"].as_str(), &old["author"]),
        (Some(rule.as_str()), &"ann".into())
    );
}

#[test]
fn a_program_is_explained_in_plain_sentences_of_two_languages() {
    let desk = Desk::new();
    let english = desk
        .run(&["program", "explain", "welcome-fund", "--lang", "en"])
        .expect(0)
        .out;
    insta::assert_snapshot!(english, @r"
    welcome-fund version 1: Welcome fund: 8,888 at 7.2% a year for seven days
      Amounts are in CNY unless said otherwise; days and months are those of Asia/Shanghai.
    Rule `first-verification`
      It looks at every `verified` fact.
      It applies only if there is a referrer and the number of `verified` facts of the member who acted is 1.
      Who earns: the member who acted; `welcome_fund`, a trial of virtual principal.
        Amount: 8,888, in TRIAL, rounded to 2 decimals, the rest cut off.
        There is one reward per beneficiary, for ever.
        It is available at once.
        The amount is virtual principal. At the moment of the decision + 7 days it goes back, and its yield is paid: the reward's amount × 7.2% × 7 ÷ 365, in CNY, rounded to 2 decimals, the rest cut off.
    ");
    let chinese = desk
        .run(&["program", "explain", "three-day-offer", "--lang", "zh"])
        .expect(0)
        .out;
    insta::assert_snapshot!(chinese, @r#"
    three-day-offer 第1版：Three-day offer: 0.30% of every investment of a friend
      金额除另有说明外以CNY计；日与月按Asia/Shanghai时区。
      自2017-06-28T00:00:00+08:00起至2017-07-01T00:00:00+08:00之前的事实计入。
      总预算600,000.00 CNY；最后一笔减至余额。
    规则“investment-in-the-three-days”
      触发：每笔“投资”。
      须该笔产品不为"transfer"；否则拒发（“buying a transferred claim does not count”）。
      受益人：其推荐人（一级）；“extra_commission”（佣金）。
        金额：该笔金额 × 0.3%（CNY，保留2位小数，四舍六入五成双）。
        每位受益人每笔事实一笔奖励。
        每位好友终身最多2,000 CNY；超出部分扣减。
        即时到账。
    "#);
}
