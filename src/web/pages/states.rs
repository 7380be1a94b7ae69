//! The states that pages name. Each has the key of its word and a tone, which picks the badge's colour;
//! the word alone carries the meaning.

/// How a badge looks. The word inside says what is so; the tone only helps the eye.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Nothing to do, nothing to wait for.
    Quiet,
    /// Under way.
    Info,
    /// As it should be.
    Good,
    /// Somebody should look.
    Warn,
    /// Something is wrong.
    Bad,
}

impl Tone {
    /// The last part of the badge's class.
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Self::Quiet => "quiet",
            Self::Info => "info",
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
        }
    }
}

/// Declares an enum of states, each with its key and tone, so that no variant can lack either.
macro_rules! states {
    ($(#[$outer:meta])* $name:ident { $($(#[$inner:meta])* $variant:ident => $key:literal, $tone:ident;)+ }) => {
        $(#[$outer])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$inner])* $variant,)+
        }

        impl $name {
            /// The key of the word for this state.
            #[must_use]
            pub fn key(self) -> &'static str {
                match self {
                    $(Self::$variant => $key,)+
                }
            }

            /// How the badge of this state looks.
            #[must_use]
            pub fn tone(self) -> Tone {
                match self {
                    $(Self::$variant => Tone::$tone,)+
                }
            }
        }
    };
}

states! {
    /// Where a campaign is in its life.
    CampaignState {
        /// Being written.
        Draft => "campaign.state.draft", Quiet;
        /// Waiting for a second person.
        Submitted => "campaign.state.submitted", Info;
        /// Approved and waiting for its window.
        Approved => "campaign.state.approved", Info;
        /// Sending and counting.
        Running => "campaign.state.running", Good;
        /// Stopped by somebody; nothing is sent.
        Paused => "campaign.state.paused", Warn;
        /// Its window is over.
        Finished => "campaign.state.finished", Quiet;
        /// Given up before its window was over.
        Cancelled => "campaign.state.cancelled", Quiet;
    }
}

states! {
    /// Where a version of a program is in its life.
    ProgramState {
        /// Loaded and not valid for any fact.
        Draft => "program.state.draft", Quiet;
        /// Activated for a window that has not begun.
        Scheduled => "program.state.scheduled", Info;
        /// Valid for new facts.
        Active => "program.state.active", Good;
        /// Valid for those who were bound under it, replaced for others.
        Superseded => "program.state.superseded", Quiet;
        /// Its window is over.
        Ended => "program.state.ended", Quiet;
    }
}

states! {
    /// Where a reward is on its way to the member.
    RewardState {
        /// Granted, and waiting for its release.
        Pending => "reward.state.pending", Info;
        /// The member's to be paid out.
        Available => "reward.state.available", Good;
        /// In a batch on its way to the bank.
        InBatch => "reward.state.in_batch", Info;
        /// Confirmed by the bank.
        Paid => "reward.state.paid", Good;
        /// Held back for a stated reason.
        Withheld => "reward.state.withheld", Warn;
        /// Taken back before it was available.
        Cancelled => "reward.state.cancelled", Quiet;
        /// Not used in time.
        Expired => "reward.state.expired", Quiet;
        /// Taken back after it was available or paid.
        ClawedBack => "reward.state.clawed_back", Bad;
        /// Refused: a rule or a limit left nothing.
        Refused => "reward.state.refused", Quiet;
    }
}

states! {
    /// What the last check of the books found.
    LedgerHealth {
        /// Every journal and the whole balance.
        Balanced => "ledger.health.balanced", Good;
        /// Something does not add up; the problems say what.
        Broken => "ledger.health.broken", Bad;
        /// No check has run yet.
        Unchecked => "ledger.health.unchecked", Warn;
    }
}

states! {
    /// What a limit did to a reward.
    LimitVerdict {
        /// The whole amount fitted.
        Within => "limit.within", Good;
        /// The amount was cut to what was left.
        Cut => "limit.cut", Warn;
        /// Nothing was left.
        Refused => "limit.refused", Bad;
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::web::i18n::Lang;

    impl CampaignState {
        pub(crate) const ALL: [Self; 7] = [
            Self::Draft,
            Self::Submitted,
            Self::Approved,
            Self::Running,
            Self::Paused,
            Self::Finished,
            Self::Cancelled,
        ];
    }

    impl RewardState {
        pub(crate) const ALL: [Self; 9] = [
            Self::Pending,
            Self::Available,
            Self::InBatch,
            Self::Paid,
            Self::Withheld,
            Self::Cancelled,
            Self::Expired,
            Self::ClawedBack,
            Self::Refused,
        ];
    }

    #[test]
    fn no_two_states_of_one_kind_share_a_word() {
        for lang in Lang::ALL {
            let mut words: Vec<&str> = RewardState::ALL.map(|state| lang.t(state.key())).to_vec();
            words.sort_unstable();
            words.dedup();
            assert_eq!(words.len(), RewardState::ALL.len());
            let mut words: Vec<&str> = CampaignState::ALL.map(|state| lang.t(state.key())).to_vec();
            words.sort_unstable();
            words.dedup();
            assert_eq!(words.len(), CampaignState::ALL.len());
        }
    }
}
