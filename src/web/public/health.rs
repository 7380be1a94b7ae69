//! Whether the process lives, and whether it can work.

use actix_web::{HttpRequest, HttpResponse};

use crate::web::call::{app, block, request_id};
use crate::web::error::{ApiError, Code};

/// `GET /health`: the process answers.
pub(crate) async fn alive() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .body("{\"status\":\"ok\"}")
}

/// `GET /ready`: the database answers too.
pub(crate) async fn ready(req: HttpRequest) -> HttpResponse {
    let read = async {
        block(&app(&req)?, |engine| {
            Ok(engine.store().read(|tx| tx.see_sequencer()).map(|_| ())?)
        })
        .await
    };
    match read.await {
        Ok(()) => HttpResponse::Ok()
            .content_type("application/json")
            .body("{\"status\":\"ready\"}"),
        Err(_logged) => {
            ApiError::new(Code::NotReady, "the database does not answer").respond(&request_id(&req))
        }
    }
}
