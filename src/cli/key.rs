//! `vouchsafe key`

use super::{Context, Failure, Verdict, table::Table};
use clap::ValueEnum;
use serde_json::json;
use vouchsafe::access::AccessError;
use vouchsafe::access::keys;
use vouchsafe::access::roles::Role;
use vouchsafe::types::Instant;

/// Make, list and revoke API keys.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Key {
    /// Make a key; its secret is shown once and stored as a hash only.
    Create {
        /// A name that says who uses it; it is written beside everything done with it.
        name: String,
        /// What it may do.
        #[arg(long)]
        role: RoleArg,
        /// The member whose device it is for, with `--role member`.
        #[arg(long, value_name = "ID")]
        member: Option<String>,
    },
    /// List the keys, without their secrets.
    List,
    /// Revoke a key at once and for ever.
    Revoke {
        /// Its name.
        name: String,
    },
}

/// What a key may do.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum RoleArg {
    /// Programs, cohorts, campaigns, members.
    Operations,
    /// Books, rewards, audits.
    Finance,
    /// The company's servers: members and facts.
    Service,
    /// One member's own data.
    Member,
}

impl From<RoleArg> for Role {
    fn from(role: RoleArg) -> Self {
        match role {
            RoleArg::Operations => Self::Operations,
            RoleArg::Finance => Self::Finance,
            RoleArg::Service => Self::Service,
            RoleArg::Member => Self::Member,
        }
    }
}

impl From<AccessError> for Failure {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::Engine(error) => error.into(),
            other => Self::input(other),
        }
    }
}

impl Key {
    pub(crate) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        match self {
            Self::Create { name, role, member } => {
                let book = context.making()?;
                let secret = keys::create(&book.engine, &name, role.into(), member.as_deref())?;
                context
                    .out
                    .answer(&json!({"name": name, "secret": secret}), |_| secret.clone())?;
                context.out.note("keep it: it is not shown again");
                Ok(Verdict::Fine)
            }
            Self::List => list(context),
            Self::Revoke { name } => {
                let book = context.changing()?;
                let revoked = keys::revoke(&book.engine, &name)?;
                context
                    .out
                    .answer(&json!({"name": name, "revoked": revoked}), |_| {
                        if revoked {
                            format!("`{name}` is revoked.")
                        } else {
                            format!("there is no live key `{name}`.")
                        }
                    })?;
                Ok(Verdict::of(revoked))
            }
        }
    }
}

fn list(context: &Context) -> Result<Verdict, Failure> {
    let book = context.reading()?;
    let rows = book.engine.store().read(|tx| tx.api_keys())?;
    let shown: Vec<_> = rows
        .iter()
        .map(|r| json!({"name": r.name, "role": r.role, "created_at": Instant::from_micros(r.created_at).to_string(), "live": r.revoked_at.is_none()}))
        .collect();
    context.out.answer(&shown, |paint| {
        let mut table = Table::new(&["name", "role", "state"]);
        for row in &rows {
            let state = if row.revoked_at.is_none() {
                "live"
            } else {
                "revoked"
            };
            table.row([row.name.clone(), row.role.clone(), state.to_owned()]);
        }
        table.show(paint, "There is no key yet.")
    })?;
    Ok(Verdict::Fine)
}
