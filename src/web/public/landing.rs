//! What an invited friend sees first.

use actix_web::{HttpRequest, HttpResponse};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::offers;
use crate::engine::Engine;
use crate::members::codes;
use crate::web::app::Settings;
use crate::web::call::path;
use crate::web::error::ApiError;
use crate::web::format;
use crate::web::pages::member::{Invitation, LandingPage};
use crate::web::pages::notice::WayOut;
use crate::web::visit::{Door, Visit};

/// Longest code that is looked up; longer ones are nobody's.
const CODE_MAX: usize = 40;

/// `GET /i/{code}`.
pub(in crate::web) async fn open(req: HttpRequest) -> HttpResponse {
    let visit = match Visit::of(&req, Door::Member) {
        Ok(visit) => visit,
        Err(answered) => return *answered,
    };
    let code: String = codes::normalise(&path(&req, "code"))
        .chars()
        .take(CODE_MAX)
        .collect();
    visit
        .open_page(WayOut::Nowhere, move |engine, visit| {
            build(engine, visit, code)
        })
        .await
}

fn build(engine: &Engine, visit: &Visit, code: String) -> Result<LandingPage, ApiError> {
    engine.store().read(|tx| {
        let shell = visit.open_shell();
        let Some(inviter) = tx.members_by_code(&[&code])?.into_iter().next() else {
            let rules = Vec::new();
            return Ok(LandingPage {
                shell,
                code,
                inviter: None,
                invitation: Invitation::Unknown,
                rules,
            });
        };
        let contact = tx.contacts(&[inviter.id])?.into_iter().next();
        let name = contact
            .and_then(|c| c.name)
            .and_then(|name| format::masked(&name));
        let open = offers::open_to(engine, tx, inviter.id, visit.now)?;
        let invitation = match offers::offer(visit.lang, &open) {
            Some(offer) => Invitation::Open {
                offer,
                join_url: join_url(&visit.app.settings, &code),
            },
            None => Invitation::Ended,
        };
        let rules = offers::rules(visit.lang, &open);
        Ok(LandingPage {
            shell,
            code,
            inviter: name,
            invitation,
            rules,
        })
    })
}

/// Where a friend joins; without such a place, the part of the page that shows the code.
fn join_url(settings: &Settings, code: &str) -> String {
    let encoded = utf8_percent_encode(code, NON_ALPHANUMERIC).to_string();
    settings
        .join_url
        .as_ref()
        .map_or_else(|| "#code".to_owned(), |url| url.replace("{code}", &encoded))
}
