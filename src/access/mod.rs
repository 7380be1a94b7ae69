//! Who may do what: API keys and their roles, sessions of the console, and the answers kept for
//! requests that are sent again.

pub mod hmac;
pub mod idempotency;
pub mod keys;
pub mod roles;
pub mod sessions;

use crate::engine::EngineError;
use crate::ids::NoRandomness;
use crate::storage::StorageError;

pub use keys::Principal;
pub use roles::{Permission, Role};

/// Why something about access could not be done.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// The database or the engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The system gave no randomness.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    /// What was asked for does not fit.
    #[error("{field}: {problem}")]
    Invalid {
        /// Which part.
        field: &'static str,
        /// What is wrong and how to mend it.
        problem: String,
    },
}

impl From<StorageError> for AccessError {
    fn from(error: StorageError) -> Self {
        Self::Engine(error.into())
    }
}
