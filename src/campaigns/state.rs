//! The states of a campaign. Pure.

/// Where a campaign stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CampaignState {
    /// Being written.
    Draft,
    /// Approved by another person; everything is frozen.
    Approved,
    /// Sending and counting.
    Running,
    /// Sending stopped for the moment.
    Paused,
    /// Ended early.
    Stopped,
    /// Ended by time.
    Finished,
}

impl CampaignState {
    /// Every state.
    pub const ALL: [Self; 6] = [
        Self::Draft,
        Self::Approved,
        Self::Running,
        Self::Paused,
        Self::Stopped,
        Self::Finished,
    ];

    /// The stable word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Approved => "approved",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Stopped => "stopped",
            Self::Finished => "finished",
        }
    }

    /// Reads [`Self::word`].
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.word() == word)
    }
}

/// What is done to a campaign after its approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// Begin sending.
    Start,
    /// Stop sending for the moment.
    Pause,
    /// Go on sending.
    Resume,
    /// End early.
    Stop,
    /// End by time.
    Finish,
}

impl Move {
    /// The word for it in the log of commands.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Start => "started",
            Self::Pause => "paused",
            Self::Resume => "resumed",
            Self::Stop => "stopped",
            Self::Finish => "finished",
        }
    }

    /// The states it may be done in, and the state it leads to.
    #[must_use]
    pub const fn path(self) -> (&'static [CampaignState], CampaignState) {
        use CampaignState::{Approved, Finished, Paused, Running, Stopped};
        match self {
            Self::Start => (&[Approved], Running),
            Self::Pause => (&[Running], Paused),
            Self::Resume => (&[Paused], Running),
            Self::Stop => (&[Approved, Running, Paused], Stopped),
            Self::Finish => (&[Running, Paused], Finished),
        }
    }
}
