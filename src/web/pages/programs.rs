//! Programs: the list, and one version's rules as text and in words.

use askama::Template;

use super::home::ProgramRow;
use super::states::ProgramState;
use super::{Moment, Shell, Window};

/// `/ops/programs`: every version of every program.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/programs.html")]
pub struct ProgramsPage {
    /// What surrounds the content.
    pub shell: Shell,
    /// The versions, the newest of each program first.
    pub programs: Vec<ProgramRow>,
}

/// `/ops/programs/{id}/{version}`: one version of one program.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/program.html")]
pub struct ProgramPage {
    /// What surrounds the content.
    pub shell: Shell,
    /// The program's id.
    pub id: String,
    /// The version on show.
    pub version: String,
    /// Where it is in its life.
    pub state: ProgramState,
    /// From when until when it is valid, on the clock of its own zone.
    pub window: Window,
    /// The zone that its days and months mean.
    pub zone: String,
    /// The currency or commodity it pays in.
    pub currency: String,
    /// When it was activated; `None` for a draft.
    pub activated_at: Option<Moment>,
    /// How many rewards it granted.
    pub rewards: String,
    /// What they cost, formatted.
    pub cost: String,
    /// The budget; `None` for a program without one.
    pub budget: Option<Budget>,
    /// The rules in words.
    pub rules: Vec<RuleWords>,
    /// The lines of the file as loaded, without their line ends.
    pub lines: Vec<String>,
}

/// How much of a budget is used.
#[derive(Clone, Debug)]
pub struct Budget {
    /// Spent and reserved, formatted.
    pub used: String,
    /// The whole, formatted.
    pub total: String,
    /// `used` of `total`, 0 to 1000.
    pub per_mille: u16,
}

impl Budget {
    fn bar(&self) -> String {
        crate::web::chart::bar(self.per_mille)
    }
}

/// One rule in words.
#[derive(Clone, Debug)]
pub struct RuleWords {
    /// The rule's id in the file.
    pub id: String,
    /// The line it begins on, counted from 1.
    pub line: usize,
    /// What it says, a sentence each, in the page's language.
    pub sentences: Vec<String>,
}
