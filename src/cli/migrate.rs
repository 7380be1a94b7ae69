//! `vouchsafe migrate`

use super::{Context, Failure, Verdict};
use serde_json::json;
use vouchsafe::storage::StorageError;

/// Make the book, or bring its tables up to date, and put the tracking plan in force.
///
/// Every command that writes does this too; it is a command of its own so that a deployment can do
/// it first and alone.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vouchsafe migrate
  vouchsafe migrate --plan our-plan.toml
  vouchsafe migrate --database-url postgres://vouchsafe:secret@db.example/vouchsafe")]
pub(crate) struct Migrate {}

impl Migrate {
    pub(crate) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let book = context.making()?;
        let store = book.engine.store();
        let (members, facts) =
            store.read(|tx| Ok::<_, StorageError>((tx.count_members()?, tx.count_facts()?)))?;
        let facts: i64 = facts.values().sum();
        let types = book.engine.plan().types.len();
        let answer = json!({"backend": store.backend(), "fact_types": types, "members": members, "facts": facts});
        context.out.answer(&answer, |paint| {
            let backend = store.backend();
            let ready = paint.green("The book is up to date.");
            format!("{ready} It is on {backend}, knows {types} fact types, and holds {members} members and {facts} facts.")
        })?;
        Ok(Verdict::Fine)
    }
}
