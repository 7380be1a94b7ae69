//! SMS through a Kannel gateway: its `sendsms` HTTP interface and its delivery reports.
//!
//! Kannel's answer carries no message id, so a report is matched by the attempt id that
//! stands in its callback address. The path of that address holds a secret token, because
//! Kannel signs nothing.

mod report;

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ureq::http::Response;
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{ConnectionDetails, Connector, DefaultConnector, Transport};
use ureq::{Agent, Body};
use url::Url;

use super::config::{ConfigError, Settings};
use super::{Outcome, Outgoing, Provider, Secret, is_token, refuse_unfit, without_recipient};
use crate::dispatch::message::{Channel, Encoding, segments};

pub use report::{ReportError, parse_delivery_report};

/// Where Kannel listens for messages unless the configuration says otherwise.
const PATH_DEFAULT: &str = "/cgi-bin/sendsms";

/// Every report Kannel can send: delivered 1, failed 2, buffered 4, accepted 8, rejected 16.
const REPORTS_WANTED: &str = "31";

/// Kannel's words, with status 503, for a message its core refused to store.
const NOT_STORED: &str = "Temporal failure";

/// Most bytes of an answer that are read.
const ANSWER_BYTES_MAX: u64 = 1024;

/// Shortest callback token: 16 characters of 64 kinds cannot be guessed.
const TOKEN_CHARS_MIN: usize = 16;

/// How a Kannel gateway is reached.
#[derive(Debug, Clone)]
pub struct Config {
    endpoint: String,
    user: String,
    password: Secret,
    sender: Option<String>,
    callback: String,
    token: Secret,
    timeout: Duration,
}

impl Config {
    pub(super) fn from_settings(mut settings: Settings) -> Result<Config, ConfigError> {
        let callback = callback(&settings.require("callback", "https://HOST/PATH")?)?;
        let token = settings.require("token", "a-long-random-word")?;
        if !is_token(&token) || token.len() < TOKEN_CHARS_MIN {
            return Err(ConfigError::new(format!(
                "the parameter `token` must be at least {TOKEN_CHARS_MIN} letters, digits, hyphens or underscores"
            )));
        }
        let sender = settings.take("from");
        let fits = |sender: &String| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b" +-._".contains(&byte);
            (1..=20).contains(&sender.len()) && sender.bytes().all(plain)
        };
        if sender.as_ref().is_some_and(|sender| !fits(sender)) {
            return Err(ConfigError::new(
                "the parameter `from` must be a number or a name of at most 20 plain characters",
            ));
        }
        let timeout = settings.timeout()?;
        let Some((user, password)) = settings.credentials.take() else {
            return Err(ConfigError::new(
                "Kannel needs a user and a password: kannel+http://USER:PASSWORD@HOST",
            ));
        };
        let host = if settings.host.contains(':') {
            format!("[{}]", settings.host)
        } else {
            settings.host.clone()
        };
        let port = settings
            .port
            .map_or(String::new(), |port| format!(":{port}"));
        let path = if settings.path == "/" {
            PATH_DEFAULT
        } else {
            &settings.path
        };
        let endpoint = format!("{}://{host}{port}{path}", settings.scheme);
        settings.finish("callback, token, from and timeout_seconds")?;
        Ok(Config {
            endpoint,
            user,
            password,
            sender,
            callback,
            token: Secret(token),
            timeout,
        })
    }

    pub(super) fn token(&self) -> &Secret {
        &self.token
    }

    /// The address Kannel reports to; it fills in what begins with `%`.
    fn report_url(&self, attempt_id: &str) -> String {
        let (callback, token) = (&self.callback, self.token.expose());
        format!("{callback}/{token}?attempt={attempt_id}&st=%d&ref=%F&reply=%A")
    }
}

/// Checks the part of the callback address before the token.
fn callback(text: &str) -> Result<String, ConfigError> {
    let plain = |url: &Url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none()
    };
    let url = Url::parse(text).ok().filter(plain);
    // Kannel reads `%` as the start of a field of its own.
    match url.filter(|url| !url.as_str().contains('%')) {
        Some(url) => Ok(url.as_str().trim_end_matches('/').to_owned()),
        None => Err(ConfigError::new(
            "the parameter `callback` must be an http:// or https:// address without query, user or `%`",
        )),
    }
}

