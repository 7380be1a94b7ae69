//! PostgreSQL: several processes, one order of decisions by the lock on the sequencer's row.

use super::StorageError;
use diesel::r2d2::{ConnectionManager, Pool};
use diesel::{Connection, PgConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

/// The connection that the queries are compiled for.
pub(super) type Conn = PgConnection;

#[expect(
    clippy::duplicate_mod,
    reason = "the queries are compiled once for each backend"
)]
#[path = "queries/mod.rs"]
pub(super) mod queries;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Number of the advisory lock under which processes that start together migrate one by one.
const MIGRATION_LOCK: i64 = 7_203_664_511;

/// Opens a pool on the server.
pub(super) fn open(url: &str, size: u32) -> Result<Pool<ConnectionManager<Conn>>, StorageError> {
    let mut first = Conn::establish(url)?;
    migrate(&mut first)?;
    Ok(Pool::builder()
        .max_size(size)
        .min_idle(Some(0))
        .build(ConnectionManager::new(url))?)
}

fn migrate(conn: &mut Conn) -> Result<(), StorageError> {
    use diesel::connection::SimpleConnection;
    conn.batch_execute(&format!("SELECT pg_advisory_lock({MIGRATION_LOCK})"))?;
    let migrated = conn
        .run_pending_migrations(MIGRATIONS)
        .map(|_| ())
        .map_err(|e| StorageError::Migration(e.to_string()));
    conn.batch_execute(&format!("SELECT pg_advisory_unlock({MIGRATION_LOCK})"))?;
    migrated
}

/// A transaction; deciding ones take the sequencer's row first.
#[expect(
    clippy::disallowed_methods,
    reason = "storage is where transactions are opened"
)]
pub(super) fn write<T, E: From<StorageError>>(
    conn: &mut Conn,
    work: impl FnOnce(&mut Conn) -> Result<T, E>,
) -> Result<T, E> {
    let mut outcome = None;
    let committed = conn.transaction(|c| super::tx::attempt(work(c), &mut outcome));
    super::tx::settle(outcome, committed)
}

/// A consistent view.
pub(super) fn read<T, E: From<StorageError>>(
    conn: &mut Conn,
    work: impl FnOnce(&mut Conn) -> Result<T, E>,
) -> Result<T, E> {
    let mut outcome = None;
    let committed = conn
        .build_transaction()
        .repeatable_read()
        .read_only()
        .run(|c| {
            outcome = Some(work(c));
            Ok::<(), diesel::result::Error>(())
        });
    super::tx::settle(outcome, committed)
}
