//! Message templates: what a campaign says, in one channel and one language.
//!
//! A template is a small text file: a TOML head between two lines of `+++`, then the body.
//!
//! ```text
//! +++
//! id = "limited-offer"
//! channel = "sms"
//! language = "en"
//! +++
//! {brand}: {offer} until {until}: {link} Stop: {unsubscribe}
//! ```
//!
//! `{{` and `}}` write a literal brace. Every template must carry `{unsubscribe}`, because
//! a person must be able to leave with the very first message. This module is pure.

mod file;
mod segments;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

pub use segments::{Encoding, SegmentCount, segments};
use serde::Deserialize;

/// Most parts one SMS may have. Gateways cut off what exceeds their own limit without a
/// word (Kannel's `max-messages` is commonly 10), so a longer text is refused here.
const SMS_PARTS_MAX: usize = 10;

/// The way a message travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// A text message to a phone number.
    Sms,
    /// An e-mail.
    Email,
}

impl Channel {
    /// The name used in template files: `sms` or `email`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Channel::Sms => "sms",
            Channel::Email => "email",
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A place in a template that is filled in for each person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Placeholder {
    /// `{name}`: what the person is called.
    Name,
    /// `{code}`: the person's own referral or offer code.
    Code,
    /// `{link}`: the link the message asks the person to open.
    Link,
    /// `{unsubscribe}`: the link that ends all further messages to the person.
    Unsubscribe,
    /// `{offer}`: the offer in one phrase.
    Offer,
    /// `{until}`: the last day of the offer, as the person reads dates.
    Until,
    /// `{brand}`: who is writing.
    Brand,
}

impl Placeholder {
    /// Every placeholder, in the order messages list them.
    pub const ALL: [Placeholder; 7] = [
        Placeholder::Name,
        Placeholder::Code,
        Placeholder::Link,
        Placeholder::Unsubscribe,
        Placeholder::Offer,
        Placeholder::Until,
        Placeholder::Brand,
    ];

    /// The name between the braces.
    pub const fn as_str(self) -> &'static str {
        match self {
            Placeholder::Name => "name",
            Placeholder::Code => "code",
            Placeholder::Link => "link",
            Placeholder::Unsubscribe => "unsubscribe",
            Placeholder::Offer => "offer",
            Placeholder::Until => "until",
            Placeholder::Brand => "brand",
        }
    }

    fn named(name: &str) -> Option<Placeholder> {
        Placeholder::ALL
            .into_iter()
            .find(|known| known.as_str() == name)
    }
}

impl fmt::Display for Placeholder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{}}}", self.as_str())
    }
}

/// Why a template cannot be used, or not for these values.
///
/// Errors of a template file begin with `line:column` (both from 1, columns in characters),
/// so that a caller can put the file's name in front. No message repeats a person's value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// Something in the template file is not as it must be.
    #[error("{line}:{column}: {problem}")]
    File {
        /// Line of the fault, from 1.
        line: usize,
        /// Column of the fault in characters, from 1.
        column: usize,
        /// What is wrong there and how to mend it.
        problem: String,
    },
    /// A placeholder of the template has no value, or an empty one.
    #[error("template `{template}` needs a value for {placeholder}, and there is none")]
    MissingValue {
        /// Id of the template.
        template: String,
        /// The placeholder without a value.
        placeholder: Placeholder,
    },
    /// A value holds a line break or another control character, which could forge a header
    /// or a line of the message.
    #[error(
        "the value of {placeholder} in template `{template}` holds a control character; \
         values are single lines of plain text"
    )]
    ControlCharacter {
        /// Id of the template.
        template: String,
        /// The placeholder with the value.
        placeholder: Placeholder,
    },
    /// The finished SMS would be cut off on its way.
    #[error(
        "template `{template}` makes an SMS of {parts} parts here; at most {parts_max} are \
         allowed: shorten the text or the links"
    )]
    TooLong {
        /// Id of the template.
        template: String,
        /// Parts the finished text has.
        parts: usize,
        /// Parts it may have.
        parts_max: usize,
    },
}

/// A checked message template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    id: String,
    channel: Channel,
    language: String,
    subject: Option<Vec<Piece>>,
    signature: Option<Vec<Piece>>,
    body: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Value(Placeholder),
}

