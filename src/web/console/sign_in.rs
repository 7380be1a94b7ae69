//! The console's door.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use url::form_urlencoded;

use crate::access::{Permission, keys};
use crate::ids;
use crate::web::call::{self, block};
use crate::web::cookies;
use crate::web::error::{ApiError, Code};
use crate::web::pages::notice::{SignInPage, WayOut};
use crate::web::visit::{Door, Form, Visit, act, is_own_path, see_other, shown};

/// How long the sign-in form may stay open, in seconds.
const DOOR_SECONDS: i64 = 3_600;
/// Letters of the cookie that ties the form to the browser.
const DOOR_LETTERS: usize = 26;
/// The first page of the console.
const HOME: &str = "/ops";

/// A path of this site to go to after signing in; anything else is the first page.
fn own_path(next: &str) -> &str {
    if is_own_path(next) { next } else { HOME }
}

fn form(visit: &Visit, door: &str, next: &str, refused: bool) -> Result<HttpResponse, ApiError> {
    let shell = visit.shell(None, visit.app.signer.door_token(door));
    let html = shown(&SignInPage {
        shell,
        next: own_path(next).to_owned(),
        refused,
    })?;
    let status = if refused {
        StatusCode::UNAUTHORIZED
    } else {
        StatusCode::OK
    };
    let cookie = cookies::set(&visit.app, cookies::DOOR, door, "/ops", DOOR_SECONDS);
    let mut response = HttpResponse::build(status);
    response.insert_header((header::SET_COOKIE, cookie));
    Ok(response.content_type("text/html; charset=utf-8").body(html))
}

/// `GET /ops/sign-in`.
pub(in crate::web) async fn open(req: HttpRequest) -> HttpResponse {
    let visit = match Visit::of(&req, Door::Console) {
        Ok(visit) => visit,
        Err(answered) => return *answered,
    };
    let query = form_urlencoded::parse(req.query_string().as_bytes());
    let next = query
        .into_owned()
        .find(|(name, _)| name == "next")
        .map_or_else(|| HOME.to_owned(), |(_, next)| next);
    let made = ids::token(DOOR_LETTERS)
        .map_err(ApiError::from)
        .and_then(|door| form(&visit, &door, &next, false));
    made.unwrap_or_else(|error| visit.problem(&error, WayOut::Nowhere))
}

/// `POST /ops/sign-in`.
pub(in crate::web) async fn enter(req: HttpRequest, payload: web::Payload) -> HttpResponse {
    let visit = match Visit::of(&req, Door::Console) {
        Ok(visit) => visit,
        Err(answered) => return *answered,
    };
    let entered = async {
        let sent = Form::read(payload).await?;
        let door = cookies::read(&req, cookies::DOOR).unwrap_or_default();
        if !visit.door_is_own(&door, &sent) {
            return Err(ApiError::new(
                Code::FormExpired,
                "the sign-in form was open too long, or this browser takes no cookies",
            ));
        }
        let (next, key) = (
            sent.field("next").to_owned(),
            sent.field("key").trim().to_owned(),
        );
        let hash = keys::hash_of(&key);
        let principal = block(&visit.app, move |engine| {
            Ok(keys::authenticate(engine, &key)?)
        })
        .await?;
        if principal.is_none_or(|p| !p.role.may(Permission::UseConsole)) {
            return form(&visit, &door, &next, true);
        }
        let session = visit.app.signer.open(&hash, visit.now)?;
        let seconds = crate::access::sessions::SESSION_SECONDS;
        let cookie = cookies::set(
            &visit.app,
            cookies::SESSION,
            &visit.app.signer.seal(&session),
            "/",
            seconds,
        );
        let mut response = see_other(own_path(&next));
        append_cookie(&mut response, &cookie);
        Ok(response)
    };
    entered
        .await
        .unwrap_or_else(|error| visit.problem(&error, WayOut::SignIn))
}

/// `POST /ops/sign-out`.
pub(in crate::web) async fn leave(req: HttpRequest, payload: web::Payload) -> HttpResponse {
    let mut response = act(&req, payload, Permission::UseConsole, |_, _| {
        Ok("/ops/sign-in".to_owned())
    })
    .await;
    if response.status() == StatusCode::SEE_OTHER
        && let Ok(app) = call::app(&req)
    {
        append_cookie(
            &mut response,
            &cookies::set(&app, cookies::SESSION, "", "/", 0),
        );
    }
    response
}

/// Adds a cookie, which has no character that a header cannot hold.
pub(in crate::web) fn append_cookie(response: &mut HttpResponse, cookie: &str) {
    if let Ok(value) = header::HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}
