//! What every page has around its content: language, theme, zone, who is signed in.

use std::fmt::Display;

use crate::web::assets;
use crate::web::i18n::Lang;

/// Whether the page is light or dark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// As the device prefers.
    Auto,
    /// Light whatever the device prefers.
    Light,
    /// Dark whatever the device prefers.
    Dark,
}

impl Theme {
    /// The word used in URLs and in the cookie, and the class of the `html` element.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme of a word; `None` for any word that is not a theme.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Auto, Self::Light, Self::Dark]
            .into_iter()
            .find(|theme| theme.code() == code)
    }
}

/// A point in time as a page shows it: the zone's clock in the text, UTC in the tooltip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Date and time on the clock of the page's zone, such as `2026-11-21 22:27`.
    pub local: String,
    /// The same instant as RFC 3339 in UTC, such as `2026-11-21T14:27:25Z`.
    pub utc: String,
}

/// From when until when something holds, on the clock of the page's zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first day or moment, such as `2026-11-01`.
    pub from: String,
    /// The last day, or the moment it ends.
    pub until: String,
}

/// What every page has around its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shell {
    /// The language of the page.
    pub lang: Lang,
    /// The theme of the page.
    pub theme: Theme,
    /// The path and query of this page without the parameters `lang` and `theme`, percent-encoded, such as
    /// `/ops/rewards?id=7`: the switches lead back to it with `lang=` or `theme=` added.
    pub path: String,
    /// The zone that times are shown in, such as `UTC+8 (Asia/Shanghai)`.
    pub zone: String,
    /// Who is signed in to the console; `None` on pages that need no key.
    pub actor: Option<String>,
    /// The token that each form sends back in the field `csrf`.
    pub csrf: String,
    /// Whether the data on show is simulated, which a banner then says.
    pub simulated: bool,
}

impl Shell {
    /// The text of `key` in the page's language.
    #[must_use]
    pub fn t(&self, key: &'static str) -> &'static str {
        self.lang.t(key)
    }

    /// The text of `key` in the page's language with its placeholders filled.
    #[must_use]
    pub fn fill(&self, key: &'static str, values: &[(&str, &dyn Display)]) -> String {
        self.lang.fill(key, values)
    }

    /// The URL of the file called `source`, such as `app.css`.
    #[must_use]
    pub fn asset(&self, source: &str) -> String {
        assets::url(source)
    }

    /// This page in the other language.
    #[must_use]
    pub fn other_lang_url(&self) -> String {
        self.with("lang", self.lang.other().code())
    }

    /// This page, dark.
    #[must_use]
    pub fn dark_url(&self) -> String {
        self.with("theme", Theme::Dark.code())
    }

    /// This page, light.
    #[must_use]
    pub fn light_url(&self) -> String {
        self.with("theme", Theme::Light.code())
    }

    fn with(&self, name: &str, value: &str) -> String {
        let joint = if self.path.contains('?') { '&' } else { '?' };
        format!("{}{joint}{name}={value}", self.path)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    impl Shell {
        pub(crate) fn sample(lang: Lang, path: &str) -> Self {
            Self {
                lang,
                theme: Theme::Auto,
                path: path.to_owned(),
                zone: "UTC+8 (Asia/Shanghai)".to_owned(),
                actor: Some("ops-1".to_owned()),
                csrf: "f3b1".to_owned(),
                simulated: false,
            }
        }
    }

    impl Window {
        pub(crate) fn sample() -> Self {
            Self {
                from: "2026-11-01".to_owned(),
                until: "2026-11-30".to_owned(),
            }
        }
    }

    impl Moment {
        pub(crate) fn sample(local: &str) -> Self {
            Self {
                local: local.to_owned(),
                utc: "2026-11-21T14:27:25Z".to_owned(),
            }
        }
    }

    #[test]
    fn switches_keep_the_query_of_the_page() {
        let plain = Shell::sample(Lang::Zh, "/ops");
        assert_eq!(plain.other_lang_url(), "/ops?lang=en");
        let filtered = Shell::sample(Lang::En, "/fin/ledger?page=2");
        assert_eq!(filtered.other_lang_url(), "/fin/ledger?page=2&lang=zh");
        assert_eq!(filtered.dark_url(), "/fin/ledger?page=2&theme=dark");
        assert_eq!(filtered.light_url(), "/fin/ledger?page=2&theme=light");
    }

    #[test]
    fn each_theme_is_found_by_its_word() {
        for theme in [Theme::Auto, Theme::Light, Theme::Dark] {
            assert_eq!(Theme::from_code(theme.code()), Some(theme));
        }
        assert_eq!(Theme::from_code("\"><"), None);
    }
}
