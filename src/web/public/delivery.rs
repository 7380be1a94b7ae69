//! Delivery reports of the SMS gateway.

use actix_web::{HttpRequest, HttpResponse};

use crate::dispatch::providers::{DeliveryStatus, parse_delivery_report};
use crate::dispatch::worker::record_delivery;
use crate::web::call::{app, block, path, request_id};
use crate::web::error::{ApiError, Code};

/// `GET /callbacks/kannel/{token}`: what became of a message.
///
/// A report about an attempt that nobody knows is answered well too: the gateway would only send
/// it again.
pub(in crate::web) async fn report(req: HttpRequest) -> HttpResponse {
    let recorded = async {
        let app = app(&req)?;
        let token = path(&req, "token");
        if !app
            .settings
            .callback
            .as_ref()
            .is_some_and(|secret| secret.matches(&token))
        {
            return Err(ApiError::new(
                Code::NotFound,
                "there is nothing at this address",
            ));
        }
        let report = parse_delivery_report(req.query_string())
            .map_err(|e| ApiError::new(Code::BadParameter, e.to_string()))?;
        let word = match report.status {
            DeliveryStatus::Accepted => "accepted",
            DeliveryStatus::Delivered => "delivered",
            DeliveryStatus::Failed | DeliveryStatus::Rejected => "failed",
        };
        let known = block(&app, move |engine| {
            Ok(record_delivery(engine, &report.attempt_id, word)?)
        })
        .await?;
        if !known {
            tracing::info!("a delivery report changed nothing");
        }
        Ok(())
    };
    match recorded.await {
        Ok(()) => HttpResponse::Ok().content_type("text/plain").body("ok"),
        Err(error) => error.respond(&request_id(&req)),
    }
}
