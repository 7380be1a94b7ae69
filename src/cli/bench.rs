//! `vouchsafe bench`

use super::shipped::{self, STANDARD_PLAN};
use super::{Context, Failure, Verdict};
use vouchsafe::bench::ingest::{self, BenchError, Figures, Setting};
use vouchsafe::storage::Store;
use vouchsafe::storage::admin::create_database;

/// Measure; figures of one run, to be compared with each other only.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Bench {
    /// Facts per second through the service, and the bare multi-row insert of the same rows.
    Ingest(Ingest),
}

/// What is measured.
#[derive(Debug, clap::Args)]
pub(crate) struct Ingest {
    /// Facts.
    #[arg(long, default_value_t = 50_000, value_parser = clap::value_parser!(i64).range(1..=10_000_000))]
    facts: i64,

    /// Members, most with two levels above them.
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(i64).range(1..=5_000_000))]
    members: i64,

    /// Clients that send at the same time.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=512))]
    clients: u16,

    /// Events in one request.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    request: u16,

    /// Measure on this PostgreSQL server too; two databases are made there and left.
    #[arg(
        long,
        value_name = "URL",
        env = "VOUCHSAFE_TEST_POSTGRES",
        hide_env_values = true
    )]
    postgres: Option<String>,
}

impl From<BenchError> for Failure {
    fn from(error: BenchError) -> Self {
        match error {
            BenchError::Engine(error) => error.into(),
            BenchError::Storage(error) => error.into(),
            BenchError::Refused(_) => Self::peer(error),
        }
    }
}

impl Bench {
    pub(crate) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        match self {
            Self::Ingest(ingest) => ingest.run(context),
        }
    }
}

impl Ingest {
    fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let mut all = Vec::new();
        let folder = std::env::temp_dir().join(format!("vouchsafe-bench-{}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(|e| Failure::file(&folder, &e))?;
        let file = |name: &str| format!("sqlite:{}", folder.join(name).display());
        let on_sqlite = self.measure(&file("service.db"), &file("bare.db"));
        std::fs::remove_dir_all(&folder).map_err(|e| Failure::file(&folder, &e))?;
        all.push(on_sqlite?);
        if let Some(server) = &self.postgres {
            let (service, bare) = (database(server, "service")?, database(server, "bare")?);
            all.push(self.measure(&service, &bare)?);
        }
        context
            .out
            .answer(&all, |_| all.iter().map(show).collect())?;
        Ok(Verdict::Fine)
    }

    fn measure(&self, service: &str, bare: &str) -> Result<Figures, Failure> {
        let program = shipped::program("everyday-commission")
            .unwrap_or_default()
            .to_owned();
        let setting = Setting {
            service: Store::open(service)?,
            bare: Store::open(bare)?,
            plan: STANDARD_PLAN.to_owned(),
            program,
            members: self.members,
            facts: self.facts,
            clients: usize::from(self.clients),
            request: usize::from(self.request),
        };
        Ok(ingest::run(&setting)?)
    }
}

/// A new database on a server.
fn database(server: &str, what: &str) -> Result<String, Failure> {
    let name = format!("vouchsafe_bench_{what}_{}", std::process::id());
    create_database(server, &name)?;
    let (base, query) = server
        .split_once('?')
        .map_or((server, String::new()), |(b, q)| (b, format!("?{q}")));
    let root = base.rsplit_once('/').map_or(base, |(root, _)| root);
    Ok(format!("{root}/{name}{query}"))
}

fn show(figures: &Figures) -> String {
    let Figures {
        backend,
        facts,
        rows,
        service_per_second,
        bare_per_second,
        ratio_permille,
        costs_ns,
    } = figures;
    let mut text = format!(
        "{backend}: {facts} facts, {rows} rows\n  through the service  {service_per_second:>9} facts/s\n  bare multi-row       {bare_per_second:>9} facts/s\n  ratio                {}.{:03}\n  where the time of one fact goes:\n",
        ratio_permille / 1_000,
        ratio_permille % 1_000
    );
    for (what, ns) in costs_ns {
        text.push_str(&format!("    {:>7} ns  {what}\n", ns));
    }
    text
}
