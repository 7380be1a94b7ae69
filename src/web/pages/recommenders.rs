//! The recommenders in eight classes by three indicators, and how few of them bring most of the amount.

use askama::Template;

use super::{Moment, Shell};
use crate::web::chart::{self, ParetoCurve};

/// `/ops/recommenders`: the map, its table and the Pareto curve.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/recommenders.html")]
pub struct RecommendersPage {
    /// What surrounds the content.
    pub shell: Shell,
    /// When the classes were computed.
    pub as_of: Moment,
    /// The thresholds that part high from low, in indicator order; empty when nobody has recommended anyone.
    pub thresholds: Vec<Threshold>,
    /// The eight classes in the order of the table; empty when nobody has recommended anyone.
    pub classes: Vec<ClassRow>,
    /// The sums over the classes.
    pub totals: Option<ClassTotals>,
    /// The curve; `None` when there is nothing to draw.
    pub pareto: Option<Pareto>,
}

/// What parts the high half from the low half of an indicator.
#[derive(Clone, Debug)]
pub struct Threshold {
    /// Which indicator.
    pub indicator: Indicator,
    /// Its mean, formatted, such as `2.94`, `¥103.56` or `372.6`.
    pub mean: String,
}

/// The three indicators of a recommender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Indicator {
    /// How many friends came through the recommender.
    Friends,
    /// What those friends brought.
    Amount,
    /// How many days ago the last friend came.
    Days,
}

impl Indicator {
    /// The key of the indicator's name.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Friends => "map.friends",
            Self::Amount => "map.amount",
            Self::Days => "map.days",
        }
    }
}

/// Which of the eight classes: a side of each indicator's mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Class {
    /// More friends than the mean.
    pub many: bool,
    /// A larger amount than the mean.
    pub large: bool,
    /// Fewer days since the last friend than the mean.
    pub recent: bool,
}

impl Class {
    /// The key of the class's name.
    #[must_use]
    pub fn key(self) -> &'static str {
        match (self.large, self.recent, self.many) {
            (true, true, true) => "map.class.key_active",
            (true, true, false) => "map.class.key_promising",
            (true, false, true) => "map.class.key_fading",
            (true, false, false) => "map.class.key_leaving",
            (false, true, true) => "map.class.general_active",
            (false, true, false) => "map.class.general_promising",
            (false, false, true) => "map.class.general_fading",
            (false, false, false) => "map.class.general_leaving",
        }
    }
}

/// One class with its figures.
#[derive(Clone, Debug)]
pub struct ClassRow {
    /// Which class.
    pub class: Class,
    /// How many recommenders are in it.
    pub members: String,
    /// Their share of all recommenders, such as `19.7%`.
    pub people_share: String,
    /// The same, 0 to 1000.
    pub people_per_mille: u16,
    /// What they brought, formatted.
    pub amount: String,
    /// Its share of the whole amount, such as `61.2%`.
    pub amount_share: String,
    /// The same, 0 to 1000.
    pub amount_per_mille: u16,
    /// Amount per recommender, formatted.
    pub amount_per_head: String,
}

impl ClassRow {
    fn people_bar(&self) -> String {
        chart::bar(self.people_per_mille)
    }

    fn amount_bar(&self) -> String {
        chart::bar(self.amount_per_mille)
    }

    /// A tint from 0 (none of the amount) to 4 (half of it and more).
    fn heat(&self) -> u8 {
        match self.amount_per_mille {
            0..20 => 0,
            20..100 => 1,
            100..250 => 2,
            250..500 => 3,
            500.. => 4,
        }
    }
}

/// The bottom line of the table.
#[derive(Clone, Debug)]
pub struct ClassTotals {
    /// All recommenders.
    pub members: String,
    /// What they brought, formatted.
    pub amount: String,
    /// Amount per recommender, formatted.
    pub amount_per_head: String,
}

/// The figures of the Pareto curve.
#[derive(Clone, Debug)]
pub struct Pareto {
    /// (Share of recommenders, share of the amount) in parts per million, rising, best recommenders first.
    pub points: Vec<(u32, u32)>,
    /// The point that the page names, in parts per million, such as the best fifth.
    pub marked: (u32, u32),
    /// The marked share of recommenders in words, such as `20%`.
    pub marked_people: String,
    /// The marked share of the amount in words, such as `61.2%`.
    pub marked_amount: String,
}

/// One face of the 2×2×2 grid.
struct Face<'a> {
    recent: bool,
    rows: [FaceRow<'a>; 2],
}

/// One row of a face: many friends first, then few.
struct FaceRow<'a> {
    large: bool,
    cells: [Option<&'a ClassRow>; 2],
}

