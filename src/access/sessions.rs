//! Sessions of the console and of members' pages: signed cookies that hold the hash of a key, never
//! the key itself. Revoking the key ends its sessions, because it is looked up with every request.

use super::AccessError;
use super::hmac::{hmac_sha256, same};
use crate::engine::{Engine, EngineError};
use crate::facts::service::hex;
use crate::ids;
use crate::types::Instant;

/// The setting that keeps the secret under which sessions are signed.
const SETTING: &str = "session_secret";
/// Letters of that secret, five random bits each: 260 bits.
const SECRET_LETTERS: usize = 52;
/// Letters that make two sessions of one key differ.
const NONCE_LETTERS: usize = 20;
/// How long a session lasts, in seconds: a working day.
pub const SESSION_SECONDS: i64 = 12 * 3_600;

/// Signs and checks sessions.
#[derive(Clone)]
pub struct Signer(String);

/// A session as its cookie says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The hash of the key that signed in.
    pub key_hash: String,
    /// Until when.
    pub until: Instant,
    /// Makes two sessions of one key differ.
    nonce: String,
}

impl Signer {
    /// The signer of a book; its secret is made when it is first asked for, and shared by all
    /// processes.
    ///
    /// # Errors
    /// [`AccessError`] when the database fails or the system gives no randomness.
    pub fn of(engine: &Engine) -> Result<Self, AccessError> {
        if let Some(secret) = engine.store().read(|tx| tx.setting(SETTING))? {
            return Ok(Self(secret));
        }
        let fresh = ids::token(SECRET_LETTERS)?;
        // The sequencer's row lets one process at a time look and write.
        let secret = engine.decide(|deciding| match deciding.tx.setting(SETTING)? {
            Some(secret) => Ok(secret),
            None => {
                deciding.tx.put_setting(SETTING, &fresh)?;
                Ok::<_, EngineError>(fresh)
            }
        });
        Ok(Self(secret?))
    }

    fn code(&self, purpose: &str, text: &str) -> String {
        hex(&hmac_sha256(
            self.0.as_bytes(),
            format!("{purpose}:{text}").as_bytes(),
        ))
    }

    /// A new session of the key with this hash.
    ///
    /// # Errors
    /// [`AccessError::Randomness`] when the system gives none.
    pub fn open(&self, key_hash: &str, now: Instant) -> Result<Session, AccessError> {
        let until = now.plus_seconds(SESSION_SECONDS);
        Ok(Session {
            key_hash: key_hash.to_owned(),
            until,
            nonce: ids::token(NONCE_LETTERS)?,
        })
    }

    /// The cookie's value: the session and its signature.
    #[must_use]
    pub fn seal(&self, session: &Session) -> String {
        let text = session.text();
        format!("{text}.{}", self.code("session", &text))
    }

    /// Reads what [`Self::seal`] wrote; nothing when it was altered or has run out.
    #[must_use]
    pub fn unseal(&self, cookie: &str, now: Instant) -> Option<Session> {
        let (text, code) = cookie.rsplit_once('.')?;
        if !same(code, &self.code("session", text)) {
            return None;
        }
        let mut parts = text.split('.');
        let (key_hash, until, nonce) = (parts.next()?, parts.next()?, parts.next()?);
        let until = Instant::from_micros(until.parse().ok()?);
        (until > now).then(|| Session {
            key_hash: key_hash.to_owned(),
            until,
            nonce: nonce.to_owned(),
        })
    }

    /// The token that each form of a session sends back.
    #[must_use]
    pub fn form_token(&self, session: &Session) -> String {
        self.code("form", &session.text())
    }

    /// The token of a form that is filled in before there is a session, tied to a cookie of its own.
    #[must_use]
    pub fn door_token(&self, cookie: &str) -> String {
        self.code("door", cookie)
    }
}

impl Session {
    fn text(&self) -> String {
        format!("{}.{}.{}", self.key_hash, self.until.micros(), self.nonce)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = Instant::from_micros(1_700_000_000_000_000);

    fn signer() -> Signer {
        Signer("a secret".to_owned())
    }

    #[test]
    fn a_sealed_session_is_read_back_until_it_runs_out() {
        let session = signer().open("abc", NOW).unwrap();
        let cookie = signer().seal(&session);
        assert_eq!(signer().unseal(&cookie, NOW), Some(session));
        let end = NOW.plus_seconds(SESSION_SECONDS);
        assert!(signer().unseal(&cookie, end.plus_seconds(-1)).is_some());
        assert_eq!(signer().unseal(&cookie, end), None);
    }

    #[test]
    fn an_altered_or_foreign_session_is_refused() {
        let cookie = signer().seal(&signer().open("abc", NOW).unwrap());
        for altered in [
            cookie.replacen("abc", "abd", 1),
            format!("{cookie}0"),
            cookie.replace('.', ""),
            String::new(),
        ] {
            assert_eq!(signer().unseal(&altered, NOW), None, "{altered}");
        }
        assert_eq!(Signer("another".to_owned()).unseal(&cookie, NOW), None);
    }

    #[test]
    fn two_sessions_of_one_key_have_different_form_tokens() {
        let tokens = [0, 1].map(|_| signer().form_token(&signer().open("abc", NOW).unwrap()));
        assert_ne!(tokens[0], tokens[1]);
        assert_ne!(signer().door_token("x"), signer().door_token("y"));
    }
}
