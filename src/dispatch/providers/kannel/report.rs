//! Kannel's delivery reports. Pure.

use url::form_urlencoded;

use crate::dispatch::providers::{ATTEMPT_ID_CHARS_MAX, DeliveryReport, DeliveryStatus, is_token};

/// Longest query of a delivery report, in bytes.
const REPORT_BYTES_MAX: usize = 4096;

/// Longest carrier message id or error code kept, in characters.
const CARRIER_WORD_CHARS_MAX: usize = 64;

/// Why a delivery report cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// The query is longer than any report.
    #[error("the report's query is longer than {REPORT_BYTES_MAX} bytes")]
    TooLong,
    /// A parameter is missing or given twice.
    #[error("the report must give `{0}` exactly once")]
    NotOnce(&'static str),
    /// `attempt` is not an attempt id.
    #[error("`attempt` is not an attempt id: 1 to 64 letters, digits, hyphens or underscores")]
    AttemptId,
    /// `st` is none of Kannel's report types.
    #[error("`st` must be 1 delivered, 2 failed, 4 buffered, 8 accepted or 16 rejected")]
    Status,
}

/// Reads the query of a delivery report, as Kannel fills in the address it was given.
///
/// Parameters that were not asked for are ignored. `st=4` (the carrier keeps the message
/// for a phone that is off) counts as accepted.
///
/// # Errors
/// [`ReportError`] if the attempt or the type of the report cannot be told.
pub fn parse_delivery_report(query: &str) -> Result<DeliveryReport, ReportError> {
    if query.len() > REPORT_BYTES_MAX {
        return Err(ReportError::TooLong);
    }
    let once = |key: &'static str| {
        let mut values = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == key);
        match (values.next(), values.next()) {
            (Some((_, value)), None) => Ok(value.into_owned()),
            (None, _) | (Some(_), Some(_)) => Err(ReportError::NotOnce(key)),
        }
    };
    let attempt_id = once("attempt")?;
    if !is_token(&attempt_id) || attempt_id.len() > ATTEMPT_ID_CHARS_MAX {
        return Err(ReportError::AttemptId);
    }
    let status = match once("st")?.as_str() {
        "1" => DeliveryStatus::Delivered,
        "2" => DeliveryStatus::Failed,
        "4" | "8" => DeliveryStatus::Accepted,
        "16" => DeliveryStatus::Rejected,
        _ => return Err(ReportError::Status),
    };
    Ok(DeliveryReport {
        attempt_id,
        status,
        provider_ref: once("ref").ok().and_then(|word| carrier_word(&word)),
        code: once("reply").ok().and_then(|reply| carrier_code(&reply)),
    })
}

/// A carrier's id or code, if it is one short printable word.
fn carrier_word(word: &str) -> Option<String> {
    let fits = (1..=CARRIER_WORD_CHARS_MAX).contains(&word.len())
        && word.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then(|| word.to_owned())
}

/// The code in a carrier's reply: the second field of `NACK/code/text`, or `stat` and `err`
/// of an SMPP 3.4 receipt (its appendix B). The rest may quote the message and is dropped.
fn carrier_code(reply: &str) -> Option<String> {
    if let Some(rest) = reply.strip_prefix("NACK/") {
        return carrier_word(rest.split('/').next().unwrap_or_default());
    }
    // The text of the message comes last in a receipt and may imitate the fields before it.
    let receipt = reply.split("text:").next().unwrap_or_default();
    let fields = receipt.split_whitespace();
    let codes: Vec<&str> = fields
        .filter_map(|field| field.strip_prefix("stat:").or(field.strip_prefix("err:")))
        .collect();
    carrier_word(&codes.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_of_every_type_are_read() {
        let cases = [
            ("1", DeliveryStatus::Delivered),
            ("2", DeliveryStatus::Failed),
            ("4", DeliveryStatus::Accepted),
            ("8", DeliveryStatus::Accepted),
            ("16", DeliveryStatus::Rejected),
        ];
        for (st, status) in cases {
            let report =
                parse_delivery_report(&format!("attempt=a-1&st={st}&ref=&reply=ACK%2F&x=y"))
                    .unwrap();
            let expected = DeliveryReport {
                attempt_id: "a-1".to_owned(),
                status,
                provider_ref: None,
                code: None,
            };
            assert_eq!(report, expected);
        }
    }

    #[test]
    fn a_carriers_id_and_code_are_kept_and_the_text_of_the_message_is_not() {
        let receipt = "attempt=a-1&st=2&ref=A41F&reply=id%3AA41F+sub%3A001+dlvrd%3A000+stat%3AUNDELIV+err%3A034\
            +text%3AHi+Lin+stat%3ADELIVRD";
        let report = parse_delivery_report(receipt).unwrap();
        assert_eq!(report.provider_ref.as_deref(), Some("A41F"));
        assert_eq!(report.code.as_deref(), Some("UNDELIV/034"));
        let refused =
            parse_delivery_report("attempt=a-1&st=16&reply=NACK%2F0x0000000b%2FInvalid+Address")
                .unwrap();
        assert_eq!(refused.code.as_deref(), Some("0x0000000b"));
        let odd =
            parse_delivery_report("attempt=a-1&st=16&ref=139+0000&reply=NACK%2F%0A%2F").unwrap();
        assert_eq!((odd.provider_ref, odd.code), (None, None));
    }

    #[test]
    fn a_report_that_cannot_be_matched_is_refused() {
        let long = format!("attempt=a-1&st=1&reply={}", "x".repeat(REPORT_BYTES_MAX));
        let cases = [
            ("st=1", ReportError::NotOnce("attempt")),
            (
                "attempt=a-1&attempt=a-2&st=1",
                ReportError::NotOnce("attempt"),
            ),
            ("attempt=a-1", ReportError::NotOnce("st")),
            ("attempt=../a&st=1", ReportError::AttemptId),
            ("attempt=a-1&st=32", ReportError::Status),
            ("attempt=a-1&st=%25d", ReportError::Status),
            (&long, ReportError::TooLong),
        ];
        for (query, expected) in cases {
            assert_eq!(parse_delivery_report(query).unwrap_err(), expected);
        }
    }
}
