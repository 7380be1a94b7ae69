//! `vouchsafe demo`

mod attack;

use super::serve::listen;
use super::shipped::{self, STANDARD_PLAN};
use super::{Context, Failure, Verdict};
use indicatif::ProgressDrawTarget;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;
use vouchsafe::access::keys;
use vouchsafe::access::roles::Role;
use vouchsafe::clock::ManualClock;
use vouchsafe::demo::document::Document;
use vouchsafe::demo::play::{DemoError, Narrator, Setting, play};
use vouchsafe::demo::population::Size;
use vouchsafe::engine::Engine;
use vouchsafe::rules::Plan;
use vouchsafe::storage::Store;
use vouchsafe::types::{Instant, Zone};
use vouchsafe::web::Settings;

/// The book that commands work on when none is named; the demonstration leaves it alone.
const DEFAULT_URL: &str = "sqlite:vouchsafe.db";
/// When the simulated history begins.
const BEGINS: &str = "2016-06-01T00:00:00+08:00";
const MESSAGE: &str = include_str!("../../../templates/messages/limited-offer.sms.zh.txt");

/// Play the founding story on simulated people and real machinery, then serve it.
///
/// 25,000 recommenders among 120,000 members; the forward recommenders are found, get a three-day
/// offer by text message with a tenth held out, and the effect is measured. Works on a database of
/// its own unless --database-url names an empty one.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vouchsafe demo
  vouchsafe demo --no-serve --json
  vouchsafe demo --no-serve --database-url postgres://user:password@127.0.0.1/empty
  vouchsafe demo --attack          kill the server while it ingests, alter one cent, and look")]
pub(crate) struct Demo {
    /// End after the story instead of serving it.
    #[arg(long)]
    no_serve: bool,

    /// Seed of the simulation; the same seed gives the same people and acts.
    #[arg(long, default_value_t = 2017)]
    seed: u64,

    /// A town of 1,200 members instead of 120,000.
    #[arg(long)]
    small: bool,

    /// Kill the server in the middle of ingestion and alter one cent by raw SQL.
    #[arg(long, conflicts_with_all = ["no_serve", "small"])]
    attack: bool,

    /// Address to serve at.
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    bind: String,
}

/// A place of the demonstration's own, taken away at its end.
struct Place {
    url: String,
    folder: PathBuf,
}

impl Place {
    fn make(context: &Context) -> Result<Self, Failure> {
        let folder = std::env::temp_dir().join(format!("vouchsafe-demo-{}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(|e| Failure::file(&folder, &e))?;
        let named = &context.config.database_url;
        let url = if named == DEFAULT_URL {
            format!("sqlite:{}", folder.join("demo.db").display())
        } else {
            named.clone()
        };
        Ok(Self { url, folder })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.folder) {
            tracing::warn!(%error, "the demonstration's files could not be taken away");
        }
    }
}

struct Teller<'a>(&'a Context);

impl Narrator for Teller<'_> {
    fn say(&self, line: &str) {
        self.0.out.note(line);
    }

    fn target(&self) -> ProgressDrawTarget {
        if self.0.out.is_json() || !std::io::stderr().is_terminal() {
            return ProgressDrawTarget::hidden();
        }
        ProgressDrawTarget::stderr()
    }
}

impl From<DemoError> for Failure {
    fn from(error: DemoError) -> Self {
        match error {
            DemoError::Engine(error) => error.into(),
            DemoError::Storage(error) => error.into(),
            DemoError::Cohort(error) => error.into(),
            DemoError::Campaign(error) => error.into(),
            DemoError::Effect(error) => error.into(),
            DemoError::Dispatch(_) | DemoError::Refused(_) => Self::peer(error),
        }
    }
}

