//! The file format of a template: how it is read, and where its faults are.

use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use super::{Channel, Piece, Placeholder, Template, TemplateError};

/// Longest template file accepted, in bytes.
const TEMPLATE_BYTES_MAX: usize = 64 * 1024;

/// Most edits between an unknown placeholder and the one that was probably meant.
const HINT_EDITS_MAX: usize = 2;

/// The line that opens and closes the head of a template file.
const FENCE: &str = "+++";

/// The head of a template file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    id: Spanned<String>,
    channel: Channel,
    language: Spanned<String>,
    subject: Option<Spanned<String>>,
    signature: Option<Spanned<String>>,
}

/// A fault at a byte of the template file.
struct Fault {
    offset: usize,
    problem: String,
}

impl Fault {
    fn new(offset: usize, problem: impl Into<String>) -> Self {
        Fault {
            offset,
            problem: problem.into(),
        }
    }

    fn locate(self, text: &str) -> TemplateError {
        let before = text.get(..self.offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        TemplateError::File {
            line: before.matches('\n').count() + 1,
            column: before
                .get(line_start..)
                .map_or(0, |line| line.chars().count())
                + 1,
            problem: self.problem,
        }
    }
}

/// Reads and checks a template file.
pub(super) fn parse(text: &str) -> Result<Template, TemplateError> {
    read(text).map_err(|fault| fault.locate(text))
}

fn read(text: &str) -> Result<Template, Fault> {
    if text.len() > TEMPLATE_BYTES_MAX {
        let problem = format!("the file is longer than {TEMPLATE_BYTES_MAX} bytes; shorten it");
        return Err(Fault::new(0, problem));
    }
    let (head_range, body_start) = split(text)?;
    let head_start = head_range.start;
    let head: Head =
        toml::from_str(text.get(head_range.clone()).unwrap_or_default()).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            Fault::new(
                head_start + offset,
                format!("in the head: {}", error.message().trim()),
            )
        })?;
    let at = |span: Range<usize>| head_start + span.start;

    check_word(&head.id, "id", "limited-offer")
        .map_err(|problem| Fault::new(at(head.id.span()), problem))?;
    check_word(&head.language, "language", "en")
        .map_err(|problem| Fault::new(at(head.language.span()), problem))?;
    let (subject, signature) = head_texts(text, head_start, &head)?;
    let body = body(text, body_start)?;
    Ok(Template {
        id: head.id.into_inner(),
        channel: head.channel,
        language: head.language.into_inner(),
        subject,
        signature,
        body,
    })
}

/// Finds the head between the fences; gives its bytes and where the body begins.
fn split(text: &str) -> Result<(Range<usize>, usize), Fault> {
    let mut offset = 0;
    let mut head_start = None;
    for line in text.split_inclusive('\n') {
        let fence = line.trim_end() == FENCE;
        let next = offset + line.len();
        match (head_start, fence) {
            (None, true) => head_start = Some(next),
            (None, false) => break,
            (Some(start), true) => return Ok((start..offset, next)),
            (Some(_), false) => {}
        }
        offset = next;
    }
    Err(match head_start {
        None => Fault::new(
            0,
            "the first line must be `+++`, opening the head with id, channel and language",
        ),
        Some(_) => Fault::new(
            text.len(),
            "the head is not closed: put a line `+++` between head and body",
        ),
    })
}

/// Ids and language tags are one word, because they become file names and record keys.
fn check_word(value: &Spanned<String>, key: &str, example: &str) -> Result<(), String> {
    let value = value.get_ref();
    let one_word = value.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if (1..=64).contains(&value.len()) && one_word {
        return Ok(());
    }
    Err(format!(
        "`{key}` must be 1 to 64 letters, digits or hyphens, such as \"{example}\"; found {value:?}"
    ))
}

type HeadTexts = (Option<Vec<Piece>>, Option<Vec<Piece>>);

