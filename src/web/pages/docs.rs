//! The reference of the HTTP interface, drawn by a script of our own from `/v1/openapi.json`.

use askama::Template;

use super::Shell;

/// `/docs/api`: every operation with its parameters, schemas and examples.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/docs.html")]
pub struct ApiDocsPage {
    /// What surrounds the content.
    pub shell: Shell,
}
