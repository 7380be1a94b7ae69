//! A request of the API: who makes it, whether he may, and the answer kept for a repetition.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use percent_encoding::percent_decode_str;
use serde::Serialize;
use tracing::Span;

use super::app::App;
use super::body;
use super::error::{ApiError, Code};
use super::observe::RequestId;
use crate::access::idempotency::{self, Answer, Known};
use crate::access::{Permission, Principal, keys};
use crate::engine::Engine;

/// What a working part of a request is given.
pub(crate) struct Call {
    pub(crate) app: web::Data<App>,
    pub(crate) principal: Principal,
}

/// A good answer.
pub(crate) struct Reply {
    status: StatusCode,
    body: String,
}

impl Reply {
    /// 200 with this as JSON.
    pub(crate) fn ok(value: &impl Serialize) -> Result<Self, ApiError> {
        Self::with(StatusCode::OK, value)
    }

    /// A status with this as JSON.
    pub(crate) fn with(status: StatusCode, value: &impl Serialize) -> Result<Self, ApiError> {
        let body = serde_json::to_string(value).map_err(|e| ApiError::internal(&e))?;
        Ok(Self { status, body })
    }

    fn respond(self) -> HttpResponse {
        HttpResponse::build(self.status)
            .content_type("application/json")
            .body(self.body)
    }
}

/// The id of a request, as the answer carries it.
pub(crate) fn request_id(req: &HttpRequest) -> String {
    req.extensions()
        .get::<RequestId>()
        .map_or_else(String::new, |id| id.0.clone())
}

/// The application's state; it is always there.
pub(crate) fn app(req: &HttpRequest) -> Result<web::Data<App>, ApiError> {
    let found = req.app_data::<web::Data<App>>().cloned();
    found.ok_or_else(|| {
        ApiError::new(
            Code::Internal,
            "the server was put together without its state",
        )
    })
}

/// Runs blocking work on a thread for it, inside the request's span.
pub(crate) async fn block<T: Send + 'static>(
    app: &web::Data<App>,
    work: impl FnOnce(&Engine) -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    let (app, span) = (app.clone(), Span::current());
    let done = web::block(move || span.in_scope(|| work(&app.engine))).await;
    done.map_err(|e| ApiError::internal(&e))?
}

fn secret(req: &HttpRequest) -> Option<String> {
    let value = req.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, secret) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| secret.trim().to_owned())
}

fn admit(engine: &Engine, secret: Option<&str>, may: Permission) -> Result<Principal, ApiError> {
    let Some(secret) = secret else {
        return Err(ApiError::new(
            Code::Unauthenticated,
            "no key was sent: send `Authorization: Bearer vs_…`",
        ));
    };
    let found = keys::authenticate(engine, secret)?;
    let principal = found.ok_or_else(|| {
        ApiError::new(
            Code::Unauthenticated,
            "this key is not valid, or it was revoked",
        )
    })?;
    permit(&principal, may)?;
    Ok(principal)
}

/// Refuses a principal whose role does not allow it.
pub(crate) fn permit(principal: &Principal, may: Permission) -> Result<(), ApiError> {
    if principal.role.may(may) {
        return Ok(());
    }
    let roles: Vec<&str> = may.roles().iter().map(|r| r.word()).collect();
    let detail = format!(
        "a key of the role {} may not do this; it takes {}",
        principal.role,
        roles.join(" or ")
    );
    Err(ApiError::new(Code::Forbidden, detail))
}

/// Answers a request that reads.
pub(crate) async fn read<T: Serialize + Send + 'static>(
    req: HttpRequest,
    may: Permission,
    work: impl FnOnce(&Engine, &Principal) -> Result<T, ApiError> + Send + 'static,
) -> HttpResponse {
    let reply = async {
        let (app, secret) = (app(&req)?, secret(&req));
        let value = block(&app, move |engine| {
            let principal = admit(engine, secret.as_deref(), may)?;
            work(engine, &principal)
        });
        Reply::ok(&value.await?)
    };
    finish(&req, reply.await)
}

