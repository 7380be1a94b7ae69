//! Time: fires what is due.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::rewards::Nothing;
use crate::access::Permission;
use crate::engine::Engine;
use crate::facts::service::tick;
use crate::web::body;
use crate::web::call::{Reply, block, change};
use crate::web::error::ApiError;

/// Timers of one transaction.
const ROUND: i64 = 500;
/// Transactions of one request, so that it ends; the next request goes on.
const ROUNDS_MAX: usize = 200;

/// What was fired.
#[derive(Serialize, ToSchema)]
pub struct Fired {
    /// How many timers.
    pub fired: usize,
    /// Whether more are due: send the request again.
    pub more: bool,
}

/// Fires the timers that are due: releases, lapses, maturities.
#[utoipa::path(post, path = "/v1/tick", tag = "clock", responses((status = 200, body = Fired)))]
pub async fn fire(req: HttpRequest, payload: web::Payload) -> HttpResponse {
    change(req, payload, Permission::RunClock, async |call, body| {
        if !body.is_empty() {
            body::parse::<Nothing>(&body)?;
        }
        Reply::ok(&block(&call.app, all_due).await?)
    })
    .await
}

fn all_due(engine: &Engine) -> Result<Fired, ApiError> {
    let mut fired = 0;
    for _round in 0..ROUNDS_MAX {
        match tick(engine, ROUND)? {
            0 => return Ok(Fired { fired, more: false }),
            count => fired += count,
        }
    }
    Ok(Fired { fired, more: true })
}
