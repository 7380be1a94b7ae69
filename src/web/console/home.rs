//! The first page: campaigns, programs, and the health of the books.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use url::form_urlencoded;

use super::books;
use super::campaign::shown_state;
use super::programs::rows;
use crate::access::Permission;
use crate::campaigns::service as campaigns;
use crate::campaigns::state::CampaignState;
use crate::effects::report::report;
use crate::engine::Engine;
use crate::storage::rows::CampaignRow as Stored;
use crate::types::Instant;
use crate::web::error::ApiError;
use crate::web::format;
use crate::web::pages::home::{CampaignRow, HomePage};
use crate::web::visit::{Door, Scene, page};

/// Campaigns that the list shows.
const CAMPAIGNS_MAX: usize = 20;

/// `GET /`: to the console.
pub(in crate::web) async fn root() -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, "/ops"))
        .finish()
}

/// `GET /ops`.
pub(in crate::web) async fn open(req: HttpRequest) -> HttpResponse {
    page(&req, Door::Console, Permission::UseConsole, build).await
}

fn build(engine: &Engine, scene: Scene) -> Result<HomePage, ApiError> {
    let campaigns = campaign_rows(engine, &scene)?;
    let (programs, ledger) = engine.store().read(|tx| {
        let newest = rows(engine, tx, &scene, true)?;
        Ok::<_, ApiError>((newest, books::summary(tx, &scene)?))
    })?;
    Ok(HomePage {
        shell: scene.shell,
        campaigns,
        programs,
        ledger,
    })
}

/// Campaigns, what runs on top and the newest first.
fn campaign_rows(engine: &Engine, scene: &Scene) -> Result<Vec<CampaignRow>, ApiError> {
    let mut stored = campaigns::list(engine)?;
    stored.sort_by_key(|row| (rank(&row.state), std::cmp::Reverse(row.id)));
    stored
        .into_iter()
        .take(CAMPAIGNS_MAX)
        .map(|row| campaign_row(engine, scene, row))
        .collect()
}

fn rank(state: &str) -> u8 {
    match CampaignState::from_word(state) {
        Some(CampaignState::Running) => 0,
        Some(CampaignState::Paused) => 1,
        Some(CampaignState::Approved) => 2,
        Some(CampaignState::Draft) => 3,
        Some(CampaignState::Finished) => 4,
        Some(CampaignState::Stopped) | None => 5,
    }
}

fn campaign_row(engine: &Engine, scene: &Scene, row: Stored) -> Result<CampaignRow, ApiError> {
    // Nobody is assigned in a draft, so there is nothing to count.
    let done = if row.approver.is_some() {
        report(engine, row.id, scene.now)?.minor.treated
    } else {
        0
    };
    let exponent = engine
        .plan()
        .currencies
        .exponent(&row.currency)
        .unwrap_or(2);
    let size = |minor: i64| u64::try_from(minor).unwrap_or(0);
    let (from, until) = (
        Instant::from_micros(row.starts_at),
        Instant::from_micros(row.ends_at),
    );
    Ok(CampaignRow {
        id: row.id.to_string(),
        name: row.name,
        state: shown_state(&row.state),
        done: format::money(done, exponent, &row.currency),
        target: format::money(row.goal_minor, exponent, &row.currency),
        progress_per_mille: format::per_mille(size(done), size(row.goal_minor)),
        window: format::window(scene.zone, Some(from), Some(until)),
    })
}

/// `GET /ops/rewards?id=`: leads to the page of one reward.
pub(in crate::web) async fn find_reward(req: HttpRequest) -> HttpResponse {
    let query = form_urlencoded::parse(req.query_string().as_bytes());
    let id = query
        .into_owned()
        .find(|(name, _)| name == "id")
        .map_or_else(String::new, |(_, id)| id);
    let id = utf8_percent_encode(id.trim(), NON_ALPHANUMERIC);
    let to = format!("/ops/rewards/{id}");
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, to))
        .finish()
}
