//! A person's visit to a page: language, theme, and who is signed in.

use actix_web::http::{Method, header};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use url::form_urlencoded;

use super::app::App;
use super::error::{ApiError, Code};
use super::i18n::Lang;
use super::pages::notice::{ProblemPage, WayOut};
use super::pages::{Shell, Theme, render};
use super::{call, cookies, format};
use crate::access::hmac::same;
use crate::access::sessions::Session;
use crate::access::{Permission, Principal, keys};
use crate::engine::Engine;
use crate::types::{Instant, Zone};

/// The form field that carries the token.
const FORM_TOKEN: &str = "csrf";

/// Where a page that is not for this visitor sends him.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    /// To the console's sign-in.
    Console,
    /// To nowhere: the member follows the link of his app again.
    Member,
}

impl Door {
    const fn cookie(self) -> &'static str {
        match self {
            Self::Console => cookies::SESSION,
            Self::Member => cookies::MEMBER,
        }
    }
}

/// A visit.
#[derive(Clone)]
pub(super) struct Visit {
    pub(super) app: web::Data<App>,
    pub(super) lang: Lang,
    theme: Theme,
    /// Path and query without the switches, percent-encoded.
    path: String,
    pub(super) request_id: String,
    session: Option<Session>,
    door: Door,
    pub(super) now: Instant,
}

/// What the page of somebody who is signed in is made of.
pub(super) struct Scene {
    pub(super) shell: Shell,
    pub(super) zone: Zone,
    pub(super) now: Instant,
    pub(super) principal: Principal,
    /// Address of this service as members reach it.
    pub(super) base_url: String,
}

/// What came of a visit.
pub(super) enum Outcome {
    /// A page.
    Page(String),
    /// A way to another page of this site.
    Redirect(String),
    /// A problem.
    Problem(ApiError),
}

