//! Bodies of requests: read within limits, parsed with the place of what is wrong.

use std::time::Duration;

use actix_web::http::header;
use actix_web::{HttpRequest, web};
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use super::error::{ApiError, Code};
use crate::facts::intake::FieldProblem;

/// Largest body, in bytes.
pub const BODY_MAX: usize = 1 << 20;
/// How long a body may take to arrive.
const ARRIVAL_MAX: Duration = Duration::from_secs(30);

/// Reads a body of JSON.
///
/// # Errors
/// [`ApiError`] when it is declared as something else, too large, or late.
pub(super) async fn json(req: &HttpRequest, payload: web::Payload) -> Result<Vec<u8>, ApiError> {
    let declared = req
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok());
    let essence = declared.map(|text| {
        text.split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase()
    });
    match essence.as_deref() {
        None | Some("application/json") => read(payload).await,
        Some(other) => {
            let found: String = other.chars().take(100).collect();
            Err(ApiError::new(
                Code::UnsupportedMediaType,
                format!("the body is declared as `{found}`, not as application/json"),
            ))
        }
    }
}

/// Reads a body.
///
/// # Errors
/// [`ApiError`] when it is too large or late.
pub(super) async fn read(payload: web::Payload) -> Result<Vec<u8>, ApiError> {
    let arriving = actix_web::rt::time::timeout(ARRIVAL_MAX, payload.to_bytes_limited(BODY_MAX));
    match arriving.await {
        Err(_late) => Err(ApiError::new(
            Code::RequestTimeout,
            "the body did not arrive within 30 seconds",
        )),
        Ok(Err(_too_large)) => Err(ApiError::new(
            Code::BodyTooLarge,
            format!("the body is larger than {BODY_MAX} bytes"),
        )),
        Ok(Ok(Err(broken))) => Err(ApiError::new(
            Code::MalformedJson,
            format!("the body broke off: {broken}"),
        )),
        Ok(Ok(Ok(bytes))) => Ok(bytes.to_vec()),
    }
}

/// Parses a body of JSON.
///
/// # Errors
/// [`ApiError`] with the line and column of what is no JSON, or with the field that does not fit.
pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    if body.is_empty() {
        return Err(ApiError::new(
            Code::MalformedJson,
            "the body is empty; JSON is expected",
        ));
    }
    serde_json::from_slice(body).map_err(|error| match error.classify() {
        Category::Data => ApiError::fields(
            Code::Invalid,
            vec![FieldProblem::new(
                field_of(&error.to_string()),
                error.to_string(),
            )],
        ),
        Category::Io | Category::Syntax | Category::Eof => ApiError::new(
            Code::MalformedJson,
            format!("line {}, column {}: {error}", error.line(), error.column()),
        ),
    })
}

/// The field that a message of serde names, where it names one.
fn field_of(message: &str) -> &str {
    let named = ["missing field `", "unknown field `", "duplicate field `"]
        .iter()
        .find_map(|start| message.strip_prefix(start));
    named
        .and_then(|rest| rest.split('`').next())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Small {
        #[expect(dead_code, reason = "only what is refused is of interest here")]
        name: String,
    }

    fn refused(body: &str) -> ApiError {
        parse::<Small>(body.as_bytes()).unwrap_err()
    }

    #[test]
    fn what_is_no_json_is_named_by_line_and_column() {
        let error = refused("{\n  \"name\": \"x\",,\n}");
        assert_eq!(error.code, Code::MalformedJson);
        assert!(
            error.detail.starts_with("line 2, column 15: "),
            "{}",
            error.detail
        );
        assert_eq!(refused("").code, Code::MalformedJson);
        assert_eq!(refused("{\"name\":").code, Code::MalformedJson);
    }

    #[test]
    fn what_does_not_fit_is_named_by_its_field() {
        for (body, field) in [
            ("{}", "name"),
            ("{\"name\":\"x\",\"nmae\":1}", "nmae"),
            ("{\"name\":1}", ""),
        ] {
            let error = refused(body);
            assert_eq!(error.code, Code::Invalid);
            assert_eq!(error.problems[0].field, field);
            assert!(error.detail.contains("line 1 column"), "{}", error.detail);
        }
    }
}
