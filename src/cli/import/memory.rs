//! Where an import stands, kept in the book: a second run of the same file goes on from there.

use super::super::Failure;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use vouchsafe::engine::Engine;
use vouchsafe::facts::service::hex;

/// How far an import came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Standing {
    /// Good lines that were sent, in the order of sending.
    pub(super) sent: u64,
    /// Of these, how many were not kept.
    pub(super) refused: u64,
    /// Whether every line was sent and kept.
    pub(super) complete: bool,
}

/// The place in the book that remembers one way of reading one file.
pub(super) struct Memory {
    setting: String,
}

impl Memory {
    /// The place for a file of this content, read in this way.
    pub(super) fn of<'a>(kind: &str, parts: impl Iterator<Item = &'a str>) -> Self {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hasher.update(part.as_bytes());
        }
        Self {
            setting: format!("import.{kind}.{}", hex(&hasher.finalize())),
        }
    }

    /// Where the import stands; at its beginning when nothing is known.
    pub(super) fn recall(&self, engine: &Engine) -> Result<Standing, Failure> {
        let text = engine.store().read(|tx| tx.setting(&self.setting))?;
        let standing = text.map(|t| serde_json::from_str(&t)).transpose();
        standing.map(Option::unwrap_or_default).map_err(|e| {
            Failure::peer(format!(
                "the setting `{}` cannot be read: {e}",
                self.setting
            ))
        })
    }

    /// Remembers where the import stands.
    pub(super) fn note(&self, engine: &Engine, standing: &Standing) -> Result<(), Failure> {
        let text = serde_json::to_string(standing).map_err(Failure::peer)?;
        Ok(engine
            .store()
            .write(|tx| tx.put_setting(&self.setting, &text))?)
    }
}