/// The subject and the signature, each allowed in one channel only.
fn head_texts(text: &str, head_start: usize, head: &Head) -> Result<HeadTexts, Fault> {
    let subject = match (&head.subject, head.channel) {
        (Some(subject), Channel::Email) => Some(head_pieces(text, head_start, subject)?),
        (None, Channel::Sms) => None,
        (Some(subject), Channel::Sms) => {
            return Err(Fault::new(
                head_start + subject.span().start,
                "an SMS has no subject: remove the line, or set channel = \"email\"",
            ));
        }
        (None, Channel::Email) => {
            return Err(Fault::new(
                head_start,
                "an e-mail needs a subject: add subject = \"…\" to the head",
            ));
        }
    };
    let Some(written) = &head.signature else {
        return Ok((subject, None));
    };
    let at = head_start + written.span().start;
    if head.channel == Channel::Email {
        return Err(Fault::new(
            at,
            "a signature 【…】 belongs to an SMS: remove the line",
        ));
    }
    let inner = written
        .get_ref()
        .strip_prefix('【')
        .and_then(|rest| rest.strip_suffix('】'));
    if inner.is_none_or(|inner| inner.trim().is_empty() || inner.contains(['【', '】'])) {
        return Err(Fault::new(
            at,
            "a signature is one name in brackets, as the operator approved it: 【…】",
        ));
    }
    let signature = head_pieces(text, head_start, written)?;
    let fixed = |piece: &Piece| matches!(piece, Piece::Text(_) | Piece::Value(Placeholder::Brand));
    if !signature.iter().all(fixed) {
        return Err(Fault::new(
            at,
            "a signature is the same for everybody: {brand} is the only placeholder allowed in it",
        ));
    }
    Ok((subject, Some(signature)))
}

/// Splits a text of the head into pieces, finding faults where they stand in the file.
fn head_pieces(
    text: &str,
    head_start: usize,
    value: &Spanned<String>,
) -> Result<Vec<Piece>, Fault> {
    let span = value.span();
    let start = head_start + span.start;
    let decoded = value.get_ref();
    if decoded.trim().is_empty() || decoded.chars().any(char::is_control) {
        return Err(Fault::new(start, "write one line of text here"));
    }
    // Inside a string with escapes the columns of the file and of the text differ; such a
    // fault is shown at the string's beginning.
    let written = text.get(start..head_start + span.end).unwrap_or_default();
    let quoted = written.get(1..1 + decoded.len()) == Some(decoded.as_str());
    pieces(decoded).map_err(|fault| Fault {
        offset: if quoted {
            start + 1 + fault.offset
        } else {
            start
        },
        ..fault
    })
}

fn body(text: &str, body_start: usize) -> Result<Vec<Piece>, Fault> {
    let written = text.get(body_start..).unwrap_or_default();
    let skipped = written.len() - written.trim_start().len();
    let source = written.trim();
    if source.is_empty() {
        return Err(Fault::new(
            body_start,
            "the body is empty: write the message below the head",
        ));
    }
    let start = body_start + skipped;
    let body = pieces(source).map_err(|fault| Fault {
        offset: start + fault.offset,
        ..fault
    })?;
    if !body.contains(&Piece::Value(Placeholder::Unsubscribe)) {
        return Err(Fault::new(
            start,
            "the body must contain {unsubscribe}: a person must be able to leave with the first message",
        ));
    }
    Ok(body)
}

/// Splits `source` at its placeholders; a fault's offset counts from the start of `source`.
fn pieces(source: &str) -> Result<Vec<Piece>, Fault> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut rest = source;
    while let Some(at) = rest.find(['{', '}']) {
        let offset = source.len() - rest.len() + at;
        let (before, brace) = rest.split_at(at);
        text.push_str(before);
        if let Some(after) = brace.strip_prefix("{{") {
            text.push('{');
            rest = after;
        } else if let Some(after) = brace.strip_prefix("}}") {
            text.push('}');
            rest = after;
        } else {
            let (placeholder, after) = placeholder(brace, offset)?;
            if !text.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut text).replace("\r\n", "\n")));
            }
            pieces.push(Piece::Value(placeholder));
            rest = after;
        }
    }
    text.push_str(rest);
    if !text.is_empty() {
        pieces.push(Piece::Text(text.replace("\r\n", "\n")));
    }
    Ok(pieces)
}

