//! Providers: the ways a message leaves the house.
//!
//! A provider makes one attempt and says what is known about it afterwards. The three
//! answers are kept apart because they decide what may happen next: a message that was
//! certainly not sent may be tried again, one that may have gone out must not be repeated
//! by itself.
//!
//! The calls block; the dispatch worker makes them outside every database transaction.

mod config;
mod delivery;
pub mod kannel;
pub mod outbox;
pub mod smtp;

use std::fmt;

use super::message::{Channel, Rendered};

pub use config::{Config, ConfigError};
pub use delivery::{DeliveryReport, DeliveryState, DeliveryStatus, merge};
pub use kannel::parse_delivery_report;

/// Longest attempt id, in characters.
const ATTEMPT_ID_CHARS_MAX: usize = 64;

/// Longest extract of a peer's answer kept in a reason, in characters.
const REASON_CHARS_MAX: usize = 160;

/// One attempt to hand one message over.
pub struct Outgoing<'a> {
    /// Unique id of the attempt: 1 to 64 letters, digits, `-` or `_`. It is the idempotency
    /// key, the file name of the outbox, the left part of the Message-ID and what a
    /// delivery report is matched by.
    pub attempt_id: &'a str,
    /// The channel the message is meant for; a provider of another channel refuses it.
    pub channel: Channel,
    /// One phone number in digits with an optional `+`, or one bare e-mail address.
    pub to: &'a str,
    /// The finished text.
    pub rendered: &'a Rendered,
    /// The `https://` address that ends all messages to this person with one POST (RFC 8058).
    pub unsubscribe_url: &'a str,
}

/// What is known after one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The peer took responsibility for the message.
    Accepted {
        /// The peer's own id of the message, where it gives one.
        provider_ref: Option<String>,
    },
    /// The message was certainly not sent.
    Rejected {
        /// A stable code: one of the provider's own words (`not-connected`, `bad-recipient`,
        /// `bad-attempt-id`, `bad-message`, `wrong-channel`, `not-written`), or the peer's
        /// (`http 403`, `smtp 550 5.1.1`).
        code: String,
        /// What happened, for a person to read; free of phone numbers and addresses.
        reason: String,
    },
    /// The message may or may not have gone out. It must never be repeated by itself; a
    /// delivery report or a person settles it.
    Unknown {
        /// What happened, for a person to read; free of phone numbers and addresses.
        reason: String,
    },
}

impl Outcome {
    fn rejected(code: &str, reason: impl Into<String>) -> Outcome {
        Outcome::Rejected {
            code: code.to_owned(),
            reason: reason.into(),
        }
    }

    fn unknown(reason: impl Into<String>) -> Outcome {
        Outcome::Unknown {
            reason: reason.into(),
        }
    }
}

/// A way a message leaves the house.
pub trait Provider: Send + Sync {
    /// A short name for records and logs, such as `kannel`.
    fn name(&self) -> &'static str;

    /// Makes one attempt; blocks until its outcome is known or its timeout has passed.
    fn send(&self, message: &Outgoing<'_>) -> Outcome;
}

/// Makes the provider `config` describes. Nothing is contacted yet.
pub fn build(config: &Config) -> Box<dyn Provider> {
    match config {
        Config::Outbox(config) => Box::new(outbox::Outbox::new(config)),
        Config::Smtp(config) => Box::new(smtp::Smtp::new(config)),
        Config::Kannel(config) => Box::new(kannel::Kannel::new(config)),
    }
}

/// A password or token; it never shows itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Whether `candidate` is this secret, compared in a time that does not tell how much
    /// of it was right.
    pub fn matches(&self, candidate: &str) -> bool {
        let pairs = self.0.bytes().zip(candidate.bytes());
        let difference = pairs.fold(0, |difference, (own, other)| difference | (own ^ other));
        self.0.len() == candidate.len() && difference == 0
    }

    fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Refuses a message no provider may touch: one of another channel, or one whose attempt
/// id could not serve as file name, Message-ID and URL parameter alike.
fn refuse_unfit(message: &Outgoing<'_>, channels: &[Channel]) -> Result<(), Outcome> {
    if !channels.contains(&message.channel) {
        let reason = format!("this provider does not carry {}", message.channel);
        return Err(Outcome::rejected("wrong-channel", reason));
    }
    if !is_token(message.attempt_id) || message.attempt_id.len() > ATTEMPT_ID_CHARS_MAX {
        let reason = "an attempt id is 1 to 64 letters, digits, hyphens or underscores";
        return Err(Outcome::rejected("bad-attempt-id", reason));
    }
    Ok(())
}

/// Whether `text` is a word of letters, digits, hyphens and underscores, which needs no
/// quoting in a file name, a URL or a header.
fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// What a peer said, without anything that could be the recipient: words with a digit or
/// an `@`, and words holding the recipient's local part, are replaced by `…`.
fn without_recipient(answer: &str, to: &str) -> String {
    let local = to.split('@').next().unwrap_or(to).to_lowercase();
    let personal = |word: &str| {
        let word = word.to_lowercase();
        let same = word.trim_matches(|c: char| !c.is_alphanumeric()) == local;
        same || (local.len() >= 3 && word.contains(&local))
            || word.contains(|c: char| c == '@' || c.is_numeric())
    };
    let words: Vec<&str> = answer
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .map(|word| if personal(word) { "…" } else { word })
        .collect();
    words.join(" ").chars().take(REASON_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_peer_says_is_kept_without_the_recipient() {
        let cases = [
            (
                "<lin.mei@dest.example>: Recipient address rejected: mailbox lin.mei is full",
                "lin.mei@dest.example",
                "… Recipient address rejected: mailbox … is full",
            ),
            (
                "Not routable: 139 0000 0001, try later",
                "+8613900000001",
                "Not routable: … … … try later",
            ),
            ("号码13900000001错误 rejected", "13900000001", "… rejected"),
            (
                "forwarded to boss@dest.example",
                "lin@dest.example",
                "forwarded to …",
            ),
            (
                "user\r\n\"al\" unknown",
                "al@dest.example",
                "user … unknown",
            ),
        ];
        for (answer, to, expected) in cases {
            assert_eq!(without_recipient(answer, to), expected);
        }
        assert_eq!(
            without_recipient(&"é ".repeat(200), "x@y").chars().count(),
            REASON_CHARS_MAX
        );
    }

    #[test]
    fn a_secret_matches_itself_only_and_never_shows_itself() {
        let secret = Secret("hunter2-hunter2".to_owned());
        assert!(secret.matches("hunter2-hunter2"));
        for wrong in ["", "hunter2-hunter3", "hunter2-hunter2x", "hunter2"] {
            assert!(!secret.matches(wrong), "{wrong}");
        }
        assert_eq!(format!("{secret:?}"), "***");
    }
}
