//! The console's first page: campaigns, programs and the health of the books.

use askama::Template;

use super::states::{CampaignState, LedgerHealth, ProgramState};
use super::{Moment, Shell, Window};
use crate::web::chart;

/// `/ops`: what runs, what it costs and whether the books balance.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/home.html")]
pub struct HomePage {
    /// What surrounds the content.
    pub shell: Shell,
    /// All campaigns, the one to look at first on top.
    pub campaigns: Vec<CampaignRow>,
    /// The latest version of each program.
    pub programs: Vec<ProgramRow>,
    /// The last check of the books.
    pub ledger: LedgerSummary,
}

/// A campaign in the list.
#[derive(Clone, Debug)]
pub struct CampaignRow {
    /// The id in its URL.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Where it is in its life.
    pub state: CampaignState,
    /// How far it is, in the goal's unit, such as `965` or `¥1,460.00`.
    pub done: String,
    /// The goal in the same unit.
    pub target: String,
    /// `done` of `target`, 0 to 1000.
    pub progress_per_mille: u16,
    /// First and last day.
    pub window: Window,
}

impl CampaignRow {
    fn bar(&self) -> String {
        chart::bar(self.progress_per_mille)
    }
}

/// A program in a list.
#[derive(Clone, Debug)]
pub struct ProgramRow {
    /// The id in its URL.
    pub id: String,
    /// The version on show.
    pub version: String,
    /// Where that version is in its life.
    pub state: ProgramState,
    /// How many rewards it granted.
    pub rewards: String,
    /// What they cost, one formatted amount.
    pub cost: String,
}

/// The books in one card.
#[derive(Clone, Debug)]
pub struct LedgerSummary {
    /// What the last check found.
    pub health: LedgerHealth,
    /// When it ran; `None` if none has.
    pub checked_at: Option<Moment>,
    /// How many journals are booked.
    pub journals: String,
    /// How many postings they hold.
    pub postings: String,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::web::i18n::Lang;

    impl HomePage {
        pub(crate) fn empty(lang: Lang) -> Self {
            Self {
                shell: Shell::sample(lang, "/ops"),
                campaigns: Vec::new(),
                programs: Vec::new(),
                ledger: LedgerSummary {
                    health: LedgerHealth::Unchecked,
                    checked_at: None,
                    journals: "0".to_owned(),
                    postings: "0".to_owned(),
                },
            }
        }

        pub(crate) fn sample(lang: Lang) -> Self {
            let mut page = Self::empty(lang);
            page.shell.simulated = true;
            page.campaigns = CampaignState::ALL
                .map(|state| CampaignRow {
                    id: "spring-invite".to_owned(),
                    name: "春季邀请：沉睡持卡人".to_owned(),
                    state,
                    done: "¥965,120.00".to_owned(),
                    target: "¥1,500,000.00".to_owned(),
                    progress_per_mille: 643,
                    window: Window::sample(),
                })
                .to_vec();
            page.programs = [ProgramState::Active, ProgramState::Superseded]
                .map(|state| ProgramRow {
                    id: "p2p-invite-2027q1".to_owned(),
                    version: "4".to_owned(),
                    state,
                    rewards: "1,804".to_owned(),
                    cost: "¥128,640.00".to_owned(),
                })
                .to_vec();
            page.ledger = LedgerSummary {
                health: LedgerHealth::Balanced,
                checked_at: Some(Moment::sample("2026-11-21 22:27")),
                journals: "12,004".to_owned(),
                postings: "48,016".to_owned(),
            };
            page
        }
    }
}