/// Opens an empty book with a clock of its own.
fn open(url: &str) -> Result<(Arc<Engine>, Arc<ManualClock>), Failure> {
    let store = Store::open(url)?;
    let seen = store.read(|tx| tx.see_sequencer())?;
    if seen.next_seq > 1 {
        return Err(Failure::input(
            "the demonstration needs an empty database, and this one has facts in it",
        )
        .help("leave --database-url out, or name an empty database"));
    }
    let begins = Instant::parse(BEGINS).map_err(Failure::input)?;
    let clock = Arc::new(ManualClock::new(begins));
    let plan = Plan::load("standard.toml", STANDARD_PLAN)?;
    Ok((
        Arc::new(Engine::new(store, Arc::new(plan), clock.clone())),
        clock,
    ))
}

fn shipped(name: &str) -> Result<String, Failure> {
    shipped::program(name)
        .map(str::to_owned)
        .ok_or_else(|| Failure::input(format!("the program `{name}` is not shipped")))
}

impl Demo {
    pub(crate) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let place = Place::make(context)?;
        if self.attack {
            return attack::run(context, &place.url, self.seed);
        }
        let (engine, clock) = open(&place.url)?;
        let setting = Setting {
            engine: engine.clone(),
            clock,
            seed: self.seed,
            size: if self.small {
                Size {
                    recommenders: 250,
                    members: 1_200,
                }
            } else {
                Size::default()
            },
            provider: format!("outbox:{}", place.folder.join("outbox").display())
                .parse()
                .map_err(Failure::input)?,
            base_url: format!("http://{}", self.bind),
            plan: STANDARD_PLAN.to_owned(),
            everyday: shipped("everyday-commission")?,
            offer: shipped("three-day-offer")?,
            template: MESSAGE.to_owned(),
        };
        let document = play(&setting, &Teller(context))?;
        let sound = document.ledger.balanced && document.replay.identical;
        if context.out.is_json() {
            context.out.answer(&document, |_| String::new())?;
        }
        if !self.no_serve {
            self.serve(context, &engine, &document)?;
        }
        Ok(Verdict::of(sound))
    }

    fn serve(
        &self,
        context: &Context,
        engine: &Arc<Engine>,
        document: &Document,
    ) -> Result<(), Failure> {
        let settings = Settings {
            bind: self.bind.clone(),
            base_url: format!("http://{}", self.bind),
            workers: 0,
            callback: None,
            zone: Zone::named("Asia/Shanghai").unwrap_or(Zone::UTC),
            simulated: true,
            plan: STANDARD_PLAN.to_owned(),
            join_url: None,
        };
        let operations = keys::create(engine, "demo-operations", Role::Operations, None)?;
        let finance = keys::create(engine, "demo-finance", Role::Finance, None)?;
        let (member, code) = recommender(engine, document.campaign.id)?;
        let token = keys::create(engine, "demo-member", Role::Member, Some(&member))?;
        context.out.note("The story is over; its book is served until Ctrl-C. Sign in to the console with one of these keys:");
        context.out.note(&format!(
            "  operations                   {operations}\n  finance                      {finance}"
        ));
        let links = [
            (
                "the campaign's effect",
                format!("/ops/campaigns/{}", document.campaign.id),
            ),
            ("the eight classes", "/ops/recommenders".to_owned()),
            ("the books", "/fin/ledger".to_owned()),
            ("a member's phone", format!("/m?token={token}")),
            ("his friend's invitation", format!("/i/{code}")),
            ("the API", "/docs/api".to_owned()),
        ];
        listen(context, engine, settings, &links, || {})
    }
}

/// External id and code of a treated recommender.
fn recommender(engine: &Engine, campaign: i64) -> Result<(String, String), Failure> {
    let row = engine.store().read(|tx| {
        let first = tx
            .assignments(campaign)?
            .into_iter()
            .find(|a| a.treated)
            .map(|a| a.member_id);
        Ok::<_, vouchsafe::storage::StorageError>(
            tx.members_by_id(&first.into_iter().collect::<Vec<_>>())?
                .into_iter()
                .next(),
        )
    })?;
    row.map(|m| (m.external_id, m.code))
        .ok_or_else(|| Failure::peer("the campaign has nobody"))
}
