//! `vouchsafe serve`

use super::channels::EachChannel;
use super::{Context, Failure, Verdict};
use std::sync::Arc;
use vouchsafe::dispatch::providers::{Config as ProviderConfig, Secret};
use vouchsafe::dispatch::worker::{LEASE_SECONDS, Wording, Worker};
use vouchsafe::engine::Engine;
use vouchsafe::facts::queue::Queue;
use vouchsafe::ids;
use vouchsafe::scheduler::background::Background;
use vouchsafe::scheduler::crontab::Crontab;
use vouchsafe::types::Zone;
use vouchsafe::web::{self, ServeError, Settings};

/// Serve the API, the console and the members' pages; fire timers and send messages.
///
/// Several processes may serve one PostgreSQL database. Ends on SIGINT or SIGTERM after the
/// requests under way; a kill loses no accepted fact.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vouchsafe serve
  vouchsafe serve --bind 0.0.0.0:8080 --base-url https://r.example.com --provider outbox:/var/lib/vouchsafe/outbox
  vouchsafe serve --provider 'smtp://mail.example.com?from=Offers <offers@example.com>'
  vouchsafe serve --provider 'kannel+http://user:password@127.0.0.1:13013/cgi-bin/sendsms?callback=http://127.0.0.1:8080/callbacks/kannel&token=0123456789abcdef'

Make a key first: vouchsafe key create NAME --role operations")]
pub(crate) struct Serve {
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    bind: String,

    /// Address of this service as members reach it. Without it: http:// and the address.
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,

    /// Who sends messages; may be repeated, one for each channel. Without one none are sent.
    #[arg(
        long,
        env = "VOUCHSAFE_PROVIDER",
        hide_env_values = true,
        value_name = "PROVIDER"
    )]
    provider: Vec<ProviderConfig>,

    /// The brand in messages.
    #[arg(long, default_value = "Vouchsafe", value_name = "NAME")]
    brand: String,

    /// The offer in messages, in words.
    #[arg(long, default_value = "a limited offer", value_name = "WORDS")]
    offer: String,

    /// The zone of pages, messages and the crontab.
    #[arg(long, default_value = "Asia/Shanghai", value_name = "ZONE", value_parser = zone)]
    zone: Zone,

    /// When timers are looked at: five-field crontab.
    #[arg(long, default_value = "* * * * *", value_name = "CRONTAB")]
    ticks: String,

    /// Seconds after which a sender that died gives up the messages it had claimed.
    #[arg(long, default_value_t = LEASE_SECONDS, value_parser = clap::value_parser!(i64).range(1..=3_600))]
    lease_seconds: i64,

    /// Threads that answer requests; 0 takes one for each processor.
    #[arg(long, default_value_t = 0)]
    workers: usize,

    /// Where an invited friend joins; `{code}` stands for the code.
    #[arg(long, value_name = "URL")]
    join_url: Option<String>,
}

fn zone(name: &str) -> Result<Zone, String> {
    Zone::named(name).ok_or_else(|| {
        format!("`{name}` is not a zone of the IANA database, such as Asia/Shanghai")
    })
}

impl Serve {
    pub(crate) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let book = context.making()?;
        let crontab = Crontab::parse(&self.ticks, self.zone.tz())
            .map_err(|e| Failure::input(format!("--ticks: {e}")))?;
        let base_url = self
            .base_url
            .unwrap_or_else(|| format!("http://{}", self.bind));
        let base_url = base_url.trim_end_matches('/').to_owned();
        let callback: Option<Secret> = self
            .provider
            .iter()
            .find_map(ProviderConfig::callback_token)
            .cloned();
        let worker = (!self.provider.is_empty()).then(|| {
            let wording = Wording {
                base_url: base_url.clone(),
                brand: self.brand.clone(),
                offer: self.offer.clone(),
                zone: self.zone,
            };
            let name = format!("worker-{}", ids::token(12).map_err(Failure::peer)?);
            let provider = Box::new(EachChannel::new(&self.provider));
            let worker = Worker::new(book.engine.clone(), provider, wording, name);
            Ok::<_, Failure>(worker.with_lease(self.lease_seconds))
        });
        let worker = worker.transpose()?;
        let settings = Settings {
            bind: self.bind,
            base_url,
            workers: self.workers,
            callback,
            zone: self.zone,
            simulated: false,
            plan: book.plan,
            join_url: self.join_url,
        };
        // Nothing is sent before delivery reports can come in.
        let mut background = None;
        let served = listen(context, &book.engine, settings, &[], || {
            background = Some(Background::start(&book.engine, crontab, worker));
        });
        match background {
            Some(Ok(background)) => background.stop(),
            Some(Err(error)) => {
                return Err(Failure::peer(format!(
                    "no thread for timers and messages: {error}"
                )));
            }
            None => {}
        }
        served.map(|()| Verdict::Fine)
    }
}

/// Serves until the process is told to end; says where it listens, and the links to open there.
pub(crate) fn listen(
    context: &Context,
    engine: &Arc<Engine>,
    settings: Settings,
    links: &[(&str, String)],
    listening: impl FnOnce(),
) -> Result<(), Failure> {
    let queue = Queue::start(engine.clone()).map_err(Failure::peer)?;
    web::serve(engine.clone(), queue, settings, |address| {
        let mut line = format!("listening on http://{address}");
        for (what, path) in links {
            line.push_str(&format!("\n  {what:<28} http://{address}{path}"));
        }
        context.out.note(&line);
        listening();
    })
    .map_err(|e| match e {
        ServeError::Listen { .. } => {
            Failure::input(e).help("is another process there? Choose an address with --bind")
        }
        ServeError::Access(_) | ServeError::Broken(_) | ServeError::Ended => Failure::peer(e),
    })
}
