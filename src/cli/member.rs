//! `vouchsafe member …`

use super::actor::Signed;
use super::names::{at, external, member, plain};
use super::{Context, Failure, Verdict, confirm};
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;
use vouchsafe::engine::convert;
use vouchsafe::members::service;
use vouchsafe::storage::Tx;
use vouchsafe::storage::rows::{AccountRow, BindingRow, MemberRow};

/// Referees of each level that a tree shows.
const TREE_MAX: i64 = 10_000;

/// Show members and correct who referred them.
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "\
Examples:
  vouchsafe member show ann
  vouchsafe member tree ann
  vouchsafe member correct bob --referrer ann --reason \"the code was mistyped\" --actor eve")]
pub(crate) enum Member {
    Show(Show),
    Tree(Tree),
    Correct(Correct),
}

/// Show a member: who referred him, what is known of him, what he earned.
#[derive(Debug, clap::Args)]
pub(crate) struct Show {
    /// The company's id of the member.
    id: String,
}

/// Show the two levels above a member and the two below him.
#[derive(Debug, clap::Args)]
pub(crate) struct Tree {
    /// The company's id of the member.
    id: String,
}

/// Correct who referred a member, from now on.
///
/// Nothing is overwritten: the old link stays in the book with its time, and rewards that were granted
/// under it stay as they are.
#[derive(Debug, clap::Args)]
pub(crate) struct Correct {
    /// The company's id of the member.
    id: String,
    /// Who referred him, or `none`.
    #[arg(long, value_name = "ID")]
    referrer: String,
    /// Why; kept in the log of commands.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Do it without asking.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    signed: Signed,
}

impl Member {
    pub(crate) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        match self {
            Self::Show(command) => command.run(context),
            Self::Tree(command) => command.run(context),
            Self::Correct(command) => command.run(context),
        }
    }
}

#[derive(Serialize)]
struct Shown {
    id: String,
    code: String,
    referrer: Option<String>,
    registered_at: Option<String>,
    status: String,
    attributes: BTreeMap<String, String>,
    friends: usize,
    balances: Vec<Balance>,
    links: Vec<Link>,
}

#[derive(Serialize)]
struct Balance {
    account: String,
    currency: String,
    amount: String,
}

#[derive(Serialize)]
struct Link {
    referrer: Option<String>,
    from: String,
    actor: String,
    reason: String,
}

impl Show {
    fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let book = context.reading()?;
        let exponents = book.exponents()?;
        let shown = book.engine.store().read(|tx| {
            let row = member(tx, &self.id)?;
            let balance = |a: AccountRow| Balance {
                amount: vouchsafe::types::currency::show_minor(
                    a.balance_minor,
                    exponents.of(&a.currency),
                ),
                account: a.kind,
                currency: a.currency,
            };
            let mut links = Vec::new();
            for link in tx.bindings_of(row.id)? {
                links.push(Link::of(tx, link)?);
            }
            Ok::<_, Failure>(Shown {
                referrer: row.referrer_id.map(|id| external(tx, id)).transpose()?,
                registered_at: row.registered_at.map(at),
                attributes: convert::decode_values(&row.attributes)?
                    .iter()
                    .map(|(n, v)| (n.to_string(), plain(v)))
                    .collect(),
                friends: tx.referees(&[row.id])?.len(),
                balances: tx.accounts_of(row.id)?.into_iter().map(balance).collect(),
                links,
                id: row.external_id,
                code: row.code,
                status: row.status,
            })
        })?;
        context.out.answer(&shown, |paint| {
            let mut text = format!(
                "{}  code {}, {}\n",
                paint.bold(&shown.id),
                shown.code,
                shown.status
            );
            let referrer = shown
                .referrer
                .as_deref()
                .map_or_else(|| "nobody".to_owned(), |r| format!("`{r}`"));
            let registered = shown
                .registered_at
                .as_deref()
                .unwrap_or("at an unknown time");
            text.push_str(&format!(
                "referred by {referrer}; registered {registered}; referred {} himself\n",
                shown.friends
            ));
            for (name, value) in &shown.attributes {
                text.push_str(&format!("  {name}: {value}\n"));
            }
            for b in &shown.balances {
                text.push_str(&format!("  {}: {} {}\n", b.account, b.amount, b.currency));
            }
            for l in &shown.links {
                let referrer = l.referrer.as_deref().unwrap_or("nobody");
                text.push_str(&format!(
                    "  from {}: referred by {referrer} ({}, by {})\n",
                    l.from, l.reason, l.actor
                ));
            }
            text
        })?;
        Ok(Verdict::Fine)
    }
}

