//! The reference of the interface and of its problems, open to everybody.

use actix_web::{HttpRequest, HttpResponse};

use crate::web::error::Code;
use crate::web::pages::docs::{ApiDocsPage, ErrorRow, ErrorsPage};
use crate::web::pages::notice::WayOut;
use crate::web::visit::{Door, Visit};

/// `GET /docs/api`.
pub(in crate::web) async fn api(req: HttpRequest) -> HttpResponse {
    match Visit::of(&req, Door::Console) {
        Ok(visit) => {
            visit
                .open_page(WayOut::Nowhere, |_, visit| {
                    Ok(ApiDocsPage {
                        shell: visit.open_shell(),
                    })
                })
                .await
        }
        Err(answered) => *answered,
    }
}

/// `GET /docs/errors`: where the types of problems lead.
pub(in crate::web) async fn errors(req: HttpRequest) -> HttpResponse {
    let visit = match Visit::of(&req, Door::Console) {
        Ok(visit) => visit,
        Err(answered) => return *answered,
    };
    let build = |_: &_, visit: &Visit| {
        let rows = Code::ALL.iter().map(|code| ErrorRow {
            code: code.word(),
            status: code.status().as_u16(),
            title: code.title(visit.lang),
            help: code.help(visit.lang),
        });
        Ok(ErrorsPage {
            shell: visit.open_shell(),
            rows: rows.collect(),
        })
    };
    visit.open_page(WayOut::Nowhere, build).await
}