/// Answers a request that changes something, once for each `Idempotency-Key`.
pub(crate) async fn change(
    req: HttpRequest,
    payload: web::Payload,
    may: Permission,
    work: impl AsyncFnOnce(&Call, Vec<u8>) -> Result<Reply, ApiError>,
) -> HttpResponse {
    let reply = async {
        let app = app(&req)?;
        let key = idempotency_key(&req)?;
        let secret = secret(&req);
        let principal = block(&app, move |engine| admit(engine, secret.as_deref(), may)).await?;
        let call = Call { app, principal };
        let body = body::json(&req, payload).await?;
        match key {
            None => work(&call, body).await,
            Some(key) => once(&req, &call, key, body, work).await,
        }
    };
    finish(&req, reply.await)
}

fn idempotency_key(req: &HttpRequest) -> Result<Option<String>, ApiError> {
    let Some(value) = req.headers().get("idempotency-key") else {
        return Ok(None);
    };
    match value.to_str() {
        Ok(key) if !key.is_empty() && key.len() <= idempotency::KEY_MAX => Ok(Some(key.to_owned())),
        _ => Err(ApiError::parameter(
            "Idempotency-Key",
            format!(
                "1 to {} printable characters are expected",
                idempotency::KEY_MAX
            ),
        )),
    }
}

/// Does the work unless the same request was answered before; keeps the answer.
///
/// Answers of 5xx are not kept, so that a repetition tries again. The answer is kept after the work,
/// in a transaction of its own: what a crash between the two leaves is told at
/// [`crate::access::idempotency`].
async fn once(
    req: &HttpRequest,
    call: &Call,
    key: String,
    body: Vec<u8>,
    work: impl AsyncFnOnce(&Call, Vec<u8>) -> Result<Reply, ApiError>,
) -> Result<Reply, ApiError> {
    let turn = call.app.turns.of(call.principal.id, &key);
    let _held = turn.lock().await;
    let hash = idempotency::request_hash(req.method().as_str(), &req.uri().to_string(), &body);
    let id = call.principal.id;
    let (known_key, known_hash) = (key.clone(), hash.clone());
    let known = block(&call.app, move |engine| {
        Ok(idempotency::look_up(engine, id, &known_key, &known_hash)?)
    })
    .await?;
    match known {
        Known::Reused => {
            let detail = "this key came with another request before: use a new key, or send the same request";
            return Err(ApiError::new(Code::IdempotencyKeyReused, detail));
        }
        Known::Answered(answer) => {
            let status = StatusCode::from_u16(answer.status).map_err(|e| ApiError::internal(&e))?;
            return Ok(Reply {
                status,
                body: answer.body,
            });
        }
        Known::Nothing => {}
    }
    let outcome = work(call, body).await;
    let answer = match &outcome {
        Ok(reply) => Answer {
            status: reply.status.as_u16(),
            body: reply.body.clone(),
        },
        Err(error) => Answer {
            status: error.code.status().as_u16(),
            body: error.document(&request_id(req)),
        },
    };
    if answer.status < 500 {
        // The work is done and its answer must reach the client even when it cannot be kept;
        // the failure is logged where it becomes an `ApiError`.
        let kept = block(&call.app, move |engine| {
            Ok(idempotency::keep(engine, id, &key, &hash, &answer)?)
        })
        .await;
        drop(kept);
    }
    outcome
}

/// The response of an outcome.
pub(crate) fn finish(req: &HttpRequest, outcome: Result<Reply, ApiError>) -> HttpResponse {
    match outcome {
        Ok(reply) if reply.status.is_success() => reply.respond(),
        // A kept problem keeps its form.
        Ok(reply) => HttpResponse::build(reply.status)
            .content_type("application/problem+json")
            .body(reply.body),
        Err(error) => error.respond(&request_id(req)),
    }
}

/// A part of the path, decoded.
pub(crate) fn path(req: &HttpRequest, name: &str) -> String {
    let raw = req.match_info().get(name).unwrap_or_default();
    percent_decode_str(raw).decode_utf8_lossy().into_owned()
}

/// A part of the path that is a number; anything else is the number of nothing.
pub(crate) fn number(req: &HttpRequest, what: &'static str) -> Result<i64, ApiError> {
    let text = path(req, "id");
    text.parse()
        .ok()
        .filter(|n| *n > 0)
        .ok_or_else(|| ApiError::not_found(what, &text))
}
