//! The files that the binary brings along: nothing but the binary is needed to begin.

/// The standard tracking plan.
pub(crate) const STANDARD_PLAN: &str = include_str!("../../rules/plans/standard.toml");

const CALENDARS: [(&str, &str); 2] = [
    ("china", include_str!("../../rules/calendars/china.toml")),
    (
        "us-federal",
        include_str!("../../rules/calendars/us-federal.toml"),
    ),
];

const PROGRAMS: [(&str, &str); 3] = [
    (
        "everyday-commission",
        include_str!("../../rules/programs/everyday-commission.toml"),
    ),
    (
        "three-day-offer",
        include_str!("../../rules/programs/three-day-offer.toml"),
    ),
    (
        "welcome-fund",
        include_str!("../../rules/programs/welcome-fund.toml"),
    ),
];

/// The text of a shipped calendar.
pub(crate) fn calendar(name: &str) -> Option<&'static str> {
    CALENDARS
        .iter()
        .find(|(n, _)| *n == name)
        .map(|(_, text)| *text)
}

/// The text of a shipped program.
pub(crate) fn program(name: &str) -> Option<&'static str> {
    PROGRAMS
        .iter()
        .find(|(n, _)| *n == name)
        .map(|(_, text)| *text)
}

/// Names of the shipped programs.
pub(crate) fn program_names() -> impl Iterator<Item = &'static str> {
    PROGRAMS.iter().map(|(name, _)| *name)
}
