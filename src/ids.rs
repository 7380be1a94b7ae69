//! The one seam through which randomness comes in: tokens and secrets.

use rand::TryRng;
use rand::rngs::SysRng;

/// Letters of tokens: Crockford's base 32 in lower case.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The system gave no randomness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system's random number generator failed")]
pub struct NoRandomness;

/// A token of `length` letters, five random bits each.
///
/// # Errors
/// [`NoRandomness`] when the system gives none.
pub fn token(length: usize) -> Result<String, NoRandomness> {
    let mut bytes = vec![0_u8; length];
    SysRng
        .try_fill_bytes(&mut bytes)
        .map_err(|_ignored| NoRandomness)?;
    Ok(bytes
        .iter()
        .filter_map(|b| ALPHABET.get(usize::from(b & 31)))
        .copied()
        .map(char::from)
        .collect())
}
