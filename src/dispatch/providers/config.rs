//! Provider settings, read from one line of text such as
//! `kannel+http://user:password@127.0.0.1:13013/cgi-bin/sendsms?callback=…&token=…`.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use url::{Host, Url};

use super::{Secret, kannel, outbox, smtp};

/// The time one attempt may take when nothing else is configured, in seconds.
const TIMEOUT_SECONDS_DEFAULT: u64 = 30;

/// The longest time one attempt may be given, in seconds.
const TIMEOUT_SECONDS_MAX: u64 = 300;

/// Which provider carries messages, and how it is reached.
///
/// | text | provider |
/// |---|---|
/// | `outbox:DIRECTORY` | [`outbox`] |
/// | `smtp://[USER:PASSWORD@]HOST[:PORT]?from=MAILBOX[&starttls=required\|never][&ca=FILE][&timeout_seconds=N]` | [`smtp`] |
/// | `smtps://…` (the same without `starttls`) | [`smtp`] over TLS from the first byte |
/// | `kannel+http://USER:PASSWORD@HOST[:PORT][/PATH]?callback=URL&token=SECRET[&from=SENDER][&timeout_seconds=N]` | [`kannel`] |
/// | `kannel+https://…` | [`kannel`] over TLS |
///
/// As in every URL, characters with a meaning of their own are percent-encoded: `@` in a
/// password is `%40`, `+` and `&` in a parameter are `%2B` and `%26`. Debug output shows no
/// password and no token.
#[derive(Debug, Clone)]
pub enum Config {
    /// One file per message.
    Outbox(outbox::Config),
    /// E-mail through an SMTP server.
    Smtp(smtp::Config),
    /// SMS through a Kannel gateway.
    Kannel(kannel::Config),
}

impl Config {
    /// The token a delivery report must bring in its path, for a provider that reports.
    pub fn callback_token(&self) -> Option<&Secret> {
        match self {
            Config::Kannel(config) => Some(config.token()),
            Config::Outbox(_) | Config::Smtp(_) => None,
        }
    }
}

/// What is wrong with a provider's settings. The message repeats no password or token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

impl ConfigError {
    pub(super) fn new(problem: impl Into<String>) -> Self {
        ConfigError(problem.into())
    }
}

impl FromStr for Config {
    type Err = ConfigError;

    /// Reads provider settings in the form described at [`Config`].
    ///
    /// # Errors
    /// [`ConfigError`] naming the part that is missing, unknown or out of range.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let scheme = text.split_once(':').map_or("", |(scheme, _)| scheme);
        match scheme {
            "outbox" => outbox::Config::parse(text.strip_prefix("outbox:").unwrap_or_default())
                .map(Config::Outbox),
            "smtp" | "smtps" => {
                smtp::Config::from_settings(Settings::parse(text)?).map(Config::Smtp)
            }
            "kannel+http" | "kannel+https" => {
                let url = text.strip_prefix("kannel+").unwrap_or_default();
                kannel::Config::from_settings(Settings::parse(url)?).map(Config::Kannel)
            }
            _ => Err(ConfigError::new(
                "a provider is written outbox:DIRECTORY, smtp://…, smtps://…, kannel+http://… or kannel+https://…",
            )),
        }
    }
}

/// The parts of a provider's URL; parameters are taken one by one, so that what is left
/// over is known to be unknown.
pub(super) struct Settings {
    pub(super) scheme: String,
    pub(super) credentials: Option<(String, Secret)>,
    /// A name or an IP address, the latter without brackets.
    pub(super) host: String,
    pub(super) port: Option<u16>,
    pub(super) path: String,
    parameters: BTreeMap<String, String>,
}

impl Settings {
    fn parse(text: &str) -> Result<Settings, ConfigError> {
        let url = Url::parse(text)
            .map_err(|error| ConfigError::new(format!("the provider's URL: {error}")))?;
        let host = match url.host() {
            Some(Host::Domain(domain)) if !domain.is_empty() => domain.to_owned(),
            Some(Host::Ipv4(address)) => address.to_string(),
            Some(Host::Ipv6(address)) => address.to_string(),
            Some(Host::Domain(_)) | None => {
                return Err(ConfigError::new("the provider's URL names no host"));
            }
        };
        if url.fragment().is_some() {
            return Err(ConfigError::new(
                "the provider's URL holds a `#`; write it as %23",
            ));
        }
        let mut parameters = BTreeMap::new();
        for (key, value) in url.query_pairs() {
            if parameters
                .insert(key.clone().into_owned(), value.into_owned())
                .is_some()
            {
                return Err(ConfigError::new(format!(
                    "the parameter `{key}` is given twice"
                )));
            }
        }
        let credentials = match (decoded(url.username())?, url.password()) {
            (user, None) if user.is_empty() => None,
            (user, Some(password)) if !user.is_empty() => Some((user, Secret(decoded(password)?))),
            _ => {
                return Err(ConfigError::new(
                    "give both a user and a password, or neither: //USER:PASSWORD@HOST",
                ));
            }
        };
        Ok(Settings {
            scheme: url.scheme().to_owned(),
            credentials,
            host,
            port: url.port(),
            path: url.path().to_owned(),
            parameters,
        })
    }

    /// Takes the parameter `key`, if it is given.
    pub(super) fn take(&mut self, key: &str) -> Option<String> {
        self.parameters.remove(key)
    }

    /// Takes the parameter `key`; `example` shows how it is written.
    pub(super) fn require(&mut self, key: &str, example: &str) -> Result<String, ConfigError> {
        let value = self.take(key).filter(|value| !value.is_empty());
        value.ok_or_else(|| {
            ConfigError::new(format!(
                "the parameter `{key}` is missing: add {key}={example}"
            ))
        })
    }

    /// Takes `timeout_seconds`: the longest time one attempt may take.
    pub(super) fn timeout(&mut self) -> Result<Duration, ConfigError> {
        let Some(text) = self.take("timeout_seconds") else {
            return Ok(Duration::from_secs(TIMEOUT_SECONDS_DEFAULT));
        };
        let seconds = text
            .parse()
            .ok()
            .filter(|seconds| (1..=TIMEOUT_SECONDS_MAX).contains(seconds));
        seconds.map(Duration::from_secs).ok_or_else(|| {
            ConfigError::new(format!(
                "timeout_seconds is a whole number from 1 to {TIMEOUT_SECONDS_MAX}"
            ))
        })
    }

    /// Refuses what has not been taken; `known` lists the parameters there are.
    pub(super) fn finish(self, known: &str) -> Result<(), ConfigError> {
        match self.parameters.into_keys().next() {
            Some(key) => Err(ConfigError::new(format!(
                "unknown parameter `{key}`; there are {known}"
            ))),
            None => Ok(()),
        }
    }
}

fn decoded(text: &str) -> Result<String, ConfigError> {
    let decoded = percent_decode_str(text).decode_utf8();
    match decoded {
        Ok(decoded) if !decoded.chars().any(char::is_control) => Ok(decoded.into_owned()),
        Ok(_) | Err(_) => Err(ConfigError::new(
            "user and password must be UTF-8 text without control characters",
        )),
    }
}
