//! Everything that can be wrong with a request, from one table: problem documents of RFC 9457 for
//! programs, pages for people.
//!
//! A failure of the database is `internal`, opaque to the client, and logged once, where it is
//! turned into [`ApiError`]; the request id joins the answer with the log.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, HttpResponseBuilder};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::AccessError;
use crate::campaigns::service::CampaignError;
use crate::cohorts::service::CohortError;
use crate::dispatch::worker::DispatchError;
use crate::effects::report::EffectError;
use crate::engine::EngineError;
use crate::facts::intake::FieldProblem;
use crate::facts::queue::QueueError;
use crate::ids::NoRandomness;
use crate::rules::RuleError;
use crate::storage::StorageError;
use crate::web::i18n::Lang;

/// Seconds after which a busy service is asked again.
const RETRY_SECONDS: &str = "1";

/// Declares every problem there is: its code, status, title and advice in both languages.
macro_rules! problems {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $status:ident, $en:literal, $zh:literal, $help_en:literal, $help_zh:literal;)+) => {
        /// What is wrong, as a stable word.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code { $($(#[$doc])* $variant,)+ }

        impl Code {
            /// Every code, in the order of the reference.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word in the field `code` and behind `#` of the type.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// The HTTP status.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status,)+ }
            }

            /// The title in a language.
            #[must_use]
            pub const fn title(self, lang: Lang) -> &'static str {
                match (self, lang) { $((Self::$variant, Lang::En) => $en, (Self::$variant, Lang::Zh) => $zh,)+ }
            }

            /// What to do about it, in a language.
            #[must_use]
            pub const fn help(self, lang: Lang) -> &'static str {
                match (self, lang) { $((Self::$variant, Lang::En) => $help_en, (Self::$variant, Lang::Zh) => $help_zh,)+ }
            }
        }
    };
}