impl RecommendersPage {
    /// The class at a place of the grid; `None` if the service left it out because nobody is in it.
    fn cell(&self, recent: bool, large: bool, many: bool) -> Option<&ClassRow> {
        self.classes.iter().find(|row| {
            row.class
                == Class {
                    many,
                    large,
                    recent,
                }
        })
    }

    /// The grid: two faces of two rows of two cells, the high half of each indicator first.
    fn faces(&self) -> [Face<'_>; 2] {
        [true, false].map(|recent| Face {
            recent,
            rows: [true, false].map(|large| FaceRow {
                large,
                cells: [true, false].map(|many| self.cell(recent, large, many)),
            }),
        })
    }

    fn pareto_words(&self, pareto: &Pareto) -> String {
        let (people, amount) = (&pareto.marked_people, &pareto.marked_amount);
        self.shell.fill(
            "map.pareto_words",
            &[("people", people), ("amount", amount)],
        )
    }

    fn pareto_svg(&self, pareto: &Pareto) -> String {
        let callout = format!("{} → {}", pareto.marked_people, pareto.marked_amount);
        let curve = ParetoCurve {
            title: self.pareto_words(pareto),
            people: self.shell.t("map.share_people").to_owned(),
            amount: self.shell.t("map.share_amount").to_owned(),
            points: pareto.points.clone(),
            mark: Some((pareto.marked, callout)),
        };
        curve.svg()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::web::i18n::Lang;

    impl RecommendersPage {
        pub(crate) fn empty(lang: Lang) -> Self {
            Self {
                shell: Shell::sample(lang, "/ops/recommenders"),
                as_of: Moment::sample("2026-11-21 22:27"),
                thresholds: Vec::new(),
                classes: Vec::new(),
                totals: None,
                pareto: None,
            }
        }

        /// The eight classes of the public CDNOW sample.
        pub(crate) fn sample(lang: Lang) -> Self {
            let figures = [
                (true, true, true, "465", 197, "$149,435.17", 612, "$321.37"),
                (true, true, false, "24", 10, "$4,120.05", 17, "$171.67"),
                (true, false, true, "61", 26, "$11,204.10", 46, "$183.67"),
                (true, false, false, "93", 39, "$17,331.22", 71, "$186.36"),
                (false, true, true, "101", 43, "$8,020.11", 33, "$79.41"),
                (false, true, false, "402", 171, "$19,720.00", 81, "$49.05"),
                (false, false, true, "40", 17, "$2,870.09", 12, "$71.75"),
            ];
            let mut page = Self::empty(lang);
            page.thresholds = vec![
                Threshold {
                    indicator: Indicator::Friends,
                    mean: "2.94".to_owned(),
                },
                Threshold {
                    indicator: Indicator::Amount,
                    mean: "$103.56".to_owned(),
                },
                Threshold {
                    indicator: Indicator::Days,
                    mean: "372.6".to_owned(),
                },
            ];
            let per_cent = |per_mille: u16| format!("{}.{}%", per_mille / 10, per_mille % 10);
            page.classes = figures
                .map(
                    |(large, recent, many, members, people, amount, share, head)| ClassRow {
                        class: Class {
                            many,
                            large,
                            recent,
                        },
                        members: members.to_owned(),
                        people_share: per_cent(people),
                        people_per_mille: people,
                        amount: amount.to_owned(),
                        amount_share: per_cent(share),
                        amount_per_mille: share,
                        amount_per_head: head.to_owned(),
                    },
                )
                .to_vec();
            page.totals = Some(ClassTotals {
                members: "2,357".to_owned(),
                amount: "$244,091.94".to_owned(),
                amount_per_head: "$103.56".to_owned(),
            });
            page.pareto = Some(Pareto {
                points: vec![
                    (10_000, 90_000),
                    (50_000, 310_000),
                    (100_000, 470_000),
                    (200_000, 671_000),
                    (350_000, 820_000),
                    (500_000, 902_000),
                    (750_000, 971_000),
                    (1_000_000, 1_000_000),
                ],
                marked: (200_000, 671_000),
                marked_people: "20%".to_owned(),
                marked_amount: "67.1%".to_owned(),
            });
            page
        }
    }

    #[test]
    fn each_of_the_eight_classes_has_a_name_of_its_own() {
        let mut names = Vec::new();
        for bits in 0..8 {
            let class = Class {
                many: bits & 1 > 0,
                large: bits & 2 > 0,
                recent: bits & 4 > 0,
            };
            names.push(Lang::En.t(class.key()));
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 8);
    }

    #[test]
    fn a_cell_finds_the_class_on_its_side_of_each_mean() {
        let page = RecommendersPage::sample(Lang::En);
        assert_eq!(page.cell(true, true, true).unwrap().members, "465");
        assert_eq!(page.cell(true, true, false).unwrap().members, "24");
        assert_eq!(page.cell(false, true, true).unwrap().members, "61");
        assert!(page.cell(false, false, false).is_none());
    }
}
