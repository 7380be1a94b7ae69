//! The phone pages: a member's invitations and rewards, and the page that an invited friend lands on.
//!
//! **Architecture invariant:** what a friend invests, and when, is the friend's own affair. A member sees a
//! friend's masked name and three steps; commissions, which would give the amounts away, appear only as
//! the month's sum over all friends.

use askama::Template;

use super::Shell;
use super::states::RewardState;

/// `/m`: a member's code, sums, friends and rewards.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/member.html")]
pub struct MemberPage {
    /// What surrounds the content.
    pub shell: Shell,
    /// What each side gets; `None` if no program is open to this member.
    pub offer: Option<Offer>,
    /// The member's code.
    pub code: String,
    /// The full link to share.
    pub link: String,
    /// The link as a QR code: an SVG document made by this program, put into the page as it is.
    pub qr_svg: String,
    /// What may be paid out, formatted.
    pub available: String,
    /// What waits, formatted.
    pub pending: String,
    /// What was granted this month, formatted.
    pub this_month: String,
    /// One sentence on why the pending sum waits, in the page's language; `None` if nothing waits.
    pub pending_reason: Option<String>,
    /// The friends, the latest first.
    pub friends: Vec<FriendRow>,
    /// The rewards grouped by state, without commissions.
    pub rewards: Vec<RewardGroup>,
    /// The commissions, one sum a month, the latest first.
    pub commissions: Vec<MonthSum>,
    /// The rules, a sentence each, in the page's language.
    pub rules: Vec<String>,
}

/// What each side of an invitation gets.
#[derive(Clone, Debug)]
pub struct Offer {
    /// When, such as `When your friend first invests`, in the page's language.
    pub occasion: String,
    /// What the sides that get something get, formatted, for the headline.
    pub worths: Vec<String>,
    /// What the one who invites gets, formatted.
    pub referrer: String,
    /// What the friend gets, formatted.
    pub friend: String,
}

/// A friend: a name and how far they came, nothing else.
#[derive(Clone, Debug)]
pub struct FriendRow {
    /// The masked name, such as `李*明`.
    pub name: String,
    /// How far the friend came.
    pub reached: FriendStep,
}

/// How far a friend came; each step includes the ones before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FriendStep {
    /// Signed up.
    Registered,
    /// Proved who they are.
    Verified,
    /// Invested.
    Invested,
}

impl FriendStep {
    const IN_ORDER: [Self; 3] = [Self::Registered, Self::Verified, Self::Invested];

    /// The key of the step's name.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Registered => "friend.registered",
            Self::Verified => "friend.verified",
            Self::Invested => "friend.invested",
        }
    }
}

impl FriendRow {
    /// Each step and whether the friend took it.
    fn steps(&self) -> [(FriendStep, bool); 3] {
        FriendStep::IN_ORDER.map(|step| (step, step <= self.reached))
    }
}

/// The rewards in one state.
#[derive(Clone, Debug)]
pub struct RewardGroup {
    /// The state.
    pub state: RewardState,
    /// Their sum, formatted.
    pub total: String,
    /// The rewards, the latest first.
    pub rows: Vec<MemberReward>,
}

/// One reward as the member sees it.
#[derive(Clone, Debug)]
pub struct MemberReward {
    /// What it is for, in the page's language.
    pub what: String,
    /// The amount, formatted.
    pub amount: String,
    /// Why it is in its state, in the page's language.
    pub reason: String,
    /// The day of that, or the day it is due, ISO, in the page's zone.
    pub on: String,
}

/// The commissions of one month.
#[derive(Clone, Debug)]
pub struct MonthSum {
    /// The month, such as `2026-11`.
    pub month: String,
    /// The state that the month's sum is in.
    pub state: RewardState,
    /// The sum over all friends, formatted.
    pub amount: String,
}

impl MemberPage {
    /// The `svg` element of the QR code without the XML declaration, which HTML does not allow.
    fn qr(&self) -> &str {
        self.qr_svg
            .find("<svg")
            .and_then(|start| self.qr_svg.get(start..))
            .unwrap_or_default()
    }
}

/// `/i/{code}`: what an invited friend sees first.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/landing.html")]
pub struct LandingPage {
    /// What surrounds the content.
    pub shell: Shell,
    /// The code in the URL, as the friend may type it elsewhere.
    pub code: String,
    /// The masked name of the one who invites; `None` to say no name.
    pub inviter: Option<String>,
    /// What the page can offer.
    pub invitation: Invitation,
    /// The rules, a sentence each, in the page's language.
    pub rules: Vec<String>,
}

/// Whether an invitation can be taken up.
#[derive(Clone, Debug)]
pub enum Invitation {
    /// It can.
    Open {
        /// What each side gets.
        offer: Offer,
        /// Where to join, with the code in it.
        join_url: String,
    },
    /// Its program is over.
    Ended,
    /// Nobody has this code.
    Unknown,
}
