//! Cookies, read and written.

use actix_web::HttpRequest;
use actix_web::http::header;

use super::app::App;

/// The session of the console.
pub(super) const SESSION: &str = "session";
/// The session of a member's page.
pub(super) const MEMBER: &str = "member";
/// What ties the sign-in form to the browser that opened it.
pub(super) const DOOR: &str = "door";
/// The language of pages.
pub(super) const LANG: &str = "lang";
/// The theme of pages.
pub(super) const THEME: &str = "theme";
/// How long a choice of language or theme is kept: a year.
pub(super) const CHOICE_SECONDS: i64 = 365 * 86_400;

/// The value of a cookie that came with a request.
pub(super) fn read(req: &HttpRequest, name: &str) -> Option<String> {
    let headers = req.headers().get_all(header::COOKIE);
    let texts = headers.filter_map(|value| value.to_str().ok());
    let mut pairs = texts
        .flat_map(|text| text.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value.to_owned())
}

/// The header that sets a cookie, which scripts cannot read and other sites cannot send with a form.
pub(super) fn set(app: &App, name: &str, value: &str, path: &str, seconds: i64) -> String {
    let secure = if app.is_secure() { "; Secure" } else { "" };
    format!("{name}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
}
