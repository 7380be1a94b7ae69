//! The description of the interface, drawn from the handlers themselves.

use actix_web::{HttpRequest, HttpResponse};
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, ObjectBuilder, Ref, Required, ResponseBuilder, Type};
use utoipa::{Modify, OpenApi};

use super::api::{
    campaigns, clock, cohorts, effect, events, explanation, ledger, members, programs, rewards,
};
use super::call;
use super::error::{ApiError, Problem};

/// The description of everything under `/v1`.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Vouchsafe",
        description = "Referral rewards and campaigns. Amounts are decimal texts beside their currency, instants are RFC 3339. \
            Every answer carries `x-request-id`; every problem is a document of RFC 9457.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    paths(
        events::send_events, events::list_events,
        members::write_members, members::list_members, members::read_member, members::read_downline,
        rewards::list_rewards, rewards::read_reward, explanation::explain_reward,
        rewards::release_reward, rewards::cancel_reward,
        programs::list_programs, programs::activate_program, programs::check_program,
        cohorts::list_cohorts, cohorts::freeze_cohort, cohorts::read_classes,
        campaigns::list_campaigns, campaigns::write_campaign, campaigns::read_campaign, campaigns::approve_campaign,
        campaigns::start_campaign, campaigns::pause_campaign, campaigns::resume_campaign, campaigns::stop_campaign,
        campaigns::finish_campaign, campaigns::list_unknown, effect::read_effect,
        ledger::read_balance, ledger::list_journals, ledger::verify_books, ledger::replay_book,
        clock::fire,
    ),
    components(schemas(Problem)),
    modifiers(&Common),
    tags(
        (name = "events", description = "What happened: accepted once, durable before the answer"),
        (name = "members", description = "Who there is, and who referred whom"),
        (name = "rewards", description = "What was granted, why, and to the cent"),
        (name = "programs", description = "The rules in force"),
        (name = "cohorts", description = "Who is meant"),
        (name = "campaigns", description = "Limited offers with a holdout"),
        (name = "ledger", description = "The books and their checks"),
        (name = "clock", description = "What is due"),
    )
)]
pub struct ApiDoc;

/// What every operation has: the key, the problems, and for a change the idempotency key.
struct Common;

impl Modify for Common {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let components = openapi.components.get_or_insert_default();
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("A key such as `vs_…`"))
            .build();
        components.add_security_scheme("key", SecurityScheme::Http(bearer));
        openapi.security = Some(vec![utoipa::openapi::SecurityRequirement::new::<
            _,
            [&str; 0],
            &str,
        >("key", [])]);
        for item in openapi.paths.paths.values_mut() {
            if let Some(operation) = &mut item.get {
                add_problems(operation);
            }
            if let Some(operation) = &mut item.post {
                add_problems(operation);
                add_idempotency_key(operation);
            }
        }
    }
}

fn add_problems(operation: &mut Operation) {
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .build();
    let problem = ResponseBuilder::new()
        .description("What is wrong")
        .content("application/problem+json", content)
        .build();
    for status in ["4XX", "5XX"] {
        operation
            .responses
            .responses
            .insert(status.to_owned(), problem.clone().into());
    }
}

fn add_idempotency_key(operation: &mut Operation) {
    let parameter = ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "The same key with the same request gets the same answer; with another request, 409",
        ))
        .schema(Some(
            ObjectBuilder::new()
                .schema_type(Type::String)
                .max_length(Some(255))
                .build(),
        ))
        .build();
    operation
        .parameters
        .get_or_insert_default()
        .push(parameter.into());
}

/// `GET /v1/openapi.json`.
pub(super) async fn serve(req: HttpRequest) -> HttpResponse {
    match ApiDoc::openapi().to_json() {
        Ok(text) => HttpResponse::Ok()
            .content_type("application/json")
            .body(text),
        Err(error) => ApiError::internal(&error).respond(&call::request_id(&req)),
    }
}
