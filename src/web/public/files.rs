//! The style sheet, the scripts and the icon.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};

use crate::web::assets::{self, Match};
use crate::web::call::{path, request_id};
use crate::web::error::ApiError;

/// `GET /assets/{name}`.
pub(in crate::web) async fn asset(req: HttpRequest) -> HttpResponse {
    let name = path(&req, "name");
    match assets::find(&name) {
        None => ApiError::not_found("file", &name).respond(&request_id(&req)),
        Some((asset, matched)) => {
            let keep = match matched {
                Match::Exact => "public, max-age=31536000, immutable",
                Match::Other => "no-store",
            };
            let mut response = HttpResponse::Ok();
            response.insert_header((header::CACHE_CONTROL, keep));
            response.content_type(asset.content_type).body(asset.bytes)
        }
    }
}