/// Hands messages to a Kannel gateway, each on a connection of its own.
///
/// Kannel closes every connection after its answer, so keeping one would gain nothing and
/// could lose a message to a connection that died while idle. No proxy is used, no redirect
/// followed and nothing repeated: one call sends at most one request.
pub struct Kannel {
    config: Config,
    http: ureq::config::Config,
}

impl Kannel {
    /// A client of the configured gateway.
    pub fn new(config: &Config) -> Self {
        let http = Agent::config_builder()
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .timeout_global(Some(config.timeout))
            .user_agent(concat!("vouchsafe/", env!("CARGO_PKG_VERSION")))
            .build();
        Kannel {
            config: config.clone(),
            http,
        }
    }
}

/// Notes that the connection stands and a request may follow, so that a failure before
/// this point is certainly no message sent.
#[derive(Debug)]
struct MarkConnected(Arc<AtomicBool>);

impl<In: Transport> Connector<In> for MarkConnected {
    type Out = In;

    fn connect(
        &self,
        _: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<In>, ureq::Error> {
        self.0.store(true, Ordering::SeqCst);
        Ok(chained)
    }
}

impl Provider for Kannel {
    fn name(&self) -> &'static str {
        "kannel"
    }

    fn send(&self, message: &Outgoing<'_>) -> Outcome {
        if let Err(refusal) = refuse_unfit(message, &[Channel::Sms]) {
            return refusal;
        }
        // Kannel reads a blank as the end of one number and the start of the next.
        if !is_phone_number(message.to) {
            return Outcome::rejected(
                "bad-recipient",
                "a phone number is 5 to 15 digits with an optional `+`",
            );
        }
        let text = &message.rendered.body;
        if text.is_empty() {
            return Outcome::rejected("bad-message", "the message is empty");
        }
        let coding = match segments(text).encoding {
            Encoding::Gsm7 => "0",
            Encoding::Ucs2 => "2",
        };
        let connected = Arc::new(AtomicBool::new(false));
        let connector = DefaultConnector::default().chain(MarkConnected(Arc::clone(&connected)));
        // An agent of its own keeps the mark, and the connection, to this one message.
        let agent = Agent::with_parts(self.http.clone(), connector, DefaultResolver::default());
        let mut request = agent
            .get(&self.config.endpoint)
            .query("username", &self.config.user)
            .query("password", self.config.password.expose())
            .query("to", message.to)
            .query("coding", coding)
            .query("charset", "UTF-8")
            .query("text", text)
            .query("dlr-mask", REPORTS_WANTED)
            .query("dlr-url", self.config.report_url(message.attempt_id));
        if let Some(sender) = &self.config.sender {
            request = request.query("from", sender);
        }
        match request.call() {
            Ok(response) => judge(response, message.to),
            Err(error) if connected.load(Ordering::SeqCst) => Outcome::unknown(format!(
                "no answer from the gateway: {}",
                cause(&error, message.to)
            )),
            Err(error) => {
                let reason = format!("the gateway was not reached: {}", cause(&error, message.to));
                Outcome::rejected("not-connected", reason)
            }
        }
    }
}

