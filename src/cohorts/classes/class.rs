//! The names and codes of the eight classes.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One of the eight classes. The order of declaration is the order of every table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Many friends, much money, recently.
    Forward,
    /// Many friends, much money, not recently.
    DormantForward,
    /// Many friends, little money, recently.
    Connector,
    /// Many friends, little money, not recently.
    DormantConnector,
    /// Few friends, much money, recently.
    BigTicket,
    /// Few friends, much money, not recently.
    DormantBigTicket,
    /// Few friends, little money, recently.
    Promising,
    /// Few friends, little money, not recently.
    Quiet,
}

impl Class {
    /// All classes in the fixed order of every table.
    pub const ALL: [Self; 8] = [
        Self::Forward,
        Self::DormantForward,
        Self::Connector,
        Self::DormantConnector,
        Self::BigTicket,
        Self::DormantBigTicket,
        Self::Promising,
        Self::Quiet,
    ];

    /// The class of a member whose three indicators are high (true) or low.
    #[must_use]
    pub const fn from_bits(count_high: bool, amount_high: bool, recent: bool) -> Self {
        match (count_high, amount_high, recent) {
            (true, true, true) => Self::Forward,
            (true, true, false) => Self::DormantForward,
            (true, false, true) => Self::Connector,
            (true, false, false) => Self::DormantConnector,
            (false, true, true) => Self::BigTicket,
            (false, true, false) => Self::DormantBigTicket,
            (false, false, true) => Self::Promising,
            (false, false, false) => Self::Quiet,
        }
    }

    /// The inverse of [`Class::from_bits`], for a grid: count high, amount high, recent.
    #[must_use]
    pub fn bits(self) -> [bool; 3] {
        [
            self < Self::BigTicket,
            matches!(
                self,
                Self::Forward | Self::DormantForward | Self::BigTicket | Self::DormantBigTicket
            ),
            matches!(
                self,
                Self::Forward | Self::Connector | Self::BigTicket | Self::Promising
            ),
        ]
    }

    /// The stable code, as stored and as serialised.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.texts().0
    }

    /// The class of a stored code, or nothing if no class has it.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.code() == code)
    }

    /// The name for people in the language of a tag such as `zh`, `zh-CN` or `en`.
    /// Every language but Chinese is answered in English.
    #[must_use]
    pub fn name(self, language: &str) -> &'static str {
        let (_, english, chinese) = self.texts();
        let primary = language.split(['-', '_']).next().unwrap_or(language);
        if primary.eq_ignore_ascii_case("zh") {
            chinese
        } else {
            english
        }
    }

    const fn texts(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Forward => ("forward", "Forward recommender", "前锋推荐人"),
            Self::DormantForward => (
                "dormant_forward",
                "Dormant forward recommender",
                "沉睡前锋推荐人",
            ),
            Self::Connector => ("connector", "Connecting recommender", "人脉推荐人"),
            Self::DormantConnector => (
                "dormant_connector",
                "Dormant connecting recommender",
                "沉睡人脉推荐人",
            ),
            Self::BigTicket => ("big_ticket", "Big-ticket recommender", "大额推荐人"),
            Self::DormantBigTicket => (
                "dormant_big_ticket",
                "Dormant big-ticket recommender",
                "沉睡大额推荐人",
            ),
            Self::Promising => ("promising", "Promising recommender", "潜力推荐人"),
            Self::Quiet => ("quiet", "Quiet recommender", "沉寂推荐人"),
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_eight_patterns_of_bits_are_the_eight_classes_in_the_order_of_the_tables() {
        let mut classes = Vec::new();
        for count_high in [true, false] {
            for amount_high in [true, false] {
                for recent in [true, false] {
                    let class = Class::from_bits(count_high, amount_high, recent);
                    assert_eq!(class.bits(), [count_high, amount_high, recent]);
                    classes.push(class);
                }
            }
        }
        assert_eq!(classes, Class::ALL);
        assert!(Class::ALL.is_sorted());
    }

    #[test]
    fn a_code_is_what_is_serialised_and_leads_back_to_its_class() {
        for class in Class::ALL {
            let json = serde_json::to_string(&class).unwrap();
            assert_eq!(json, format!("\"{}\"", class.code()));
            assert_eq!(Class::from_code(class.code()), Some(class));
            assert_eq!(class.to_string(), class.code());
        }
        assert_eq!(Class::from_code("Forward"), None);
    }

    #[test]
    fn names_are_distinct_and_follow_the_language() {
        assert_eq!(Class::Forward.name("en"), "Forward recommender");
        assert_eq!(Class::Forward.name("zh"), "前锋推荐人");
        assert_eq!(Class::Forward.name("zh-Hans-CN"), "前锋推荐人");
        assert_eq!(Class::Forward.name("ZH_cn"), "前锋推荐人");
        assert_eq!(Class::Quiet.name("fr"), "Quiet recommender");
        for language in ["en", "zh"] {
            let names: BTreeSet<_> = Class::ALL.map(|class| class.name(language)).into();
            assert_eq!(names.len(), 8);
        }
    }
}
