//! Every route of the server, in one table: it configures the application, answers other methods
//! with 405 and their `Allow`, and tells the tests what there is.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, guard, web};

use super::api::{
    campaigns, clock, cohorts, effect, events, explanation, ledger, members, programs, rewards,
};
use super::console::{
    books, campaign, docs, home, programs as rules, recommenders, reward, sign_in,
};
use super::error::{ApiError, Code};
use super::pages::notice::WayOut;
use super::public::{delivery, files, health, landing, links, member};
use super::visit::{Door, Visit};
use super::{call, openapi};

/// A method on an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The pattern of the address.
    pub path: &'static str,
}

/// Declares the routes and how they are answered. What answers GET answers HEAD.
macro_rules! routes {
    ($($path:literal { $($method:ident $handler:path),+ })+) => {
        /// Every route.
        pub const ROUTES: &[Route] = &[$($(Route { method: stringify!($method), path: $path },)+)+];

        /// Puts every route into the application.
        pub(super) fn configure(config: &mut web::ServiceConfig) {
            $(
                let resource = web::resource($path)$(.route(web::route().guard(routes!(@ $method)).to($handler)))+;
                config.service(resource.default_service(web::to(other_method)));
            )+
        }
    };
    (@ GET) => { guard::Any(guard::Get()).or(guard::Head()) };
    (@ POST) => { guard::Post() };
}

routes! {
    "/v1/events" { GET events::list_events, POST events::send_events }
    "/v1/members" { GET members::list_members, POST members::write_members }
    "/v1/members/{id}" { GET members::read_member }
    "/v1/members/{id}/downline" { GET members::read_downline }
    "/v1/rewards" { GET rewards::list_rewards }
    "/v1/rewards/{id}" { GET rewards::read_reward }
    "/v1/rewards/{id}/explanation" { GET explanation::explain_reward }
    "/v1/rewards/{id}/release" { POST rewards::release_reward }
    "/v1/rewards/{id}/cancel" { POST rewards::cancel_reward }
    "/v1/programs" { GET programs::list_programs, POST programs::activate_program }
    "/v1/programs/check" { POST programs::check_program }
    "/v1/cohorts" { GET cohorts::list_cohorts, POST cohorts::freeze_cohort }
    "/v1/cohorts/classes" { GET cohorts::read_classes }
    "/v1/campaigns" { GET campaigns::list_campaigns, POST campaigns::write_campaign }
    "/v1/campaigns/{id}" { GET campaigns::read_campaign }
    "/v1/campaigns/{id}/approve" { POST campaigns::approve_campaign }
    "/v1/campaigns/{id}/start" { POST campaigns::start_campaign }
    "/v1/campaigns/{id}/pause" { POST campaigns::pause_campaign }
    "/v1/campaigns/{id}/resume" { POST campaigns::resume_campaign }
    "/v1/campaigns/{id}/stop" { POST campaigns::stop_campaign }
    "/v1/campaigns/{id}/finish" { POST campaigns::finish_campaign }
    "/v1/campaigns/{id}/effect" { GET effect::read_effect }
    "/v1/campaigns/{id}/unknown" { GET campaigns::list_unknown }
    "/v1/ledger/balance" { GET ledger::read_balance }
    "/v1/ledger/journals" { GET ledger::list_journals }
    "/v1/audit/verify" { POST ledger::verify_books }
    "/v1/audit/replay" { POST ledger::replay_book }
    "/v1/tick" { POST clock::fire }
    "/v1/openapi.json" { GET openapi::serve }
    "/health" { GET health::alive }
    "/ready" { GET health::ready }
    "/assets/{name}" { GET files::asset }
    "/" { GET home::root }
    "/c/{token}" { GET links::click }
    "/i/{code}" { GET landing::open }
    "/u/{token}" { GET links::ask, POST links::unsubscribe }
    "/m" { GET member::open }
    "/callbacks/kannel/{token}" { GET delivery::report }
    "/docs/api" { GET docs::api }
    "/docs/errors" { GET docs::errors }
    "/ops" { GET home::open }
    "/ops/sign-in" { GET sign_in::open, POST sign_in::enter }
    "/ops/sign-out" { POST sign_in::leave }
    "/ops/recommenders" { GET recommenders::open }
    "/ops/programs" { GET rules::list }
    "/ops/programs/{id}/{version}" { GET rules::open }
    "/ops/rewards" { GET home::find_reward }
    "/ops/rewards/{id}" { GET reward::open }
    "/ops/campaigns/{id}" { GET campaign::open }
    "/ops/campaigns/{id}/unknown" { GET campaign::unknown }
    "/ops/campaigns/{id}/pause" { POST campaign::pause }
    "/ops/campaigns/{id}/resume" { POST campaign::resume }
    "/fin/ledger" { GET books::open }
    "/fin/ledger/{id}" { GET books::journal }
}

/// The answer to a method that the address does not take.
async fn other_method(req: HttpRequest) -> HttpResponse {
    let pattern = req.match_pattern().unwrap_or_default();
    let taken = ROUTES.iter().filter(|r| r.path == pattern).map(|r| {
        if r.method == "GET" {
            "GET, HEAD"
        } else {
            r.method
        }
    });
    let error = ApiError::method_not_allowed(taken.collect::<Vec<_>>().join(", "));
    error.respond(&call::request_id(&req))
}

/// The answer where there is no route: a page for people, a problem document for programs.
pub(super) async fn nothing(req: HttpRequest) -> HttpResponse {
    let error = ApiError::new(Code::NotFound, "there is nothing at this address");
    let accepted = req
        .headers()
        .get(header::ACCEPT)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    if !accepted.contains("text/html") {
        return error.respond(&call::request_id(&req));
    }
    Visit::of(&req, Door::Member).map_or_else(
        |answered| *answered,
        |visit| visit.problem(&error, WayOut::Nowhere),
    )
}
