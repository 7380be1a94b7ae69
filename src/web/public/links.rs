//! The two links of every message: the one to open, and the one that ends all further messages.

use actix_web::http::{Method, header};
use actix_web::{HttpRequest, HttpResponse, web};

use crate::campaigns::service;
use crate::web::body;
use crate::web::call::{block, path};
use crate::web::error::{ApiError, Code};
use crate::web::pages::notice::{UnsubscribePage, UnsubscribeStep, WayOut};
use crate::web::visit::{Door, Outcome, Visit, shown};

fn unknown() -> ApiError {
    ApiError::new(
        Code::NotFound,
        "this link is not known: open it from the message as it is",
    )
}

/// `GET /c/{token}`: counts the click and leads to the invitation. A HEAD, as link scanners send
/// it, counts nothing.
pub(in crate::web) async fn click(req: HttpRequest) -> HttpResponse {
    let visit = match Visit::of(&req, Door::Member) {
        Ok(visit) => visit,
        Err(answered) => return *answered,
    };
    if req.method() == Method::HEAD {
        return HttpResponse::Ok().finish();
    }
    let token = path(&req, "token");
    let clicked = block(&visit.app, move |engine| {
        service::click(engine, &token)?.ok_or_else(unknown)
    })
    .await;
    match clicked {
        Ok(code) => HttpResponse::Found()
            .insert_header((header::LOCATION, format!("/i/{code}")))
            .finish(),
        Err(error) => visit.problem(&error, WayOut::Nowhere),
    }
}

fn unsubscribe_page(visit: &Visit, token: &str, step: UnsubscribeStep) -> Result<String, ApiError> {
    let action = format!("/u/{token}");
    shown(&UnsubscribePage {
        shell: visit.open_shell(),
        action,
        step,
    })
}

/// `GET /u/{token}`: asks for the confirmation. Nothing changes, since mail scanners open links.
pub(in crate::web) async fn ask(req: HttpRequest) -> HttpResponse {
    let visit = match Visit::of(&req, Door::Member) {
        Ok(visit) => visit,
        Err(answered) => return *answered,
    };
    let token = req.match_info().get("token").unwrap_or_default();
    let page = unsubscribe_page(&visit, token, UnsubscribeStep::Confirm);
    visit.answer(
        page.map_or_else(Outcome::Problem, Outcome::Page),
        WayOut::Nowhere,
    )
}

/// `POST /u/{token}`: ends all further messages on the channel. The token alone is enough, so that
/// a mail program can do it by one click (RFC 8058); whatever the body says is read and left.
pub(in crate::web) async fn unsubscribe(req: HttpRequest, payload: web::Payload) -> HttpResponse {
    let visit = match Visit::of(&req, Door::Member) {
        Ok(visit) => visit,
        Err(answered) => return *answered,
    };
    let token = path(&req, "token");
    let done = async {
        body::read(payload).await?;
        let named = token.clone();
        let found = block(&visit.app, move |engine| {
            Ok(service::unsubscribe(engine, &named)?)
        })
        .await?;
        if !found {
            return Err(unknown());
        }
        unsubscribe_page(&visit, "", UnsubscribeStep::Done)
    };
    let outcome = done.await.map_or_else(Outcome::Problem, Outcome::Page);
    visit.answer(outcome, WayOut::Nowhere)
}
