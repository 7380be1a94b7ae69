//! E-mail through an SMTP server.
//!
//! The session is led command by command, because what a failure means depends on where it
//! happens: before the server has taken the text nothing was sent, after that a broken
//! connection leaves the outcome open.

mod settings;

use std::error::Error as _;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, SinglePart};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::SmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, Message};

use super::{Outcome, Outgoing, Provider, refuse_unfit, without_recipient};
use crate::dispatch::message::Channel;

pub use settings::Config;
use settings::Security;

/// Most connections kept open between messages.
const IDLE_CONNECTIONS_MAX: usize = 8;

/// Longest time a connection is kept open unused; servers close theirs after minutes, and
/// a firewall may drop one without a word.
const IDLE_MAX: Duration = Duration::from_secs(20);

/// Longest unsubscribe address, in bytes: a header line may have 998.
const UNSUBSCRIBE_BYTES_MAX: usize = 900;

/// Hands messages to an SMTP server, reusing connections.
pub struct Smtp {
    config: Config,
    idle: Mutex<Vec<(Instant, SmtpConnection)>>,
}

/// Where a session stopped.
enum Stop {
    /// Before the server took the text: nothing was sent.
    Before(&'static str, Error),
    /// After the text was on its way.
    After(Error),
}

impl Smtp {
    /// A client of the configured server.
    pub fn new(config: &Config) -> Self {
        Smtp {
            config: config.clone(),
            idle: Mutex::new(Vec::new()),
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<(Instant, SmtpConnection)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_idle(&self) -> Option<SmtpConnection> {
        let mut idle = self.idle();
        idle.retain(|(since, _)| since.elapsed() < IDLE_MAX);
        idle.pop().map(|(_, connection)| connection)
    }

    fn keep_idle(&self, connection: SmtpConnection) {
        let mut idle = self.idle();
        if idle.len() < IDLE_CONNECTIONS_MAX {
            idle.push((Instant::now(), connection));
        }
    }

    fn connect(&self) -> Result<SmtpConnection, Stop> {
        let Config {
            host,
            port,
            security,
            credentials,
            timeout,
            ..
        } = &self.config;
        let tls = match security {
            Security::Tls(parameters) => Some(parameters),
            Security::StartTls(_) | Security::Plain => None,
        };
        let hello = ClientId::default();
        let mut connection =
            SmtpConnection::connect((host.as_str(), *port), Some(*timeout), &hello, tls, None)
                .map_err(|error| Stop::Before("connecting", error))?;
        if let Security::StartTls(parameters) = security {
            connection
                .starttls(parameters, &hello)
                .map_err(|error| Stop::Before("STARTTLS", error))?;
        }
        if let Some((user, password)) = credentials {
            let credentials = Credentials::new(user.clone(), password.expose().to_owned());
            connection
                .auth(&[Mechanism::Plain, Mechanism::Login], &credentials)
                .map_err(|error| Stop::Before("logging in", error))?;
        }
        Ok(connection)
    }

    /// Opens a mail transaction on a kept connection, or on a new one if that has died.
    fn begin(&self) -> Result<SmtpConnection, Stop> {
        let sender = Mail::new(Some(self.config.from.email.clone()), Vec::new());
        if let Some(mut connection) = self.take_idle() {
            match connection.command(&sender) {
                Ok(_) => return Ok(connection),
                // 421: the server is closing the connection.
                Err(error) if error.status().is_some_and(|code| u16::from(code) != 421) => {
                    self.recover(connection);
                    return Err(Stop::Before("MAIL", error));
                }
                Err(_) => {}
            }
        }
        let mut connection = self.connect()?;
        match connection.command(&sender) {
            Ok(_) => Ok(connection),
            Err(error) => Err(Stop::Before("MAIL", error)),
        }
    }

    fn deliver(&self, recipient: Address, block: &str) -> Result<Option<String>, Stop> {
        let mut connection = self.begin()?;
        let result = transfer(&mut connection, recipient, block);
        match &result {
            Ok(_) => self.keep_idle(connection),
            Err(Stop::Before(_, error) | Stop::After(error)) if error.status().is_some() => {
                self.recover(connection)
            }
            Err(_) => {}
        }
        result
    }

    /// Keeps a connection whose server refused something, if it is ready for the next message.
    fn recover(&self, mut connection: SmtpConnection) {
        if connection.command(Rset).is_ok() {
            self.keep_idle(connection);
        }
    }

    fn message(&self, outgoing: &Outgoing<'_>, recipient: &Address) -> Result<String, Outcome> {
        let bad = |reason: String| Outcome::rejected("bad-message", reason);
        let Some(subject) = &outgoing.rendered.subject else {
            return Err(bad("an e-mail needs a subject".to_owned()));
        };
        let url = outgoing.unsubscribe_url;
        let quotable = url
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"<>".contains(&byte));
        if !url.starts_with("http") || !quotable || url.len() > UNSUBSCRIBE_BYTES_MAX {
            return Err(bad("the unsubscribe address is not a plain URL".to_owned()));
        }
        let message_id = format!(
            "<{}@{}>",
            outgoing.attempt_id,
            self.config.from.email.domain()
        );
        let header = |name: &'static str, value: String| {
            HeaderValue::new(HeaderName::new_from_ascii_str(name), value)
        };
        let message = Message::builder()
            .from(self.config.from.clone())
            .to(Mailbox::new(None, recipient.clone()))
            .subject(subject.as_str())
            .message_id(Some(message_id))
            .raw_header(header("List-Unsubscribe", format!("<{url}>")))
            .raw_header(header(
                "List-Unsubscribe-Post",
                "List-Unsubscribe=One-Click".to_owned(),
            ))
            .singlepart(SinglePart::plain(outgoing.rendered.body.clone()))
            .map_err(|error| bad(error.to_string()))?;
        String::from_utf8(message.formatted()).map_err(|error| bad(error.to_string()))
    }
}

fn transfer(
    connection: &mut SmtpConnection,
    recipient: Address,
    block: &str,
) -> Result<Option<String>, Stop> {
    connection
        .command(Rcpt::new(recipient, Vec::new()))
        .map_err(|error| Stop::Before("RCPT", error))?;
    connection
        .command(Data)
        .map_err(|error| Stop::Before("DATA", error))?;
    let response = connection.command(block).map_err(Stop::After)?;
    Ok(response.first_line().and_then(queue_id))
}

/// The text as it travels after DATA (RFC 5321, section 4.5.2), ready for a single write.
///
/// Written in two pieces, the end would wait for the acknowledgement of the beginning, about
/// 40 ms with the usual settings of TCP.
fn data_block(message: &str) -> String {
    let mut block = String::with_capacity(message.len() + 64);
    for line in message.split_inclusive("\r\n") {
        if line.starts_with('.') {
            block.push('.');
        }
        block.push_str(line);
    }
    if !block.ends_with("\r\n") {
        block.push_str("\r\n");
    }
    block.push_str(".\r\n");
    block
}

impl Provider for Smtp {
    fn name(&self) -> &'static str {
        "smtp"
    }