impl Visit {
    /// Reads a request; a request that only switches language or theme is answered at once.
    pub(super) fn of(req: &HttpRequest, door: Door) -> Result<Self, Box<HttpResponse>> {
        let request_id = call::request_id(req);
        let app = call::app(req).map_err(|e| Box::new(e.respond(&request_id)))?;
        let now = app.engine.clock().now();
        if let Some(switched) = switched(req, &app) {
            return Err(Box::new(switched));
        }
        let wished = req
            .headers()
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|v| v.to_str().ok());
        let lang = cookies::read(req, cookies::LANG).and_then(|tag| Lang::from_tag(&tag));
        let lang = lang
            .or_else(|| wished.and_then(Lang::from_accept_language))
            .unwrap_or(Lang::En);
        let theme = cookies::read(req, cookies::THEME)
            .and_then(|code| Theme::from_code(&code))
            .unwrap_or(Theme::Auto);
        let session =
            cookies::read(req, door.cookie()).and_then(|cookie| app.signer.unseal(&cookie, now));
        let path = req
            .uri()
            .path_and_query()
            .map_or("/", |p| p.as_str())
            .to_owned();
        Ok(Self {
            app,
            lang,
            theme,
            path,
            request_id,
            session,
            door,
            now,
        })
    }

    /// What surrounds a page.
    pub(super) fn shell(&self, actor: Option<String>, csrf: String) -> Shell {
        let settings = &self.app.settings;
        Shell {
            lang: self.lang,
            theme: self.theme,
            path: self.path.clone(),
            zone: format::zone_name(settings.zone, self.now),
            actor,
            csrf,
            simulated: settings.simulated,
        }
    }

    /// What surrounds a page that needs no key.
    pub(super) fn open_shell(&self) -> Shell {
        self.shell(None, String::new())
    }

    /// Whether a form came from a page of this session.
    pub(super) fn form_is_own(&self, form: &Form) -> bool {
        let expected = self
            .session
            .as_ref()
            .map(|session| self.app.signer.form_token(session));
        expected.is_some_and(|token| same(&token, form.field(FORM_TOKEN)))
    }

    /// Whether the sign-in form came from a page that this browser opened.
    pub(super) fn door_is_own(&self, cookie: &str, form: &Form) -> bool {
        !cookie.is_empty() && same(&self.app.signer.door_token(cookie), form.field(FORM_TOKEN))
    }

    /// Who is signed in with this permission; blocking.
    fn scene(&self, engine: &Engine, may: Permission) -> Result<Scene, ApiError> {
        let nobody = || {
            ApiError::new(
                Code::Unauthenticated,
                "nobody is signed in, or the session has ended",
            )
        };
        let session = self.session.as_ref().ok_or_else(nobody)?;
        let principal = keys::by_hash(engine, &session.key_hash)?.ok_or_else(nobody)?;
        if self.door == Door::Console {
            call::permit(&principal, Permission::UseConsole)?;
        }
        call::permit(&principal, may)?;
        let token = self.app.signer.form_token(session);
        let shell = self.shell(Some(principal.name.clone()), token);
        let settings = &self.app.settings;
        Ok(Scene {
            shell,
            zone: settings.zone,
            now: self.now,
            principal,
            base_url: settings.base_url.clone(),
        })
    }

    /// Answers with an outcome.
    pub(super) fn answer(&self, outcome: Outcome, way_out: WayOut) -> HttpResponse {
        match outcome {
            Outcome::Page(html) => HttpResponse::Ok()
                .content_type("text/html; charset=utf-8")
                .body(html),
            Outcome::Redirect(to) => see_other(&to),
            Outcome::Problem(error) => self.problem(&error, way_out),
        }
    }

    /// A problem as a page.
    pub(super) fn problem(&self, error: &ApiError, way_out: WayOut) -> HttpResponse {
        let mut response = HttpResponse::build(error.code.status());
        error.dress(&mut response);
        let detail = match self.lang {
            Lang::En => error.detail.clone(),
            // Details are written in English; the advice of the table is in both languages.
            Lang::Zh => error.code.help(Lang::Zh).to_owned(),
        };
        let page = ProblemPage {
            shell: self.open_shell(),
            status: error.code.status().as_u16(),
            title: error.code.title(self.lang).to_owned(),
            detail,
            request_id: self.request_id.clone(),
            way_out,
        };
        match render(&page) {
            Ok(html) => response.content_type("text/html; charset=utf-8").body(html),
            Err(e) => ApiError::internal(&e).respond(&self.request_id),
        }
    }

    /// A page that needs no key, made of what the database says.
    pub(super) async fn open_page<T: Template>(
        self,
        way_out: WayOut,
        build: impl FnOnce(&Engine, &Self) -> Result<T, ApiError> + Send + 'static,
    ) -> HttpResponse {
        let inside = self.clone();
        let made = call::block(&self.app, move |engine| shown(&build(engine, &inside)?)).await;
        self.answer(made.map_or_else(Outcome::Problem, Outcome::Page), way_out)
    }
}

/// Renders a page.
pub(super) fn shown(page: &impl Template) -> Result<String, ApiError> {
    render(page).map_err(|e| ApiError::internal(&e))
}

/// Sends the browser to another page of this site.
pub(super) fn see_other(to: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, to))
        .finish()
}

/// Whether a text is a path of this site, and leads to no other.
pub(super) fn is_own_path(path: &str) -> bool {
    path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains('\\')
        && !path.chars().any(char::is_control)
}