fn is_phone_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    (5..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// What an answer means: 202 is acceptance, 4xx and Kannel's own 503 are refusals; anything
/// else does not come from Kannel, and the message may be on its way behind it.
fn judge(mut response: Response<Body>, to: &str) -> Outcome {
    let status = response.status().as_u16();
    if status == 202 {
        return Outcome::Accepted { provider_ref: None };
    }
    let body = response
        .body_mut()
        .with_config()
        .limit(ANSWER_BYTES_MAX)
        .lossy_utf8(true)
        .read_to_string();
    let said = body.map_or(String::new(), |body| without_recipient(&body, to));
    if (400..500).contains(&status) || (status == 503 && said.starts_with(NOT_STORED)) {
        return Outcome::rejected(
            &format!("http {status}"),
            format!("the gateway refused the message: {said}"),
        );
    }
    Outcome::unknown(format!(
        "the gateway answered {status}, which Kannel does not: {said}"
    ))
}

/// Why a call failed. Only the kinds of error that cannot quote the request are shown, as
/// the request holds the number and the password.
fn cause(error: &ureq::Error, to: &str) -> Cow<'static, str> {
    if let ureq::Error::Io(error) = error {
        return match error.raw_os_error() {
            Some(_) => error.kind().to_string().into(),
            None => without_recipient(&error.to_string(), to).into(),
        };
    }
    if matches!(error, ureq::Error::Timeout(_)) {
        "timed out".into()
    } else if matches!(error, ureq::Error::HostNotFound) {
        "its host name is unknown".into()
    } else if matches!(error, ureq::Error::Protocol(_)) {
        "what came back is not HTTP".into()
    } else {
        "the connection failed".into()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::*;

    const GOOD: &str = "kannel+http://camp:p%40ss@127.0.0.1:13013/cgi-bin/sendsms\
        ?callback=https://vouchsafe.example/hooks/kannel/&token=Zx81-Zx81-Zx81-Zx81&from=10690000";

    fn kannel(text: &str) -> super::Config {
        match text.parse().unwrap() {
            Config::Kannel(config) => config,
            Config::Outbox(_) | Config::Smtp(_) => panic!("not a Kannel configuration"),
        }
    }

    #[test]
    fn settings_are_read_and_secrets_never_shown() {
        let config = kannel(GOOD);
        assert_eq!(config.endpoint, "http://127.0.0.1:13013/cgi-bin/sendsms");
        assert_eq!(
            (config.user.as_str(), config.password.expose()),
            ("camp", "p@ss")
        );
        assert_eq!(config.sender.as_deref(), Some("10690000"));
        assert_eq!(
            config.report_url("a-1"),
            "https://vouchsafe.example/hooks/kannel/Zx81-Zx81-Zx81-Zx81?attempt=a-1&st=%d&ref=%F&reply=%A"
        );
        let shown = format!("{:?}", Config::Kannel(config));
        assert!(
            !shown.contains("p@ss") && !shown.contains("Zx81"),
            "{shown}"
        );
    }

    #[test]
    fn the_token_of_a_report_can_be_checked() {
        let config: Config = GOOD.parse().unwrap();
        assert!(
            config
                .callback_token()
                .unwrap()
                .matches("Zx81-Zx81-Zx81-Zx81")
        );
        assert!(
            "outbox:outbox"
                .parse::<Config>()
                .unwrap()
                .callback_token()
                .is_none()
        );
    }

    #[test]
    fn the_usual_path_is_filled_in_and_an_ipv6_host_kept_in_brackets() {
        let text = GOOD.replace("127.0.0.1:13013/cgi-bin/sendsms", "[::1]");
        assert_eq!(kannel(&text).endpoint, "http://[::1]/cgi-bin/sendsms");
        let text = GOOD.replace("kannel+http:", "kannel+https:");
        assert_eq!(
            kannel(&text).endpoint,
            "https://127.0.0.1:13013/cgi-bin/sendsms"
        );
    }

    #[test]
    fn wrong_settings_are_named_without_repeating_a_secret() {
        let cases = [
            (
                GOOD.replace("camp:p%40ss@", ""),
                "Kannel needs a user and a password",
            ),
            (
                GOOD.replace("callback=", "callbck="),
                "the parameter `callback` is missing",
            ),
            (
                GOOD.replace("kannel/&", "kannel/%2525&"),
                "the parameter `callback` must be",
            ),
            (
                GOOD.replace("callback=https", "callback=ftp"),
                "the parameter `callback` must be",
            ),
            (
                GOOD.replace("Zx81-Zx81-Zx81-Zx81", "Zx81"),
                "the parameter `token` must be at least 16",
            ),
            (
                GOOD.replace("10690000", "x%0Ay"),
                "the parameter `from` must be",
            ),
            (
                format!("{GOOD}&smsc=a"),
                "unknown parameter `smsc`; there are callback,",
            ),
            (format!("{GOOD}#x"), "the provider's URL holds a `#`"),
            (
                "twilio://x".to_owned(),
                "a provider is written outbox:DIRECTORY",
            ),
            ("outbox:".to_owned(), "outbox: needs a directory"),
        ];
        for (text, expected) in cases {
            let found = text.parse::<Config>().unwrap_err().to_string();
            assert!(found.starts_with(expected), "{found} instead of {expected}");
            assert!(
                !found.contains("Zx81") && !found.contains("p@ss"),
                "{found}"
            );
        }
    }

    #[test]
    fn only_one_plain_number_is_a_recipient() {
        assert!(is_phone_number("+8613900000001") && is_phone_number("13900000001"));
        let several = ["13900000001,13900000002", "13900000001 13900000002"];
        let others = [
            "",
            "+",
            "1390",
            "139 0000 0001",
            "1390000000a",
            "+139000000012345678",
        ];
        for text in several.into_iter().chain(others) {
            assert!(!is_phone_number(text), "{text}");
        }
    }
}