impl Template {
    /// Reads and checks a template file.
    ///
    /// # Errors
    /// [`TemplateError::File`] with line and column if the head is missing or not as
    /// described in this module, a placeholder is unknown, a brace is not closed, the body
    /// is empty or `{unsubscribe}` is missing.
    pub fn parse(text: &str) -> Result<Template, TemplateError> {
        file::parse(text)
    }

    /// The name campaigns refer to; the same in every channel and language.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The channel the template is written for.
    pub fn channel(&self) -> Channel {
        self.channel
    }

    /// The language tag of the text, such as `en` or `zh`.
    pub fn language(&self) -> &str {
        &self.language
    }

    /// The placeholders that need a value.
    pub fn placeholders(&self) -> BTreeSet<Placeholder> {
        let optional = [&self.subject, &self.signature]
            .into_iter()
            .flatten()
            .flatten();
        optional
            .chain(&self.body)
            .filter_map(|piece| match piece {
                Piece::Value(placeholder) => Some(*placeholder),
                Piece::Text(_) => None,
            })
            .collect()
    }
}

/// What the placeholders of a template stand for in one message to one person.
#[derive(Clone, Default)]
pub struct Values(BTreeMap<Placeholder, String>);

impl Values {
    /// These values with `placeholder` set to `value`: a single line of plain text.
    #[must_use]
    pub fn with(mut self, placeholder: Placeholder, value: impl Into<String>) -> Self {
        self.0.insert(placeholder, value.into());
        self
    }
}

/// A message as one person reads it.
#[derive(Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The subject of an e-mail; `None` for an SMS.
    pub subject: Option<String>,
    /// The text; an SMS begins with its signature.
    pub body: String,
}

/// The text of a message holds names and private links, so only its length is shown.
impl fmt::Debug for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rendered")
            .field(
                "subject_chars",
                &self.subject.as_ref().map(|subject| subject.chars().count()),
            )
            .field("body_chars", &self.body.chars().count())
            .finish()
    }
}

/// Fills `template` with `values`. Braces inside a value stay as they are.
///
/// # Errors
/// [`TemplateError::MissingValue`] or [`TemplateError::ControlCharacter`] for a value that
/// is absent, blank or not a single line; [`TemplateError::TooLong`] for an SMS of more
/// than ten parts.
pub fn render(template: &Template, values: &Values) -> Result<Rendered, TemplateError> {
    let fill = |pieces: &[Piece]| fill(template, pieces, values);
    let mut body = match &template.signature {
        Some(signature) => fill(signature)?,
        None => String::new(),
    };
    body.push_str(&fill(&template.body)?);
    if template.channel == Channel::Sms {
        let parts = segments(&body).parts;
        if parts > SMS_PARTS_MAX {
            return Err(TemplateError::TooLong {
                template: template.id.clone(),
                parts,
                parts_max: SMS_PARTS_MAX,
            });
        }
    }
    let subject = template.subject.as_deref().map(fill).transpose()?;
    Ok(Rendered { subject, body })
}

