//! The two languages of the pages, English and Chinese, from `templates/i18n/*.json`.
//!
//! Both catalogues are compiled in. Each is flat: a key, and a text that may hold `{placeholders}`.
//! The tests of this module and of [`crate::web::pages`] keep the two equal in keys and placeholders,
//! and refuse a key that a template uses and no catalogue holds.

use std::collections::BTreeMap;
use std::fmt::{Display, Write};
use std::sync::LazyLock;

type Catalogue = BTreeMap<String, String>;

const ENGLISH_JSON: &str = include_str!("../../templates/i18n/en.json");
const CHINESE_JSON: &str = include_str!("../../templates/i18n/zh.json");

static ENGLISH: LazyLock<Catalogue> = LazyLock::new(|| parse(ENGLISH_JSON));
static CHINESE: LazyLock<Catalogue> = LazyLock::new(|| parse(CHINESE_JSON));

/// A catalogue that is not JSON would show keys instead of texts; a test proves that both are.
fn parse(json: &str) -> Catalogue {
    serde_json::from_str(json).unwrap_or_default()
}

/// A language that the pages can be read in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lang {
    /// English.
    En,
    /// Chinese in simplified characters.
    Zh,
}

impl Lang {
    /// The code used in URLs and in the cookie: `en` or `zh`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh",
        }
    }

    /// The value of HTML's `lang` attribute, which also chooses the right glyphs.
    #[must_use]
    pub fn html(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh-CN",
        }
    }

    /// The language that the switch on each page leads to.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::En => Self::Zh,
            Self::Zh => Self::En,
        }
    }

    /// The language of a code or tag such as `zh`, `zh-CN` or `EN`; `None` for any other language.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        match primary.trim().to_ascii_lowercase().as_str() {
            "en" => Some(Self::En),
            "zh" => Some(Self::Zh),
            _ => None,
        }
    }

    /// The language that an `Accept-Language` header (RFC 9110, section 12.5.4) prefers.
    ///
    /// `None` if the header names neither of ours, or refuses them with a quality of 0.
    #[must_use]
    pub fn from_accept_language(header: &str) -> Option<Self> {
        let mut best: Option<(u32, Self)> = None;
        for range in header.split(',') {
            let mut parts = range.split(';');
            let Some(lang) = parts.next().and_then(Self::from_tag) else {
                continue;
            };
            let quality = parts.find_map(quality_thousandths).unwrap_or(1000);
            if quality > best.map_or(0, |(found, _)| found) {
                best = Some((quality, lang));
            }
        }
        best.map(|(_, lang)| lang)
    }

    /// The text of `key`; the key itself when the catalogue lacks it, which the tests rule out.
    #[must_use]
    pub fn t(self, key: &'static str) -> &'static str {
        self.catalogue().get(key).map_or(key, String::as_str)
    }

    /// The text of `key` with each `{name}` replaced by the value of that name.
    ///
    /// Values are put in as they are and not searched for placeholders; a placeholder without a value
    /// stays visible, so that a mistake shows itself in the tests of the pages.
    #[must_use]
    pub fn fill(self, key: &'static str, values: &[(&str, &dyn Display)]) -> String {
        let mut filled = String::new();
        let mut rest = self.t(key);
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            rest = after;
            let named = after.split_once('}').and_then(|(name, tail)| {
                let value = values.iter().find(|(known, _)| *known == name)?.1;
                Some((value, tail))
            });
            match named {
                Some((value, tail)) if write!(filled, "{value}").is_ok() => rest = tail,
                _ => filled.push('{'),
            }
        }
        filled.push_str(rest);
        filled
    }

    fn catalogue(self) -> &'static Catalogue {
        match self {
            Self::En => &ENGLISH,
            Self::Zh => &CHINESE,
        }
    }
}

/// The quality `q=0.8` as 800; `None` for any other parameter. Digits after the third are ignored.
fn quality_thousandths(parameter: &str) -> Option<u32> {
    let (name, value) = parameter.split_once('=')?;
    if !name.trim().eq_ignore_ascii_case("q") {
        return None;
    }
    let (whole, fraction) = value.trim().split_once('.').unwrap_or((value.trim(), ""));
    let mut digits: String = fraction.chars().take(3).collect();
    while digits.len() < 3 {
        digits.push('0');
    }
    let thousands = whole.parse::<u32>().ok()?.checked_mul(1000)?;
    thousands.checked_add(digits.parse().ok()?)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::collections::BTreeSet;

    impl Lang {
        pub(crate) const ALL: [Self; 2] = [Self::En, Self::Zh];

        pub(crate) fn keys(self) -> BTreeSet<&'static str> {
            self.catalogue().keys().map(String::as_str).collect()
        }
    }

    fn placeholders(text: &str) -> BTreeSet<&str> {
        text.split('{')
            .skip(1)
            .map(|part| part.split_once('}').expect("a placeholder is closed").0)
            .collect()
    }

    #[test]
    fn both_catalogues_are_json_objects_of_texts() {
        for json in [ENGLISH_JSON, CHINESE_JSON] {
            let read: Catalogue = serde_json::from_str(json).unwrap();
            assert!(read.len() > 100, "only {} texts", read.len());
            let empty = read.iter().find(|(_, text)| text.trim().is_empty());
            assert_eq!(empty, None);
        }
    }

    #[test]
    fn no_key_is_written_twice_in_one_catalogue() {
        for (json, lang) in [(ENGLISH_JSON, Lang::En), (CHINESE_JSON, Lang::Zh)] {
            let lines = json.lines().filter(|line| line.contains("\": \"")).count();
            assert_eq!(lines, lang.keys().len(), "{}", lang.code());
        }
    }

    #[test]
    fn the_two_languages_have_the_same_keys() {
        assert_eq!(Lang::En.keys(), Lang::Zh.keys());
    }

    #[test]
    fn the_two_languages_have_the_same_placeholders() {
        for key in Lang::En.keys() {
            assert_eq!(
                placeholders(Lang::En.t(key)),
                placeholders(Lang::Zh.t(key)),
                "{key}"
            );
        }
    }

    #[test]
    fn a_filled_text_takes_its_values_literally() {
        let key = "shell.zone";
        assert_eq!(
            Lang::En.fill(key, &[("zone", &"{zone} & {x}")]),
            "Times shown in {zone} & {x}"
        );
        assert_eq!(Lang::En.fill(key, &[]), "Times shown in {zone}");
    }

    #[test]
    fn an_accept_language_header_chooses_by_quality_and_then_by_order() {
        let chosen = |header| Lang::from_accept_language(header).map(Lang::code);
        assert_eq!(chosen("zh-CN,zh;q=0.9,en;q=0.8"), Some("zh"));
        assert_eq!(chosen("en;q=0.4, zh-Hans;q=0.45"), Some("zh"));
        assert_eq!(chosen("fr, en-GB ; q=0.7, zh;q=0.7"), Some("en"));
        assert_eq!(chosen("zh;q=0, fr"), None);
        assert_eq!(chosen("en;q=x"), Some("en"));
        assert_eq!(chosen(""), None);
    }

    #[test]
    fn each_language_finds_itself_by_its_own_tags_and_leads_to_the_other() {
        for lang in Lang::ALL {
            assert_eq!(Lang::from_tag(lang.code()), Some(lang));
            assert_eq!(Lang::from_tag(lang.html()), Some(lang));
            assert_ne!(lang.other(), lang);
        }
        assert_eq!(Lang::from_tag("zhx"), None);
    }
}