/// Reads the placeholder `source` begins with; gives it and what follows.
fn placeholder(source: &str, offset: usize) -> Result<(Placeholder, &str), Fault> {
    let Some(inside) = source.strip_prefix('{') else {
        return Err(Fault::new(
            offset,
            "this `}` closes nothing; write `}}` for a literal brace",
        ));
    };
    let named = inside
        .split_once('}')
        .filter(|(name, _)| !name.contains(['{', '\n']));
    let Some((name, after)) = named else {
        return Err(Fault::new(
            offset,
            "this `{` is not closed on its line; close it, or write `{{` for a literal brace",
        ));
    };
    match Placeholder::named(name) {
        Some(placeholder) => Ok((placeholder, after)),
        None => Err(Fault::new(offset, unknown_placeholder(name))),
    }
}

fn unknown_placeholder(name: &str) -> String {
    let lower = name.trim().to_lowercase();
    let allowed = Placeholder::ALL.map(|known| known.to_string()).join(" ");
    let closest = Placeholder::ALL
        .into_iter()
        .map(|known| {
            let abbreviated = lower.len() >= 2 && known.as_str().starts_with(&lower);
            (
                if abbreviated {
                    1
                } else {
                    edits(&lower, known.as_str())
                },
                known,
            )
        })
        .filter(|(distance, _)| *distance <= HINT_EDITS_MAX)
        .min_by_key(|(distance, _)| *distance);
    match closest {
        Some((_, known)) => {
            format!("unknown placeholder {{{name}}}: did you mean {known}? Allowed: {allowed}")
        }
        None => format!("unknown placeholder {{{name}}}. Allowed: {allowed}"),
    }
}