problems! {
    /// The body is not JSON.
    MalformedJson = "malformed_json", BAD_REQUEST, "The body is not valid JSON", "请求正文不是有效的 JSON",
        "Correct the body at the line and column that the detail names.", "请按说明中的行号和列号修正请求正文。";
    /// A parameter of the URL or a header cannot be read.
    BadParameter = "bad_parameter", BAD_REQUEST, "A parameter cannot be read", "参数无法识别",
        "Correct the parameter that `problems` names.", "请修正 problems 中指出的参数。";
    /// No key, or one that is not valid.
    Unauthenticated = "unauthenticated", UNAUTHORIZED, "A valid API key is needed", "需要有效的 API 密钥",
        "Send `Authorization: Bearer vs_…` with a key that was not revoked.", "请使用未被吊销的密钥登录后再试。";
    /// The key's role does not allow it.
    Forbidden = "forbidden", FORBIDDEN, "The key does not allow this", "该密钥无权执行此操作",
        "Use a key of a role that allows it.", "请使用有相应权限的密钥。";
    /// A client sent a fact that only servers may send, or a fact about somebody else.
    SenderNotAllowed = "sender_not_allowed", FORBIDDEN, "This key may not send this event", "该密钥不可发送此事件",
        "Send it from a server with a key of the role service.", "请由服务端使用 service 角色的密钥发送。";
    /// The author may not approve.
    OwnWork = "own_work", FORBIDDEN, "Another person must approve it", "须由另一人审批",
        "Let somebody else approve it with a key of their own.", "请由其他人使用自己的密钥审批。";
    /// The form did not come from a page of this session.
    FormExpired = "form_expired", FORBIDDEN, "The form is too old", "表单已过期",
        "Go back, load the page again and send the form once more.", "请返回并刷新页面后重新提交。";
    /// There is no such thing.
    NotFound = "not_found", NOT_FOUND, "There is no such thing here", "找不到该内容",
        "Check the address and the id in it.", "请检查网址及其中的编号。";
    /// The address does not take this method.
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "This address does not take this method", "该地址不支持此请求方法",
        "Use one of the methods in the header `Allow`.", "请使用 Allow 标头中列出的方法。";
    /// The body did not arrive in time.
    RequestTimeout = "request_timeout", REQUEST_TIMEOUT, "The request took too long to arrive", "请求传输超时",
        "Send the same request again.", "请重新发送同一请求。";
    /// The state does not allow it.
    Conflict = "conflict", CONFLICT, "It does not fit the present state", "与当前状态不符",
        "Read the state again and decide anew.", "请刷新当前状态后再操作。";
    /// The event's id was used with another body.
    EventConflict = "event_conflict", CONFLICT, "This event id was used for another event", "该事件编号已用于另一事件",
        "Give every event an id of its own; a correction is a further event.", "每个事件须使用独立编号；更正须另发事件。";
    /// The idempotency key was used for another request.
    IdempotencyKeyReused = "idempotency_key_reused", CONFLICT, "This idempotency key was used for another request", "该幂等键已用于另一请求",
        "Use a new key for a new request.", "新请求须使用新的幂等键。";
    /// The body is larger than allowed.
    BodyTooLarge = "body_too_large", PAYLOAD_TOO_LARGE, "The body is too large", "请求正文过大",
        "Send less than 1 MiB at a time.", "每次请求须小于 1 MiB。";
    /// The body is not declared as JSON.
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "The body must be JSON", "请求正文须为 JSON",
        "Send `Content-Type: application/json`.", "请发送 Content-Type: application/json。";
    /// A field does not fit.
    Invalid = "invalid", UNPROCESSABLE_ENTITY, "A field does not fit", "字段不符合要求",
        "Correct the fields that `problems` names.", "请修正 problems 中指出的字段。";
    /// The rule file does not load.
    RuleInvalid = "rule_invalid", UNPROCESSABLE_ENTITY, "The rule file does not load", "规则文件无法加载",
        "Correct the file at the line and column that the detail names.", "请按说明中的行号和列号修正规则文件。";
    /// The server failed.
    Internal = "internal", INTERNAL_SERVER_ERROR, "The server failed", "服务器出错",
        "Send the same request again later; give the request id to support if it fails again.", "请稍后重试；如仍失败，请将请求编号告知支持人员。";
    /// Too many requests wait, or the service is stopping.
    Busy = "busy", SERVICE_UNAVAILABLE, "The service is busy", "服务繁忙",
        "Send the same request again after the seconds in `Retry-After`.", "请按 Retry-After 标头的秒数等待后重试。";
    /// The service cannot work yet or any more.
    NotReady = "not_ready", SERVICE_UNAVAILABLE, "The service is not ready", "服务尚未就绪",
        "Wait until the database can be reached.", "请等待数据库恢复。";
}

/// A request that cannot be answered as asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// What is wrong.
    pub code: Code,
    /// The same in a sentence: what was found, what is allowed, how to mend it.
    pub detail: String,
    /// Field by field.
    pub problems: Vec<FieldProblem>,
    /// Methods that the address takes, for the header `Allow`.
    allow: Option<String>,
}

