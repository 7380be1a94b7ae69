//! The pages in a real browser: the campaign's effect, a member's phone, his friend's invitation.

use crate::support::browser::Browser;
use crate::support::{Book, Database, repo};
use indicatif::ProgressDrawTarget;
use vouchsafe::access::keys;
use vouchsafe::access::roles::Role;
use vouchsafe::demo::play::{Narrator, Setting, play};
use vouchsafe::demo::population::Size;
use vouchsafe::facts::queue::Queue;
use vouchsafe::types::Zone;
use vouchsafe::web::{self, Running, Settings};

struct Silent;

impl Narrator for Silent {
    fn say(&self, _line: &str) {}

    fn target(&self) -> ProgressDrawTarget {
        ProgressDrawTarget::hidden()
    }
}

/// The founding story in a small town, served.
struct Town {
    _server: Running,
    base: String,
    operations: String,
    member: String,
    code: String,
}

fn town(book: &Book) -> Town {
    let outbox = std::env::temp_dir().join(format!("vouchsafe-browser-{}", std::process::id()));
    let setting = Setting {
        engine: book.engine.clone(),
        clock: book.clock.clone(),
        seed: 2_017,
        size: Size {
            recommenders: 250,
            members: 1_200,
        },
        provider: format!("outbox:{}", outbox.display()).parse().unwrap(),
        base_url: "http://127.0.0.1".to_owned(),
        plan: repo("rules/plans/standard.toml"),
        everyday: repo("rules/programs/everyday-commission.toml"),
        offer: repo("rules/programs/three-day-offer.toml"),
        template: repo("templates/messages/limited-offer.sms.zh.txt"),
    };
    let document = play(&setting, &Silent).unwrap();
    std::fs::remove_dir_all(&outbox).unwrap();
    let assigned = book
        .engine
        .store()
        .read(|tx| tx.assignments(document.campaign.id))
        .unwrap();
    let treated = assigned.iter().find(|a| a.treated).unwrap().member_id;
    let row = book
        .engine
        .store()
        .read(|tx| tx.members_by_id(&[treated]))
        .unwrap()
        .remove(0);
    let operations = keys::create(&book.engine, "operations", Role::Operations, None).unwrap();
    let member =
        keys::create(&book.engine, "member", Role::Member, Some(&row.external_id)).unwrap();
    let settings = Settings {
        bind: "127.0.0.1:0".to_owned(),
        base_url: "http://127.0.0.1".to_owned(),
        workers: 2,
        callback: None,
        zone: Zone::named("Asia/Shanghai").unwrap(),
        simulated: true,
        plan: repo("rules/plans/standard.toml"),
        join_url: None,
    };
    let queue = Queue::start(book.engine.clone()).unwrap();
    let server = web::start(book.engine.clone(), queue, settings).unwrap();
    let base = format!("http://{}", server.address);
    Town {
        _server: server,
        base,
        operations,
        member,
        code: row.code,
    }
}

/// Nothing overflows, no amount is clipped, nothing is asked of another host, the console is clean.
#[track_caller]
fn assert_tidy(browser: &Browser, page: &str) {
    let width = browser
        .run("return document.documentElement.scrollWidth - window.innerWidth")
        .as_i64()
        .unwrap();
    assert!(width <= 0, "{page} is {width} px wider than its window");
    let clipped = browser.run("return [...document.querySelectorAll('.money')].filter(e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0).map(e => e.textContent)");
    assert_eq!(clipped, serde_json::json!([]), "{page}");
    let foreign = browser.run(
        "return performance.getEntriesByType('resource').map(e => e.name).filter(n => !n.startsWith(location.origin) && !n.startsWith('data:'))",
    );
    assert_eq!(foreign, serde_json::json!([]), "{page}");
    assert_eq!(browser.console(), Vec::<String>::new(), "{page}");
}

#[test]
fn people_see_the_effect_their_rewards_and_their_invitation() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let book = Book::open(Database::sqlite(), "2016-06-01T00:00:00+08:00");
    let town = town(&book);
    console(&browser, &town);
    phone(&browser, &town);
}

fn console(browser: &Browser, town: &Town) {
    browser.open(&format!("{}/ops", town.base));
    browser.until("location.pathname === '/ops/sign-in'");
    browser.fill("input[name=key]", &town.operations);
    browser.click("main form button");
    browser.until("location.pathname === '/ops'");
    assert_tidy(browser, "overview");
    browser.click("a[href='/ops/campaigns/1']");
    browser.until("location.pathname === '/ops/campaigns/1'");
    let text = browser.run("return document.querySelector('main').innerText");
    let text = text.as_str().unwrap();
    for word in [
        "100 million in three days",
        "Treated",
        "Control",
        "Too early to judge",
        "Funnel",
        "ops-bob",
    ] {
        assert!(text.contains(word), "{word} is not on the page:\n{text}");
    }
    assert_eq!(
        browser.run("return document.querySelectorAll('main svg').length > 0"),
        serde_json::json!(true)
    );
    assert_tidy(browser, "campaign");
    for path in [
        "/ops/recommenders",
        "/ops/programs",
        "/ops/rewards/5",
        "/docs/api",
    ] {
        browser.open(&format!("{}{path}", town.base));
        browser.until("document.querySelector('h1') !== null");
        assert_tidy(browser, path);
    }
    browser.until("document.body.innerText.includes('/v1/events')");
}

fn phone(browser: &Browser, town: &Town) {
    browser.phone(true);
    browser.open(&format!("{}/m?token={}", town.base, town.member));
    let text = browser.run("return document.body.innerText");
    assert!(text.as_str().unwrap().contains(&town.code), "{text}");
    assert!(
        !browser
            .run("return location.href")
            .as_str()
            .unwrap()
            .contains(&town.member),
        "the token stays in the address"
    );
    browser.click("details summary");
    browser.until("document.querySelector('details[open] svg') !== null");
    assert_tidy(browser, "member");
    browser.open(&format!("{}/m?lang=zh", town.base));
    browser.until("document.documentElement.lang.startsWith('zh')");
    assert_tidy(browser, "member in Chinese");
    browser.open(&format!("{}/i/{}", town.base, town.code));
    let text = browser.run("return document.body.innerText");
    assert!(text.as_str().unwrap().contains(&town.code), "{text}");
    assert_tidy(browser, "invitation");
    browser.phone(false);
}
