//! Roles and what each may do. Pure.

use std::fmt;

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Runs programs and campaigns.
    Operations,
    /// Watches the books and approves what costs money.
    Finance,
    /// The company's own servers.
    Service,
    /// One member's own device.
    Member,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::Operations, Self::Finance, Self::Service, Self::Member];

    /// The stable word for it, as stored.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Operations => "operations",
            Self::Finance => "finance",
            Self::Service => "service",
            Self::Member => "member",
        }
    }

    /// Reads [`Self::word`].
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.word() == word)
    }

    /// Whether this role may do what `permission` stands for.
    #[must_use]
    pub fn may(self, permission: Permission) -> bool {
        permission.roles().contains(&self)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A group of actions that is granted as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Permission {
    /// Send facts; a member's key sends only what its tracking plan lets clients send, about itself.
    SendEvents,
    /// Read facts.
    ReadEvents,
    /// Create and change members.
    WriteMembers,
    /// Read one member; a member's key reads only itself.
    ReadMember,
    /// Read all members and the tree below one.
    ReadMembers,
    /// Read rewards and their explanations.
    ReadRewards,
    /// Release held rewards and cancel pending ones.
    DecideRewards,
    /// Read programs and check rule files.
    ReadPrograms,
    /// Put programs in force.
    ActivatePrograms,
    /// Read the books.
    ReadLedger,
    /// Check the books and replay them.
    Audit,
    /// Read cohorts and classes.
    ReadCohorts,
    /// Freeze cohorts.
    FreezeCohorts,
    /// Read campaigns and their effect.
    ReadCampaigns,
    /// Write campaigns, start, pause and end them.
    RunCampaigns,
    /// Approve campaigns that another person wrote.
    ApproveCampaigns,
    /// Fire what is due.
    RunClock,
    /// Sign in to the console.
    UseConsole,
    /// See a member's own page.
    SeeOwnPage,
}

impl Permission {
    /// The roles it is granted to.
    #[must_use]
    pub const fn roles(self) -> &'static [Role] {
        use Role::{Finance, Member, Operations, Service};
        match self {
            Self::SendEvents => &[Operations, Service, Member],
            Self::WriteMembers => &[Operations, Service],
            Self::ReadMember => &[Operations, Finance, Service, Member],
            Self::ReadEvents | Self::ReadMembers | Self::ReadRewards | Self::ReadPrograms => {
                &[Operations, Finance, Service]
            }
            Self::DecideRewards
            | Self::ReadCohorts
            | Self::ReadCampaigns
            | Self::ApproveCampaigns
            | Self::UseConsole => &[Operations, Finance],
            Self::ReadLedger | Self::Audit => &[Finance],
            Self::ActivatePrograms | Self::FreezeCohorts | Self::RunCampaigns | Self::RunClock => {
                &[Operations]
            }
            Self::SeeOwnPage => &[Member],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_found_by_its_word() {
        for role in Role::ALL {
            assert_eq!(Role::from_word(role.word()), Some(role));
        }
        assert_eq!(Role::from_word("root"), None);
    }

    #[test]
    fn a_member_may_only_send_events_and_see_himself() {
        let all = [
            Permission::SendEvents,
            Permission::ReadEvents,
            Permission::WriteMembers,
            Permission::ReadMember,
            Permission::ReadMembers,
            Permission::ReadRewards,
            Permission::DecideRewards,
            Permission::ReadPrograms,
            Permission::ActivatePrograms,
            Permission::ReadLedger,
            Permission::Audit,
            Permission::ReadCohorts,
            Permission::FreezeCohorts,
            Permission::ReadCampaigns,
            Permission::RunCampaigns,
            Permission::ApproveCampaigns,
            Permission::RunClock,
            Permission::UseConsole,
            Permission::SeeOwnPage,
        ];
        let granted: Vec<Permission> = all.into_iter().filter(|p| Role::Member.may(*p)).collect();
        assert_eq!(
            granted,
            [
                Permission::SendEvents,
                Permission::ReadMember,
                Permission::SeeOwnPage
            ]
        );
    }

    #[test]
    fn finance_changes_no_program_and_operations_does_not_audit_itself() {
        assert!(
            !Role::Finance.may(Permission::ActivatePrograms)
                && Role::Operations.may(Permission::ActivatePrograms)
        );
        assert!(Role::Finance.may(Permission::Audit) && !Role::Operations.may(Permission::Audit));
    }
}
