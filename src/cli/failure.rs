//! Why a command was not carried out.

use crate::telemetry::BadFilter;
use std::fmt::Display;
use std::path::Path;
use vouchsafe::campaigns::service::CampaignError;
use vouchsafe::cohorts::service::CohortError;
use vouchsafe::effects::report::EffectError;
use vouchsafe::engine::EngineError;
use vouchsafe::rules::RuleError;
use vouchsafe::storage::StorageError;

/// Who must mend it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The caller: exit code 2.
    Input,
    /// The database or a peer: exit code 3.
    Peer,
}

/// Why a command was not carried out: what, where, why, and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    kind: Kind,
    /// What went wrong, and where.
    pub(crate) what: String,
    /// How to mend it.
    pub(crate) help: Option<String>,
    /// More for programs.
    pub(crate) details: Option<serde_json::Value>,
}

impl Failure {
    /// Bad usage or bad input.
    pub(crate) fn input(what: impl Display) -> Self {
        Self {
            kind: Kind::Input,
            what: what.to_string(),
            help: None,
            details: None,
        }
    }

    /// The database or a peer failed.
    pub(crate) fn peer(what: impl Display) -> Self {
        Self {
            kind: Kind::Peer,
            what: what.to_string(),
            help: None,
            details: None,
        }
    }

    /// A file that cannot be read or written.
    pub(crate) fn file(path: &Path, error: &std::io::Error) -> Self {
        Self::input(format!("{}: {error}", path.display()))
    }

    /// Says in which file it went wrong.
    pub(crate) fn within(mut self, path: &Path) -> Self {
        self.what = format!("{}: {}", path.display(), self.what);
        self
    }

    /// Adds the way to mend it.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds what programs may want to know.
    pub(crate) fn details(mut self, details: &impl serde::Serialize) -> Self {
        self.details = serde_json::to_value(details).ok();
        self
    }

    /// The exit code.
    pub(crate) const fn code(&self) -> u8 {
        match self.kind {
            Kind::Input => 2,
            Kind::Peer => 3,
        }
    }

    /// The stable word for its kind.
    pub(crate) const fn word(&self) -> &'static str {
        match self.kind {
            Kind::Input => "bad_input",
            Kind::Peer => "peer_failed",
        }
    }
}

impl From<StorageError> for Failure {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::NoBackend(_) => Self::input(error),
            StorageError::Connection(_) | StorageError::Pool(_) => Self::peer(error)
                .help("is the database there? Name it with --database-url or DATABASE_URL"),
            StorageError::Database(_) | StorageError::Migration(_) | StorageError::Corrupt(_) => {
                Self::peer(error)
            }
        }
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Storage(error) => error.into(),
            EngineError::Conflict(_) | EngineError::Rule(_) => Self::input(error),
            EngineError::Restless(_) => Self::peer(error),
        }
    }
}

impl From<CohortError> for Failure {
    fn from(error: CohortError) -> Self {
        match error {
            CohortError::Engine(error) => error.into(),
            CohortError::Classes(_) | CohortError::Invalid(_) => Self::input(error),
        }
    }
}

impl From<CampaignError> for Failure {
    fn from(error: CampaignError) -> Self {
        match error {
            CampaignError::Engine(error) => error.into(),
            CampaignError::Unknown(_) => {
                Self::input(error).help("`vouchsafe campaign list` shows their numbers")
            }
            CampaignError::Invalid { .. }
            | CampaignError::State { .. }
            | CampaignError::OwnWork(_) => Self::input(error),
        }
    }
}

impl From<EffectError> for Failure {
    fn from(error: EffectError) -> Self {
        match error {
            EffectError::Storage(error) => error.into(),
            EffectError::Unknown(_) => {
                Self::input(error).help("`vouchsafe campaign list` shows their numbers")
            }
            EffectError::Statistics(_) => Self::input(error),
        }
    }
}

impl From<RuleError> for Failure {
    fn from(error: RuleError) -> Self {
        Self::input(error)
    }
}

impl From<BadFilter> for Failure {
    fn from(error: BadFilter) -> Self {
        Self::input(error)
    }
}
