//! The pages people read: the console of operations and finance, and the pages of members and their friends.
//!
//! Each page is a struct of display-ready data with an askama template in `templates/pages`. Amounts, counts
//! and shares arrive as formatted text, times as [`Moment`], states as the enums of [`states`]; the
//! template adds words in the page's language and nothing else. Pages neither read a database nor know HTTP.
//!
//! **Architecture invariant:** pages work under `Content-Security-Policy: default-src 'none'; script-src
//! 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none';
//! frame-ancestors 'none'`. There is no inline script, no inline style and no other host.

pub mod campaign;
pub mod docs;
pub mod home;
pub mod ledger;
pub mod member;
pub mod notice;
pub mod programs;
pub mod recommenders;
pub mod reward;
mod shell;
pub mod states;

pub use shell::{Moment, Shell, Theme, Window};

/// Renders a page to a complete HTML document in UTF-8.
///
/// # Errors
/// An [`askama::Error`] if a value inside the page cannot be formatted, which no page of this module does.
pub fn render(page: &impl askama::Template) -> Result<String, askama::Error> {
    page.render()
}

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
