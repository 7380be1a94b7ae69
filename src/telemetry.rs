//! Logs: lines on standard error, chosen by a filter.

use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// A filter that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{filter}` is not a log filter ({why}): write a level such as `info`, or `vouchsafe::dispatch=debug`"
)]
pub(crate) struct BadFilter {
    filter: String,
    why: String,
}

/// Starts logging.
///
/// # Errors
/// [`BadFilter`] when the filter cannot be read.
pub(crate) fn start(filter: &str) -> Result<(), BadFilter> {
    let parsed = EnvFilter::try_new(filter).map_err(|e| BadFilter {
        filter: filter.to_owned(),
        why: e.to_string(),
    })?;
    let stderr = std::io::stderr;
    tracing_subscriber::fmt()
        .with_env_filter(parsed)
        .with_writer(stderr)
        .with_ansi(stderr().is_terminal())
        .init();
    Ok(())
}