    fn send(&self, message: &Outgoing<'_>) -> Outcome {
        if let Err(refusal) = refuse_unfit(message, &[Channel::Email]) {
            return refusal;
        }
        let recipient = message
            .to
            .parse::<Address>()
            .ok()
            .filter(|_| message.to.is_ascii());
        let Some(recipient) = recipient else {
            return Outcome::rejected(
                "bad-recipient",
                "this is not an e-mail address of ASCII characters",
            );
        };
        let text = match self.message(message, &recipient) {
            Ok(text) => text,
            Err(refusal) => return refusal,
        };
        match self.deliver(recipient, &data_block(&text)) {
            Ok(provider_ref) => Outcome::Accepted { provider_ref },
            Err(Stop::Before(step, error)) => {
                refusal(step, &error, message.to).unwrap_or_else(|| {
                    let reason = format!(
                        "not connected: {step} failed: {}",
                        cause(&error, message.to)
                    );
                    Outcome::rejected("not-connected", reason)
                })
            }
            Err(Stop::After(error)) => {
                refusal("the message", &error, message.to).unwrap_or_else(|| {
                    let reason = format!(
                        "no answer after the message was sent: {}",
                        cause(&error, message.to)
                    );
                    Outcome::unknown(reason)
                })
            }
        }
    }
}

/// The id under which a server keeps the message, where its answer names one in the way
/// Postfix does: `2.0.0 Ok: queued as 4WvQ3k2z`.
fn queue_id(answer: &str) -> Option<String> {
    let (_, rest) = answer.split_once("queued as ")?;
    let id = rest.split_whitespace().next()?;
    let fits = id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    fits.then(|| id.to_owned())
}

/// The outcome of a step the server answered with a refusal, `None` if it did not answer.
fn refusal(step: &str, error: &Error, to: &str) -> Option<Outcome> {
    let status = error.status()?;
    let said = error.source().map(ToString::to_string).unwrap_or_default();
    let (first, rest) = said.split_once(' ').unwrap_or((&said, ""));
    let (code, said) = if is_enhanced_status(first) {
        (format!("smtp {status} {first}"), rest)
    } else {
        (format!("smtp {status}"), said.as_str())
    };
    let reason = format!("the server refused {step}: {}", without_recipient(said, to));
    Some(Outcome::Rejected { code, reason })
}

/// Whether `word` is an enhanced status code (RFC 3463) such as `5.1.1`.
fn is_enhanced_status(word: &str) -> bool {
    let parts: Vec<&str> = word.split('.').collect();
    let number = |part: &&str| {
        (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    parts.len() == 3 && parts.iter().all(number)
}

/// Why the server did not answer.
fn cause(error: &Error, to: &str) -> String {
    let io = error
        .source()
        .and_then(|source| source.downcast_ref::<io::Error>());
    match io.map(io::Error::kind) {
        Some(io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => "timed out".to_owned(),
        Some(kind) if io.is_some_and(|error| error.raw_os_error().is_some()) => kind.to_string(),
        Some(_) | None => without_recipient(&error.to_string(), to),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_begins_with_a_dot_cannot_end_the_message() {
        assert_eq!(data_block("a\r\n.\r\nb"), "a\r\n..\r\nb\r\n.\r\n");
        assert_eq!(data_block(".x\r\n"), "..x\r\n.\r\n");
    }

    #[test]
    fn only_a_plain_queue_id_is_kept() {
        assert_eq!(
            queue_id("2.0.0 Ok: queued as 4WvQ3k2z").as_deref(),
            Some("4WvQ3k2z")
        );
        assert_eq!(queue_id("2.0.0 Ok: queued as lin@example.com"), None);
        assert_eq!(queue_id("2.0.0 Ok"), None);
    }
}