/// Keeps a choice of language or theme and leads back to the page without it.
fn switched(req: &HttpRequest, app: &App) -> Option<HttpResponse> {
    let query = req.query_string();
    let wanted = |name: &str| {
        form_urlencoded::parse(query.as_bytes())
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.into_owned())
    };
    let (lang, theme) = (wanted(cookies::LANG), wanted(cookies::THEME));
    let is_choice = lang.is_some() || theme.is_some();
    if req.method() == Method::POST || !is_choice || !is_own_path(req.path()) {
        return None;
    }
    let rest: Vec<&str> = query
        .split('&')
        .filter(|p| !p.is_empty() && !p.starts_with("lang=") && !p.starts_with("theme="))
        .collect();
    let joint = if rest.is_empty() { "" } else { "?" };
    let mut response = HttpResponse::SeeOther();
    response.insert_header((
        header::LOCATION,
        format!("{}{joint}{}", req.path(), rest.join("&")),
    ));
    let mut keep = |name, code| {
        response.append_header((
            header::SET_COOKIE,
            cookies::set(app, name, code, "/", cookies::CHOICE_SECONDS),
        ));
    };
    if let Some(lang) = lang.and_then(|tag| Lang::from_tag(&tag)) {
        keep(cookies::LANG, lang.code());
    }
    if let Some(theme) = theme.and_then(|code| Theme::from_code(&code)) {
        keep(cookies::THEME, theme.code());
    }
    Some(response.finish())
}

/// Answers a page of the console, or of a member, to who may see it.
pub(super) async fn page<T: Template>(
    req: &HttpRequest,
    door: Door,
    may: Permission,
    build: impl FnOnce(&Engine, Scene) -> Result<T, ApiError> + Send + 'static,
) -> HttpResponse {
    let visit = match Visit::of(req, door) {
        Ok(visit) => visit,
        Err(answered) => return *answered,
    };
    let inside = visit.clone();
    let made = call::block(&visit.app, move |engine| {
        let scene = inside.scene(engine, may)?;
        shown(&build(engine, scene)?)
    });
    let outcome = match made.await {
        Ok(html) => Outcome::Page(html),
        Err(error) if error.code == Code::Unauthenticated && door == Door::Console => {
            let next: String = form_urlencoded::byte_serialize(visit.path.as_bytes()).collect();
            Outcome::Redirect(format!("/ops/sign-in?next={next}"))
        }
        Err(error) => Outcome::Problem(error),
    };
    let way_out = match door {
        Door::Console => WayOut::Console,
        Door::Member => WayOut::Nowhere,
    };
    visit.answer(outcome, way_out)
}

/// Does what a form of the console asks for, and leads to a page of this site.
pub(super) async fn act(
    req: &HttpRequest,
    payload: web::Payload,
    may: Permission,
    work: impl FnOnce(&Engine, Scene) -> Result<String, ApiError> + Send + 'static,
) -> HttpResponse {
    let visit = match Visit::of(req, Door::Console) {
        Ok(visit) => visit,
        Err(answered) => return *answered,
    };
    let done = async {
        let form = Form::read(payload).await?;
        let own = visit.form_is_own(&form);
        let inside = visit.clone();
        let work = move |engine: &Engine| {
            let scene = inside.scene(engine, may)?;
            if !own {
                return Err(ApiError::new(
                    Code::FormExpired,
                    "the form did not come from a page of this session",
                ));
            }
            work(engine, scene)
        };
        call::block(&visit.app, work).await
    };
    match done.await {
        Ok(to) => see_other(&to),
        Err(error) => {
            let way_out = if error.code == Code::Unauthenticated {
                WayOut::SignIn
            } else {
                WayOut::Console
            };
            visit.problem(&error, way_out)
        }
    }
}

/// A form that was sent.
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads a form.
    pub(super) async fn read(payload: web::Payload) -> Result<Self, ApiError> {
        let bytes = super::body::read(payload).await?;
        Ok(Self(form_urlencoded::parse(&bytes).into_owned().collect()))
    }

    /// A field, empty when it was not sent.
    pub(super) fn field(&self, name: &str) -> &str {
        self.0
            .iter()
            .find(|(n, _)| n == name)
            .map_or("", |(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_path_of_this_site_is_one() {
        assert!(is_own_path("/") && is_own_path("/fin/ledger?page=2"));
        for foreign in [
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "evil",
            "",
            "/a\nb",
        ] {
            assert!(!is_own_path(foreign), "{foreign}");
        }
    }
}
