//! The settings of an SMTP server.

use std::fmt;
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::transport::smtp::client::{Certificate, TlsParameters};
use lettre::transport::smtp::{SMTP_PORT, SUBMISSION_PORT, SUBMISSIONS_PORT};

use crate::dispatch::providers::Secret;
use crate::dispatch::providers::config::{ConfigError, Settings};

/// How an SMTP server is reached.
#[derive(Debug, Clone)]
pub struct Config {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) security: Security,
    pub(super) credentials: Option<(String, Secret)>,
    pub(super) from: Mailbox,
    pub(super) timeout: Duration,
}

#[derive(Clone)]
pub(super) enum Security {
    /// TLS from the first byte.
    Tls(TlsParameters),
    /// TLS by STARTTLS before anything else is said; a server without it is refused.
    StartTls(TlsParameters),
    /// No encryption.
    Plain,
}

/// The settings of TLS are long and say nothing that is not in the configuration.
impl fmt::Debug for Security {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Security::Tls(_) => "Tls",
            Security::StartTls(_) => "StartTls",
            Security::Plain => "Plain",
        })
    }
}

impl Config {
    pub(in crate::dispatch::providers) fn from_settings(
        mut settings: Settings,
    ) -> Result<Config, ConfigError> {
        let from = settings.require("from", "Brand <news@brand.example>")?;
        let from: Mailbox = from.parse().map_err(|error| {
            ConfigError::new(format!(
                "the parameter `from` must be a mailbox such as Brand <news@brand.example>: {error}"
            ))
        })?;
        if !AsRef::<str>::as_ref(&from.email).is_ascii() {
            return Err(ConfigError::new(
                "the address in `from` must be ASCII; write the domain in its xn-- form",
            ));
        }
        let (security, port) = security(&mut settings)?;
        let local = matches!(settings.host.as_str(), "localhost" | "127.0.0.1" | "::1");
        if settings.credentials.is_some() && matches!(security, Security::Plain) && !local {
            return Err(ConfigError::new(
                "a password may not cross the network unencrypted: use smtps:// or starttls=required",
            ));
        }
        if !matches!(settings.path.as_str(), "" | "/") {
            return Err(ConfigError::new(
                "an SMTP server has no path: write smtp://HOST:PORT?from=…",
            ));
        }
        let config = Config {
            host: settings.host.clone(),
            port: settings.port.unwrap_or(port),
            security,
            credentials: settings.credentials.take(),
            from,
            timeout: settings.timeout()?,
        };
        settings.finish("from, starttls, ca and timeout_seconds")?;
        Ok(config)
    }
}

/// The encryption asked for, and the port that goes with it.
fn security(settings: &mut Settings) -> Result<(Security, u16), ConfigError> {
    let tls = settings.scheme == "smtps";
    let starttls = settings.take("starttls");
    let authority = settings.take("ca");
    let parameters = |authority: Option<String>| tls_parameters(&settings.host, authority);
    match (tls, starttls.as_deref()) {
        (true, None) => Ok((Security::Tls(parameters(authority)?), SUBMISSIONS_PORT)),
        (true, Some(_)) => Err(ConfigError::new(
            "smtps:// is encrypted from the first byte: remove `starttls`",
        )),
        (false, None | Some("required")) => {
            Ok((Security::StartTls(parameters(authority)?), SUBMISSION_PORT))
        }
        (false, Some("never")) if authority.is_none() => Ok((Security::Plain, SMTP_PORT)),
        (false, Some("never")) => Err(ConfigError::new(
            "`ca` has no use with starttls=never: remove one of them",
        )),
        (false, Some(_)) => Err(ConfigError::new(
            "the parameter `starttls` is `required` (as without it) or `never`",
        )),
    }
}

/// TLS that verifies the server against the public authorities and the one in the PEM file
/// `authority`.
fn tls_parameters(host: &str, authority: Option<String>) -> Result<TlsParameters, ConfigError> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(file) = authority {
        let problem = |error: String| {
            ConfigError::new(format!(
                "the certificates of `ca={file}` cannot be used: {error}"
            ))
        };
        let pem = std::fs::read(&file).map_err(|error| problem(error.to_string()))?;
        let certificate =
            Certificate::from_pem(&pem).map_err(|error| problem(error.to_string()))?;
        builder = builder.add_root_certificate(certificate);
    }
    builder
        .build_rustls()
        .map_err(|error| ConfigError::new(format!("TLS cannot be set up: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispatch::providers::Config;

    fn refused(text: &str) -> String {
        text.parse::<Config>().unwrap_err().to_string()
    }

    #[test]
    fn settings_are_read_and_passwords_never_shown() {
        let text = "smtp://news%40brand.example:p%40ss%2Fword@[::1]:2525\
                    ?from=Acme+%E5%93%81%E7%89%8C+<news@brand.example>&starttls=never&timeout_seconds=5";
        let Config::Smtp(config) = text.parse().unwrap() else {
            panic!("not an SMTP configuration");
        };
        assert_eq!((config.host.as_str(), config.port), ("::1", 2525));
        assert_eq!(config.from.to_string(), "Acme 品牌 <news@brand.example>");
        assert_eq!(config.timeout, Duration::from_secs(5));
        let (user, password) = config.credentials.as_ref().unwrap();
        assert_eq!(
            (user.as_str(), password.expose()),
            ("news@brand.example", "p@ss/word")
        );
        assert!(!format!("{config:?}").contains("p@ss"));
    }

    #[test]
    fn the_port_follows_the_encryption() {
        let port = |text: &str| match text.parse().unwrap() {
            Config::Smtp(config) => config.port,
            Config::Outbox(_) | Config::Kannel(_) => 0,
        };
        assert_eq!(port("smtps://mail.example?from=a@b.example"), 465);
        assert_eq!(port("smtp://mail.example?from=a@b.example"), 587);
        assert_eq!(
            port("smtp://mail.example?from=a@b.example&starttls=never"),
            25
        );
    }

    #[test]
    fn wrong_settings_are_named() {
        let cases = [
            ("smtp://mail.example", "the parameter `from` is missing"),
            (
                "smtp://mail.example?from=nobody",
                "the parameter `from` must be a mailbox",
            ),
            (
                "smtp://mail.example?from=a@b.example&starttls=maybe",
                "the parameter `starttls` is",
            ),
            (
                "smtps://mail.example?from=a@b.example&starttls=never",
                "smtps:// is encrypted",
            ),
            (
                "smtp://u:p@mail.example?from=a@b.example&starttls=never",
                "a password may not cross",
            ),
            (
                "smtp://u@mail.example?from=a@b.example",
                "give both a user and a password",
            ),
            (
                "smtp://mail.example/x?from=a@b.example",
                "an SMTP server has no path",
            ),
            (
                "smtp://mail.example?from=a@b.example&ca=/no/such.pem",
                "the certificates of `ca=/no/such.pem`",
            ),
            (
                "smtp://mail.example?from=a@b.example&form=x",
                "unknown parameter `form`; there are from,",
            ),
            (
                "smtp://mail.example?from=a@b.example&from=c@d.example",
                "the parameter `from` is given twice",
            ),
            (
                "smtp://mail.example?from=a@b.example&timeout_seconds=0",
                "timeout_seconds is a whole number",
            ),
            (
                "smtp://?from=a@b.example",
                "the provider's URL names no host",
            ),
            (
                "smtp://mail.example:99999?from=a@b.example",
                "the provider's URL: invalid port number",
            ),
        ];
        for (text, expected) in cases {
            let found = refused(text);
            assert!(found.starts_with(expected), "{found} instead of {expected}");
        }
    }
}
