//! The outbox: each message becomes one JSON file in a directory, for trying a campaign
//! out, for tests, and for houses that hand messages over by file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

use super::config::ConfigError;
use super::{Outcome, Outgoing, Provider, refuse_unfit};
use crate::dispatch::message::Channel;

/// Where the files go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    directory: PathBuf,
}

impl Config {
    /// Reads what follows `outbox:`, the path of the directory.
    pub(super) fn parse(path: &str) -> Result<Config, ConfigError> {
        if path.is_empty() || path.contains('\0') {
            return Err(ConfigError::new(
                "outbox: needs a directory: write outbox:/var/lib/vouchsafe/outbox",
            ));
        }
        Ok(Config {
            directory: PathBuf::from(path),
        })
    }
}

/// Writes each message into a file of its own, named after the attempt.
pub struct Outbox {
    directory: PathBuf,
    temporary_files: AtomicU64,
}

/// The content of a file.
#[derive(Serialize)]
struct Entry<'a> {
    attempt_id: &'a str,
    channel: &'a str,
    to: &'a str,
    subject: Option<&'a str>,
    body: &'a str,
    unsubscribe_url: &'a str,
}

/// How far a file got when it could not be finished.
enum Failure {
    /// The message's file does not exist.
    NotWritten(io::Error),
    /// The message's file exists, but may not survive a power cut.
    NotSynced(io::Error),
}

impl Outbox {
    /// An outbox in the configured directory, which is created with the first message.
    pub fn new(config: &Config) -> Self {
        Outbox {
            directory: config.directory.clone(),
            temporary_files: AtomicU64::new(0),
        }
    }

    fn write(&self, attempt_id: &str, content: &[u8]) -> Result<(), Failure> {
        let not_written = Failure::NotWritten;
        fs::create_dir_all(&self.directory).map_err(not_written)?;
        let target = self.directory.join(format!("{attempt_id}.json"));
        let number = self.temporary_files.fetch_add(1, Ordering::Relaxed);
        let process = std::process::id();
        let temporary = self
            .directory
            .join(format!(".{attempt_id}.{process}-{number}.tmp"));
        let published = publish(&temporary, &target, content);
        // The temporary name has served its purpose either way; a leftover is harmless.
        fs::remove_file(&temporary).ok();
        published.map_err(not_written)?;
        File::open(&self.directory)
            .and_then(|directory| directory.sync_all())
            .map_err(Failure::NotSynced)
    }
}

/// Writes `temporary` and gives it the name `target`, unless that name is taken.
///
/// A hard link is used because it never replaces a file, which a rename does: two workers
/// that race with one attempt leave one complete file.
fn publish(temporary: &Path, target: &Path, content: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(temporary)?;
    file.write_all(content)?;
    file.sync_all()?;
    match fs::hard_link(temporary, target) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    }
}