impl ApiError {
    /// A problem of this code.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            problems: Vec::new(),
            allow: None,
        }
    }

    /// A problem of fields.
    #[must_use]
    pub fn fields(code: Code, problems: Vec<FieldProblem>) -> Self {
        let detail = problems
            .iter()
            .map(|p| format!("{}: {}", p.field, p.problem))
            .collect::<Vec<_>>()
            .join("; ");
        Self {
            code,
            detail,
            problems,
            allow: None,
        }
    }

    /// A problem of one field of the body.
    pub fn field(field: &str, problem: impl Into<String>) -> Self {
        Self::fields(Code::Invalid, vec![FieldProblem::new(field, problem)])
    }

    /// A problem of one parameter of the URL or one header.
    pub fn parameter(name: &str, problem: impl Into<String>) -> Self {
        Self::fields(Code::BadParameter, vec![FieldProblem::new(name, problem)])
    }

    /// The same with a problem of a field.
    #[must_use]
    pub fn about(mut self, problem: FieldProblem) -> Self {
        self.problems.push(problem);
        self
    }

    /// Nothing has this name.
    #[must_use]
    pub fn not_found(what: &str, id: &str) -> Self {
        let id: String = id.chars().take(128).collect();
        Self::new(Code::NotFound, format!("there is no {what} `{id}`"))
    }

    /// The address takes other methods.
    #[must_use]
    pub fn method_not_allowed(allow: String) -> Self {
        let detail = format!("this address takes {allow}");
        Self {
            allow: Some(allow),
            ..Self::new(Code::MethodNotAllowed, detail)
        }
    }

    /// A failure that is no fault of the client: logged here, and nowhere else.
    pub fn internal(error: &dyn std::error::Error) -> Self {
        tracing::error!(%error, "a request failed");
        Self::new(
            Code::Internal,
            "the server failed; the log tells why under this request id",
        )
    }

    /// The problem document.
    #[must_use]
    pub fn document(&self, request_id: &str) -> String {
        let problem = Problem {
            kind: format!("/docs/errors#{}", self.code.word()),
            title: self.code.title(Lang::En).to_owned(),
            status: self.code.status().as_u16(),
            code: self.code.word().to_owned(),
            detail: self.detail.clone(),
            request_id: request_id.to_owned(),
            problems: self.problems.iter().map(FieldProblemView::of).collect(),
        };
        // A structure of texts and one number always has a JSON form.
        serde_json::to_string(&problem).unwrap_or_default()
    }

    /// The headers that belong to the status.
    pub(super) fn dress(&self, response: &mut HttpResponseBuilder) {
        if let Some(allow) = &self.allow {
            response.insert_header((header::ALLOW, allow.as_str()));
        }
        match self.code {
            Code::Unauthenticated => {
                response.insert_header((header::WWW_AUTHENTICATE, "Bearer realm=\"vouchsafe\""));
            }
            Code::Busy => {
                response.insert_header((header::RETRY_AFTER, RETRY_SECONDS));
            }
            _ => {}
        }
    }

    /// The answer for a program.
    #[must_use]
    pub fn respond(&self, request_id: &str) -> HttpResponse {
        let mut response = HttpResponse::build(self.code.status());
        self.dress(&mut response);
        response
            .content_type("application/problem+json")
            .body(self.document(request_id))
    }
}

/// A problem document of RFC 9457.
#[derive(Serialize, ToSchema)]
pub struct Problem {
    /// Where the problem is explained.
    #[serde(rename = "type")]
    #[schema(example = "/docs/errors#invalid")]
    kind: String,
    /// What is wrong in general.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What is wrong, as a stable word.
    #[schema(example = "invalid")]
    code: String,
    /// What was found, what is allowed and how to mend it.
    detail: String,
    /// The id of the request, for support and the log.
    request_id: String,
    /// Field by field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<FieldProblemView>,
}

/// What is wrong with one field.
#[derive(Clone, Serialize, ToSchema)]
pub struct FieldProblemView {
    /// Path of the field, such as `properties.amount`.
    pub field: String,
    /// What was found, what is allowed, and how to mend it.
    pub problem: String,
}

impl FieldProblemView {
    /// The same for the answer.
    #[must_use]
    pub fn of(problem: &FieldProblem) -> Self {
        Self {
            field: problem.field.clone(),
            problem: problem.problem.clone(),
        }
    }
}

impl From<StorageError> for ApiError {
    fn from(error: StorageError) -> Self {
        Self::internal(&error)
    }
}

impl From<NoRandomness> for ApiError {
    fn from(error: NoRandomness) -> Self {
        Self::internal(&error)
    }
}

impl From<EngineError> for ApiError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Conflict(why) => Self::new(Code::Conflict, why),
            EngineError::Storage(_) | EngineError::Rule(_) | EngineError::Restless(_) => {
                Self::internal(&error)
            }
        }
    }
}

impl From<AccessError> for ApiError {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::Engine(e) => e.into(),
            AccessError::Randomness(e) => e.into(),
            AccessError::Invalid { field, problem } => Self::field(field, problem),
        }
    }
}