fn fill(template: &Template, pieces: &[Piece], values: &Values) -> Result<String, TemplateError> {
    let mut filled = String::new();
    for piece in pieces {
        let placeholder = match piece {
            Piece::Text(text) => {
                filled.push_str(text);
                continue;
            }
            Piece::Value(placeholder) => *placeholder,
        };
        let value = values.0.get(&placeholder).map_or("", |value| value.trim());
        if value.is_empty() {
            return Err(TemplateError::MissingValue {
                template: template.id.clone(),
                placeholder,
            });
        }
        if value.chars().any(char::is_control) {
            return Err(TemplateError::ControlCharacter {
                template: template.id.clone(),
                placeholder,
            });
        }
        filled.push_str(value);
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: [&str; 4] = [
        include_str!("../../templates/messages/limited-offer.sms.zh.txt"),
        include_str!("../../templates/messages/limited-offer.sms.en.txt"),
        include_str!("../../templates/messages/limited-offer.email.en.txt"),
        include_str!("../../templates/messages/limited-offer.email.zh.txt"),
    ];

    fn values() -> Values {
        Values::default()
            .with(Placeholder::Name, "Lin")
            .with(Placeholder::Code, "K7Q2")
            .with(Placeholder::Link, "https://go.example/o/K7Q2")
            .with(Placeholder::Unsubscribe, "https://go.example/u/9fJ2")
            .with(Placeholder::Offer, "10 EUR off")
            .with(Placeholder::Until, "31 May")
            .with(Placeholder::Brand, "Acme")
    }

    fn sms(body: &str) -> Template {
        let head = "+++\nid = \"t\"\nchannel = \"sms\"\nlanguage = \"en\"\n+++\n";
        Template::parse(&format!("{head}{body}")).unwrap()
    }

    #[test]
    fn the_shipped_templates_can_be_sent_in_both_languages_and_channels() {
        let mut kinds = BTreeSet::new();
        for text in SHIPPED {
            let template = Template::parse(text).unwrap();
            let rendered = render(&template, &values()).unwrap();
            assert!(!rendered.body.contains(['{', '}']), "{}", rendered.body);
            assert!(rendered.body.contains("https://go.example/u/9fJ2"));
            assert_eq!(
                rendered.subject.is_some(),
                template.channel() == Channel::Email
            );
            kinds.insert((template.channel(), template.language().to_owned()));
        }
        assert_eq!(kinds.len(), 4);
    }

    #[test]
    fn the_shipped_english_sms_fits_one_part_and_the_chinese_one_two() {
        let parts = |text: &str| {
            let rendered = render(&Template::parse(text).unwrap(), &values()).unwrap();
            let count = segments(&rendered.body);
            (count.encoding, count.parts)
        };
        assert_eq!(parts(SHIPPED[0]), (Encoding::Ucs2, 2));
        assert_eq!(parts(SHIPPED[1]), (Encoding::Gsm7, 1));
    }

    #[test]
    fn a_chinese_sms_begins_with_its_signature() {
        let rendered = render(&Template::parse(SHIPPED[0]).unwrap(), &values()).unwrap();
        assert_eq!(
            rendered.body,
            "【Acme】Lin，10 EUR off，31 May截止。优惠码K7Q2，点击 https://go.example/o/K7Q2 领取。\
             拒收请点 https://go.example/u/9fJ2"
        );
    }

    #[test]
    fn a_template_tells_which_values_it_needs() {
        let template = sms("{{{name}}} {unsubscribe}");
        let needed = BTreeSet::from([Placeholder::Name, Placeholder::Unsubscribe]);
        assert_eq!(template.placeholders(), needed);
    }

    #[test]
    fn a_value_that_looks_like_a_placeholder_is_plain_text() {
        let values = values().with(Placeholder::Name, "{code}}");
        let rendered = render(&sms("{{{name}}} {unsubscribe}"), &values).unwrap();
        assert_eq!(rendered.body, "{{code}}} https://go.example/u/9fJ2");
    }

    #[test]
    fn a_missing_or_blank_value_stops_the_message() {
        let template = sms("Hi {name} {unsubscribe}");
        let without_name = Values::default().with(Placeholder::Unsubscribe, "https://go.example/u");
        for values in [
            without_name.clone(),
            without_name.with(Placeholder::Name, "  "),
        ] {
            assert_eq!(
                render(&template, &values).unwrap_err().to_string(),
                "template `t` needs a value for {name}, and there is none"
            );
        }
    }

    #[test]
    fn a_value_cannot_begin_a_line_of_its_own() {
        let values = values().with(Placeholder::Name, "Lin\r\nBcc: all@example.com");
        let error = render(&sms("Hi {name} {unsubscribe}"), &values).unwrap_err();
        let expected = TemplateError::ControlCharacter {
            template: "t".to_owned(),
            placeholder: Placeholder::Name,
        };
        assert_eq!(error, expected);
        assert!(!error.to_string().contains("Lin"));
    }

    #[test]
    fn an_sms_a_gateway_would_cut_off_is_refused() {
        let template = sms("{unsubscribe} {name}");
        let filler = |length: usize| values().with(Placeholder::Name, "文".repeat(length));
        let prefix = "https://go.example/u/9fJ2 ".len();
        assert!(render(&template, &filler(670 - prefix)).is_ok());
        let error = render(&template, &filler(671 - prefix)).unwrap_err();
        assert!(matches!(
            error,
            TemplateError::TooLong {
                parts: 11,
                parts_max: 10,
                ..
            }
        ));
    }

    #[test]
    fn a_rendered_message_shows_none_of_its_text_in_logs() {
        let rendered = render(&sms("Hi {name} {unsubscribe}"), &values()).unwrap();
        assert_eq!(
            format!("{rendered:?}"),
            "Rendered { subject_chars: None, body_chars: 32 }"
        );
    }
}
