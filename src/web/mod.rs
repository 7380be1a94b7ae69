//! The web: the API under `/v1`, the console, and the pages of members and their friends.
//!
//! A request is parsed, one service is called on a thread for blocking work, and its answer is
//! shown. Nothing here opens a writing transaction of its own except through a service.

pub mod api;
mod app;
pub mod assets;
mod body;
mod call;
pub mod chart;
mod console;
mod cookies;
pub mod error;
mod format;
pub mod i18n;
mod observe;
pub mod openapi;
pub mod pages;
mod public;
pub mod routes;
mod visit;
mod words;

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::middleware::from_fn;
use actix_web::{HttpServer, web};

use crate::access::AccessError;
use crate::engine::Engine;
use crate::facts::queue::Queue;

pub use app::Settings;
pub use body::BODY_MAX;

/// How long the head of a request may take to arrive.
const HEAD_MAX: Duration = Duration::from_secs(10);
/// How long an idle connection is kept.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long requests under way may take when the server stops.
const SHUTDOWN_SECONDS: u64 = 30;

/// Why the server cannot run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The secret of sessions could not be had.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The address could not be listened on, or the server broke.
    #[error("the server cannot listen on `{address}`: {source}")]
    Listen {
        /// The address.
        address: String,
        /// Why.
        source: std::io::Error,
    },
    /// The server broke while it ran.
    #[error("the server broke: {0}")]
    Broken(#[from] std::io::Error),
    /// The server's thread ended before it listened.
    #[error("the server ended before it listened")]
    Ended,
}

/// Listens; the server answers once its future is awaited in an actix system.
fn listen(
    engine: Arc<Engine>,
    queue: Queue,
    settings: Settings,
    signals: bool,
) -> Result<(SocketAddr, Server), ServeError> {
    let (address, workers) = (settings.bind.clone(), settings.workers);
    let failed = |source| ServeError::Listen {
        address: address.clone(),
        source,
    };
    let app = web::Data::new(app::App::new(engine, queue, settings)?);
    let server = HttpServer::new(move || {
        actix_web::App::new()
            .app_data(app.clone())
            .wrap(from_fn(observe::observe))
            .configure(routes::configure)
            .default_service(web::to(routes::nothing))
    });
    let server = if workers > 0 {
        server.workers(workers)
    } else {
        server
    };
    let server = if signals {
        server
    } else {
        server.disable_signals()
    };
    let server = server
        .tcp_nodelay(true)
        .client_request_timeout(HEAD_MAX)
        .keep_alive(KEEP_ALIVE)
        .shutdown_timeout(SHUTDOWN_SECONDS)
        .bind(&address)
        .map_err(failed)?;
    let bound = server.addrs().first().copied().ok_or(ServeError::Ended)?;
    Ok((bound, server.run()))
}

/// Serves until the process is told to end (SIGINT, SIGTERM); requests under way are finished.
/// `listening` is told the address once connections are taken.
///
/// # Errors
/// [`ServeError`] when the address cannot be listened on or the server breaks.
pub fn serve(
    engine: Arc<Engine>,
    queue: Queue,
    settings: Settings,
    listening: impl FnOnce(SocketAddr),
) -> Result<(), ServeError> {
    actix_web::rt::System::new().block_on(async {
        let (address, server) = listen(engine, queue, settings, true)?;
        listening(address);
        Ok(server.await?)
    })
}

/// A server on a thread of its own.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    handle: ServerHandle,
    thread: JoinHandle<Result<(), ServeError>>,
}

impl Running {
    /// Stops it; requests under way are finished.
    ///
    /// # Errors
    /// [`ServeError`] when it broke before.
    pub fn stop(self) -> Result<(), ServeError> {
        // The order to stop is given at once; its future only waits for what the thread waits for.
        drop(self.handle.stop(true));
        self.thread.join().map_err(|_panic| ServeError::Ended)?
    }
}

/// Serves on a thread of its own and returns once it listens. Signals are left to the caller.
///
/// # Errors
/// [`ServeError`] when the address cannot be listened on.
pub fn start(engine: Arc<Engine>, queue: Queue, settings: Settings) -> Result<Running, ServeError> {
    let (tell, told) = std::sync::mpsc::channel();
    let serving = move || {
        actix_web::rt::System::new().block_on(async {
            let (address, server) = listen(engine, queue, settings, false)?;
            // Who started it waits for this; when he is gone, nobody needs the server.
            if tell.send((address, server.handle())).is_err() {
                return Ok(());
            }
            Ok(server.await?)
        })
    };
    let thread = std::thread::Builder::new()
        .name("web".to_owned())
        .spawn(serving)?;
    match told.recv() {
        Ok((address, handle)) => Ok(Running {
            address,
            handle,
            thread,
        }),
        Err(_ended) => Err(thread.join().map_or(ServeError::Ended, |ended| {
            ended.err().unwrap_or(ServeError::Ended)
        })),
    }
}
