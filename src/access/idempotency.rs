//! Answers kept for requests that are sent again with the same `Idempotency-Key`.
//!
//! An answer is kept after the work, in a transaction of its own. A process that dies between the
//! two leaves work without a kept answer: the same request then does its work again. That is no
//! second booking where the work is idempotent by itself: events by their ids, members by theirs,
//! programs by id and version, releases and campaigns by the state they need. A cohort or campaign
//! of the same name is refused the second time.

use super::AccessError;
use crate::engine::Engine;
use crate::facts::service::hex;
use crate::storage::StorageError;
use crate::storage::rows::IdempotencyRow;
use sha2::{Digest, Sha256};

/// Longest key, in bytes.
pub const KEY_MAX: usize = 255;

/// An answer as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: String,
}

/// What is known of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// Nothing: the work is to be done.
    Nothing,
    /// The same request was answered before.
    Answered(Answer),
    /// The key was used for another request.
    Reused,
}

/// A hash of what makes two requests the same.
#[must_use]
pub fn request_hash(method: &str, target: &str, body: &[u8]) -> String {
    let mut hasher = Sha256::new();
    for part in [method.as_bytes(), target.as_bytes(), body] {
        hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hasher.update(part);
    }
    hex(&hasher.finalize())
}

/// Looks a key of an API key up.
///
/// # Errors
/// [`AccessError`] when the database fails.
pub fn look_up(
    engine: &Engine,
    key_id: i64,
    key: &str,
    request_hash: &str,
) -> Result<Known, AccessError> {
    let row = engine.store().read(|tx| tx.kept_answer(key_id, key))?;
    Ok(match row {
        None => Known::Nothing,
        Some(row) if row.request_hash == request_hash => Known::Answered(Answer {
            status: u16::try_from(row.status).unwrap_or(500),
            body: row.body,
        }),
        Some(_) => Known::Reused,
    })
}

/// Keeps an answer. When another process kept one in the meantime, that one stays.
///
/// # Errors
/// [`AccessError`] when the database fails.
pub fn keep(
    engine: &Engine,
    key_id: i64,
    key: &str,
    request_hash: &str,
    answer: &Answer,
) -> Result<(), AccessError> {
    let row = IdempotencyRow {
        key_id,
        key: key.to_owned(),
        request_hash: request_hash.to_owned(),
        status: i64::from(answer.status),
        body: answer.body.clone(),
        recorded_at: engine.clock().now().micros(),
    };
    match engine.store().write(|tx| tx.keep_answer(&row)) {
        Err(e) if StorageError::is_duplicate(&e) => Ok(()),
        other => Ok(other?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_that_differ_in_any_part_have_different_hashes() {
        let first = request_hash("POST", "/v1/events", b"{}");
        assert_eq!(request_hash("POST", "/v1/events", b"{}"), first);
        assert_ne!(request_hash("POST", "/v1/events", b"{ }"), first);
        assert_ne!(request_hash("POST", "/v1/event", b"s{}"), first);
        assert_ne!(request_hash("PUT", "/v1/events", b"{}"), first);
    }
}
