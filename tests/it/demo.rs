//! The founding story on a small town, on each backend.

use crate::support::{Book, Database, repo};
use indicatif::ProgressDrawTarget;
use vouchsafe::demo::play::{Narrator, Setting, play};
use vouchsafe::demo::population::Size;

struct Silent;

impl Narrator for Silent {
    fn say(&self, _line: &str) {}

    fn target(&self) -> ProgressDrawTarget {
        ProgressDrawTarget::hidden()
    }
}

#[test]
fn the_story_is_found_sent_measured_balanced_and_replayed() {
    for database in [Some(Database::sqlite()), Database::postgres()]
        .into_iter()
        .flatten()
    {
        let book = Book::open(database, "2016-06-01T00:00:00+08:00");
        let outbox = std::env::temp_dir().join(format!(
            "vouchsafe-outbox-{}-{}",
            std::process::id(),
            book.engine.store().backend()
        ));
        let setting = Setting {
            engine: book.engine.clone(),
            clock: book.clock.clone(),
            seed: 2017,
            size: Size {
                recommenders: 250,
                members: 1_200,
            },
            provider: format!("outbox:{}", outbox.display()).parse().unwrap(),
            base_url: "http://127.0.0.1:8080".to_owned(),
            plan: repo("rules/plans/standard.toml"),
            everyday: repo("rules/programs/everyday-commission.toml"),
            offer: repo("rules/programs/three-day-offer.toml"),
            template: repo("templates/messages/limited-offer.sms.zh.txt"),
        };
        let document = play(&setting, &Silent).unwrap();
        let files = std::fs::read_dir(&outbox).unwrap().count();
        std::fs::remove_dir_all(&outbox).unwrap();
        assert!(document.simulated && document.ledger.balanced && document.replay.identical);
        assert_eq!(u64::try_from(files).unwrap(), document.campaign.sent);
        assert_eq!(document.classes.len(), 8);
        assert_eq!(
            document.campaign.treated + document.campaign.control,
            document.campaign.audience
        );
        assert_eq!(document.ledger.postings, document.ledger.journals * 2);
        assert!(document.rewards.count > 0 && document.campaign.participants > 0);
    }
}