impl Provider for Outbox {
    fn name(&self) -> &'static str {
        "outbox"
    }

    fn send(&self, message: &Outgoing<'_>) -> Outcome {
        if let Err(refusal) = refuse_unfit(message, &[Channel::Sms, Channel::Email]) {
            return refusal;
        }
        let entry = Entry {
            attempt_id: message.attempt_id,
            channel: message.channel.as_str(),
            to: message.to,
            subject: message.rendered.subject.as_deref(),
            body: &message.rendered.body,
            unsubscribe_url: message.unsubscribe_url,
        };
        let content = match serde_json::to_vec_pretty(&entry) {
            Ok(content) => content,
            Err(error) => return Outcome::rejected("not-written", error.to_string()),
        };
        match self.write(message.attempt_id, &content) {
            Ok(()) => Outcome::Accepted {
                provider_ref: Some(format!("{}.json", message.attempt_id)),
            },
            Err(Failure::NotWritten(error)) => Outcome::rejected(
                "not-written",
                format!("the outbox cannot be written: {}", error.kind()),
            ),
            Err(Failure::NotSynced(error)) => Outcome::unknown(format!(
                "the outbox could not be flushed to disk: {}",
                error.kind()
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispatch::message::Rendered;

    /// A directory of this test's own, removed at its end.
    struct Place(PathBuf);

    impl Place {
        fn new(name: &str) -> Self {
            let name = format!("vouchsafe-outbox-{}-{name}", std::process::id());
            Place(std::env::temp_dir().join(name))
        }

        fn outbox(&self) -> Outbox {
            Outbox::new(&Config::parse(self.0.to_str().unwrap()).unwrap())
        }

        fn names(&self) -> Vec<String> {
            let entries = fs::read_dir(&self.0).unwrap();
            let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
            names.collect()
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).ok();
        }
    }

    fn send(outbox: &Outbox, attempt_id: &str, body: &str) -> Outcome {
        outbox.send(&Outgoing {
            attempt_id,
            channel: Channel::Email,
            to: "lin@example.com",
            rendered: &Rendered {
                subject: Some("限时优惠".to_owned()),
                body: body.to_owned(),
            },
            unsubscribe_url: "https://go.example/u/1",
        })
    }

    #[test]
    fn a_message_becomes_one_complete_file() {
        let place = Place::new("complete");
        let outcome = send(&place.outbox(), "a-1", "Hello\n\"Lin\"");
        let provider_ref = Some("a-1.json".to_owned());
        assert_eq!(outcome, Outcome::Accepted { provider_ref });
        assert_eq!(place.names(), ["a-1.json"]);
        let file: serde_json::Value =
            serde_json::from_slice(&fs::read(place.0.join("a-1.json")).unwrap()).unwrap();
        let expected = serde_json::json!({
            "attempt_id": "a-1",
            "channel": "email",
            "to": "lin@example.com",
            "subject": "限时优惠",
            "body": "Hello\n\"Lin\"",
            "unsubscribe_url": "https://go.example/u/1",
        });
        assert_eq!(file, expected);
    }

    #[test]
    fn the_same_attempt_again_is_accepted_and_changes_nothing() {
        let place = Place::new("again");
        let outbox = place.outbox();
        assert!(matches!(
            send(&outbox, "a-1", "first"),
            Outcome::Accepted { .. }
        ));
        let before = fs::read(place.0.join("a-1.json")).unwrap();
        assert!(matches!(
            send(&outbox, "a-1", "second"),
            Outcome::Accepted { .. }
        ));
        assert_eq!(fs::read(place.0.join("a-1.json")).unwrap(), before);
        assert_eq!(place.names(), ["a-1.json"]);
    }

    #[test]
    fn workers_racing_with_one_attempt_leave_one_complete_file() {
        let place = Place::new("race");
        let outbox = place.outbox();
        std::thread::scope(|scope| {
            for worker in ["one", "two", "three", "four"] {
                let outbox = &outbox;
                scope.spawn(move || {
                    let outcome = send(outbox, "a-1", worker);
                    assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
                });
            }
        });
        assert_eq!(place.names(), ["a-1.json"]);
        let content = fs::read(place.0.join("a-1.json")).unwrap();
        assert!(serde_json::from_slice::<serde_json::Value>(&content).is_ok());
    }

    #[test]
    fn an_attempt_id_cannot_leave_the_directory() {
        let place = Place::new("escape");
        for id in ["../a", "", "a/b", "a.b", &"a".repeat(65)] {
            let outcome = send(&place.outbox(), id, "x");
            assert!(
                matches!(&outcome, Outcome::Rejected { code, .. } if code == "bad-attempt-id"),
                "{outcome:?}"
            );
        }
        assert!(!place.0.exists());
    }

    #[test]
    fn a_directory_that_cannot_be_made_is_certainly_no_message_sent() {
        let place = Place::new("blocked");
        fs::write(&place.0, "a file is in the way").unwrap();
        let outcome = send(&place.outbox(), "a-1", "x");
        assert!(
            matches!(&outcome, Outcome::Rejected { code, .. } if code == "not-written"),
            "{outcome:?}"
        );
        fs::remove_file(&place.0).unwrap();
    }
}