impl Link {
    fn of(tx: &mut Tx<'_>, row: BindingRow) -> Result<Self, Failure> {
        let referrer = row.referrer_id.map(|id| external(tx, id)).transpose()?;
        Ok(Self {
            referrer,
            from: at(row.effective_from),
            actor: row.actor,
            reason: row.reason,
        })
    }
}

#[derive(Serialize)]
struct Shape {
    id: String,
    level1: Option<String>,
    level2: Option<String>,
    friends: Vec<Friend>,
}

#[derive(Serialize)]
struct Friend {
    id: String,
    friends: Vec<String>,
}

impl Tree {
    fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let book = context.reading()?;
        let shape = book.engine.store().read(|tx| {
            let row = member(tx, &self.id)?;
            let first = row
                .referrer_id
                .map(|id| tx.members_by_id(&[id]))
                .transpose()?
                .and_then(|m| m.into_iter().next());
            let second = first
                .as_ref()
                .and_then(|m| m.referrer_id)
                .map(|id| external(tx, id))
                .transpose()?;
            let rows = tx.downline(row.id, TREE_MAX)?;
            Ok::<_, Failure>(Shape {
                id: row.external_id,
                level1: first.map(|m| m.external_id),
                level2: second,
                friends: friends(rows),
            })
        })?;
        context.out.answer(&shape, |paint| {
            let mut text = String::new();
            let above = [
                (&shape.level2, "level 2"),
                (&shape.level1, "level 1, the referrer"),
            ];
            let above: Vec<String> = above
                .iter()
                .filter_map(|(id, what)| {
                    Some(format!(
                        "{} {}",
                        id.as_ref()?,
                        paint.dim(&format!("({what})"))
                    ))
                })
                .collect();
            for (depth, line) in above.iter().chain([&paint.bold(&shape.id)]).enumerate() {
                text.push_str(&branch(depth.checked_sub(1), true));
                text.push_str(&format!("{line}\n"));
            }
            let depth = above.len();
            for (n, friend) in (1..).zip(&shape.friends) {
                let last = n == shape.friends.len();
                text.push_str(&format!("{}{}\n", branch(Some(depth), last), friend.id));
                let stem = format!(
                    "{}{}",
                    "   ".repeat(depth),
                    if last { "   " } else { "│  " }
                );
                for (m, id) in (1..).zip(&friend.friends) {
                    text.push_str(&format!(
                        "{stem}{}{id}\n",
                        branch(Some(0), m == friend.friends.len())
                    ));
                }
            }
            text
        })?;
        Ok(Verdict::Fine)
    }
}

/// The line that leads to a member `depth` steps below the first.
fn branch(depth: Option<usize>, last: bool) -> String {
    depth.map_or_else(String::new, |d| {
        format!("{}{}", "   ".repeat(d), if last { "└─ " } else { "├─ " })
    })
}

/// The two levels below a member as a tree.
fn friends(rows: Vec<(MemberRow, i64)>) -> Vec<Friend> {
    let (first, second): (Vec<_>, Vec<_>) = rows.into_iter().partition(|(_, level)| *level == 1);
    let mut below: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for (row, _) in second {
        below
            .entry(row.referrer_id.unwrap_or(0))
            .or_default()
            .push(row.external_id);
    }
    first
        .into_iter()
        .map(|(row, _)| Friend {
            friends: below.remove(&row.id).unwrap_or_default(),
            id: row.external_id,
        })
        .collect()
}

impl Correct {
    fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let book = context.changing()?;
        let referrer = Some(self.referrer.as_str()).filter(|r| *r != "none");
        let row = book.engine.store().read(|tx| member(tx, &self.id))?;
        let old = book
            .engine
            .store()
            .read(|tx| row.referrer_id.map(|id| external(tx, id)).transpose())?;
        let words = |r: Option<&str>| r.map_or_else(|| "nobody".to_owned(), |r| format!("`{r}`"));
        let (was, will) = (words(old.as_deref()), words(referrer));
        let question = format!(
            "`{}` was referred by {was}; from now on he is referred by {will}.",
            self.id
        );
        confirm(context, &question, self.yes)?;
        service::correct(
            &book.engine,
            &self.signed.actor,
            &self.id,
            referrer,
            &self.reason,
        )?;
        let answer = json!({"member": self.id, "referrer": referrer, "was": old, "actor": self.signed.actor, "reason": self.reason});
        context.out.answer(&answer, |paint| {
            format!(
                "{} `{}` is referred by {will}.",
                paint.green("Corrected:"),
                self.id
            )
        })?;
        Ok(Verdict::Fine)
    }
}