/// The Levenshtein distance: insertions, deletions and substitutions between two words.
fn edits(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (line, left_char) in from.chars().enumerate() {
        let mut left = line + 1;
        let mut next = vec![left];
        let above = row.iter().zip(row.iter().skip(1));
        for (right_char, (diagonal, over)) in to.chars().zip(above) {
            let changed = usize::from(left_char != right_char);
            left = (diagonal + changed).min(left + 1).min(over + 1);
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "+++\nid = \"t\"\nchannel = \"sms\"\nlanguage = \"en\"\n+++\n";

    fn refusal(text: &str) -> String {
        parse(text).unwrap_err().to_string()
    }

    #[test]
    fn an_unknown_placeholder_is_refused_where_it_stands_with_the_one_probably_meant() {
        assert_eq!(
            refusal(&format!("{HEAD}Stop: {{unsubscribe}}\n您好 {{nmae}}")),
            "7:4: unknown placeholder {nmae}: did you mean {name}? \
             Allowed: {name} {code} {link} {unsubscribe} {offer} {until} {brand}"
        );
    }

    #[test]
    fn an_abbreviation_or_another_case_is_recognised() {
        assert!(refusal(&format!("{HEAD}{{unsub}}")).contains("did you mean {unsubscribe}?"));
        assert!(refusal(&format!("{HEAD}{{ Brand }}")).contains("did you mean {brand}?"));
        assert!(!refusal(&format!("{HEAD}{{balance}}")).contains("did you mean"));
    }

    #[test]
    fn a_fault_in_the_subject_is_found_in_the_subject() {
        let file = |subject: &str| {
            format!(
                "+++\nid = \"t\"\nchannel = \"email\"\nlanguage = \"zh\"\nsubject = {subject}\n+++\n{{unsubscribe}}"
            )
        };
        assert!(refusal(&file("\"您好 {offr}\"")).starts_with("5:15: unknown placeholder {offr}"));
        assert!(
            refusal(&file("\"\\u4f60 {offr}\"")).starts_with("5:11: unknown placeholder {offr}")
        );
        assert_eq!(
            refusal(&file("\"a\\nBcc: b\"")),
            "5:11: write one line of text here"
        );
    }

    #[test]
    fn a_message_nobody_can_leave_is_refused_in_both_channels() {
        let expected = "6:1: the body must contain {unsubscribe}: a person must be able to leave with the first message";
        assert_eq!(refusal(&format!("{HEAD}Hi {{name}}")), expected);
        let email = HEAD
            .replace("\"sms\"", "\"email\"")
            .replace("+++\nid", "+++\nsubject = \"s\"\nid");
        assert_eq!(
            refusal(&format!("{email}Hi {{name}}")),
            expected.replace("6:1", "7:1")
        );
    }

    #[test]
    fn braces_that_do_not_match_are_refused_where_they_stand() {
        assert!(
            refusal(&format!("{HEAD}a }} {{unsubscribe}}"))
                .starts_with("6:3: this `}` closes nothing")
        );
        assert!(
            refusal(&format!("{HEAD}a {{name\n}} {{unsubscribe}}"))
                .starts_with("6:3: this `{` is not closed")
        );
        assert!(
            refusal(&format!("{HEAD}a {{name {{unsubscribe}}"))
                .starts_with("6:3: this `{` is not closed")
        );
    }

    #[test]
    fn a_fault_of_the_head_is_found_in_the_file() {
        let cases = [
            ("Hello", "1:1: the first line must be `+++`"),
            ("+++\nid = \"t\"\n", "3:1: the head is not closed"),
            ("+++\nid = t\n+++\n", "2:6: in the head: "),
            (
                &HEAD.replace("\"sms\"", "\"mms\""),
                "3:11: in the head: unknown variant `mms`, expected `sms` or `email`",
            ),
            (
                &HEAD.replace("language", "lang"),
                "4:1: in the head: unknown field `lang`",
            ),
            (
                &HEAD.replace("id = \"t\"\n", ""),
                "2:1: in the head: missing field `id`",
            ),
            (
                &HEAD.replace("\"t\"", "\"a b\""),
                "2:6: `id` must be 1 to 64 letters, digits or hyphens",
            ),
            (HEAD, "6:1: the body is empty"),
        ];
        for (text, expected) in cases {
            let found = refusal(text);
            assert!(found.starts_with(expected), "{found} instead of {expected}");
        }
    }

    #[test]
    fn subjects_belong_to_email_and_signatures_to_sms() {
        let with =
            |line: &str| HEAD.replace("+++\nid", &format!("+++\n{line}\nid")) + "{unsubscribe}";
        let cases = [
            (with("subject = \"s\""), "2:11: an SMS has no subject"),
            (
                with("signature = \"Acme\""),
                "2:13: a signature is one name in brackets",
            ),
            (
                with("signature = \"【】\""),
                "2:13: a signature is one name in brackets",
            ),
            (
                with("signature = \"【{name}】\""),
                "2:13: a signature is the same for everybody",
            ),
            (
                HEAD.replace("\"sms\"", "\"email\"") + "{unsubscribe}",
                "2:1: an e-mail needs a subject",
            ),
            (
                with("subject = \"s\"\nsignature = \"【A】\"").replace("\"sms\"", "\"email\""),
                "3:13: a signature 【…】 belongs to an SMS",
            ),
        ];
        for (text, expected) in cases {
            let found = refusal(&text);
            assert!(found.starts_with(expected), "{found} instead of {expected}");
        }
    }

    #[test]
    fn a_file_with_windows_line_ends_means_the_same() {
        let unix = format!("{HEAD}Hi {{name}},\nwelcome.\n\n{{unsubscribe}}\n");
        assert_eq!(parse(&unix.replace('\n', "\r\n")), parse(&unix));
    }
}