impl From<QueueError> for ApiError {
    fn from(error: QueueError) -> Self {
        match error {
            QueueError::Busy | QueueError::Closed => Self::new(Code::Busy, error.to_string()),
            // The writer has logged the cause with the batch.
            QueueError::Failed(_) => Self::new(
                Code::Internal,
                "the events could not be kept: send the same request again later",
            ),
        }
    }
}

impl From<CohortError> for ApiError {
    fn from(error: CohortError) -> Self {
        match error {
            CohortError::Engine(e) => e.into(),
            CohortError::Classes(e) => Self::new(Code::Invalid, e.to_string()),
            CohortError::Invalid(why) => Self::field("name", why),
        }
    }
}

impl From<CampaignError> for ApiError {
    fn from(error: CampaignError) -> Self {
        match error {
            CampaignError::Engine(e) => e.into(),
            CampaignError::Unknown(id) => Self::not_found("campaign", &id.to_string()),
            CampaignError::Invalid { field, problem } => Self::field(field, problem),
            CampaignError::State { .. } => Self::new(Code::Conflict, error.to_string()),
            CampaignError::OwnWork(_) => Self::new(Code::OwnWork, error.to_string()),
        }
    }
}

impl From<EffectError> for ApiError {
    fn from(error: EffectError) -> Self {
        match error {
            EffectError::Storage(e) => e.into(),
            EffectError::Statistics(e) => Self::new(Code::Conflict, e.to_string()),
            EffectError::Unknown(id) => Self::not_found("campaign", &id.to_string()),
        }
    }
}

impl From<DispatchError> for ApiError {
    fn from(error: DispatchError) -> Self {
        Self::internal(&error)
    }
}

impl From<RuleError> for ApiError {
    fn from(error: RuleError) -> Self {
        let place = format!("{}:{}", error.line, error.column);
        let help = error
            .help
            .as_ref()
            .map(|h| format!("; {h}"))
            .unwrap_or_default();
        let problem = FieldProblem::new("source", format!("{place}: {}{help}", error.message));
        Self::new(Code::RuleInvalid, error.to_string()).about(problem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_code_has_a_word_and_titles_of_its_own() {
        let words: BTreeSet<&str> = Code::ALL.iter().map(|c| c.word()).collect();
        assert_eq!(words.len(), Code::ALL.len());
        for lang in [Lang::En, Lang::Zh] {
            let titles: BTreeSet<&str> = Code::ALL.iter().map(|c| c.title(lang)).collect();
            assert_eq!(titles.len(), Code::ALL.len());
        }
        assert!(
            Code::ALL
                .iter()
                .all(|c| c.status().is_client_error() || c.status().is_server_error())
        );
    }

    #[test]
    fn no_status_is_501() {
        assert!(
            Code::ALL
                .iter()
                .all(|c| c.status() != StatusCode::NOT_IMPLEMENTED)
        );
    }

    #[test]
    fn a_failure_of_the_database_is_opaque() {
        let error = ApiError::from(StorageError::Corrupt("the table of secrets".to_owned()));
        assert_eq!(error.code, Code::Internal);
        assert!(!error.document("r1").contains("secrets"));
        assert!(error.document("r1").contains("\"request_id\":\"r1\""));
    }

    #[test]
    fn a_busy_service_says_when_to_ask_again() {
        for error in [QueueError::Busy, QueueError::Closed] {
            let answer = ApiError::from(error).respond("r1");
            assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
            assert_eq!(
                answer.headers().get(header::RETRY_AFTER).unwrap(),
                RETRY_SECONDS
            );
        }
    }

    #[test]
    fn a_problem_of_a_field_names_it_in_the_detail_and_in_the_list() {
        let document = ApiError::field("goal.amount", "at least 0").document("r1");
        let json: serde_json::Value = serde_json::from_str(&document).unwrap();
        assert_eq!(json["type"], "/docs/errors#invalid");
        assert_eq!(json["detail"], "goal.amount: at least 0");
        assert_eq!(json["problems"][0]["field"], "goal.amount");
    }
}
