//! Pages that say one thing: unsubscribing, signing in, a problem.

use askama::Template;

use super::Shell;

/// `GET` and `POST /u/{token}`: no more messages.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/unsubscribe.html")]
pub struct UnsubscribePage {
    /// What surrounds the content.
    pub shell: Shell,
    /// Where the confirmation posts to, such as `/u/{token}`.
    pub action: String,
    /// Before or after.
    pub step: UnsubscribeStep,
}

/// Before or after the confirmation. Nothing changes by opening the page, since mail scanners open links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnsubscribeStep {
    /// The button waits.
    Confirm,
    /// No more messages go out.
    Done,
}

/// Any answer that is a problem, for people.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/problem.html")]
pub struct ProblemPage {
    /// What surrounds the content.
    pub shell: Shell,
    /// The HTTP status.
    pub status: u16,
    /// The title of the problem document, in the page's language.
    pub title: String,
    /// What was found, what is allowed and how to mend it, in the page's language.
    pub detail: String,
    /// The id to give to support.
    pub request_id: String,
    /// Where to go from here.
    pub way_out: WayOut,
}

/// Where somebody can go from a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WayOut {
    /// The console's first page.
    Console,
    /// The console's door, after a 401.
    SignIn,
    /// The member's own page.
    Member,
    /// Nowhere: the detail says what to do, as on a page opened from a message.
    Nowhere,
}

impl WayOut {
    /// The URL and the key of its words.
    #[must_use]
    pub fn link(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Console => Some(("/ops", "problem.to_console")),
            Self::SignIn => Some(("/ops/sign-in", "problem.to_sign_in")),
            Self::Member => Some(("/m", "problem.to_member")),
            Self::Nowhere => None,
        }
    }
}

/// `GET` and `POST /ops/sign-in`: the console's door.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/sign_in.html")]
pub struct SignInPage {
    /// What surrounds the content.
    pub shell: Shell,
    /// The path to go to afterwards, sent back in the field `next`: check it is a path of this site.
    pub next: String,
    /// Whether the key just sent was wrong; answer 401 then.
    pub refused: bool,
}
