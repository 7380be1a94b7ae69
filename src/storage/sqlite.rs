//! SQLite: one writer, a few readers, every commit on disk.

use super::StorageError;
use diesel::connection::SimpleConnection;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Pool};
use diesel::{Connection, SqliteConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

/// The connection that the queries are compiled for.
pub(super) type Conn = SqliteConnection;

#[expect(
    clippy::duplicate_mod,
    reason = "the queries are compiled once for each backend"
)]
#[path = "queries/mod.rs"]
pub(super) mod queries;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

const PRAGMAS: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
    PRAGMA foreign_keys = ON; PRAGMA recursive_triggers = ON; PRAGMA wal_autocheckpoint = 8000; \
    PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 268435456; PRAGMA cache_size = -65536;";

#[derive(Debug)]
struct Reader;

impl CustomizeConnection<Conn, diesel::r2d2::Error> for Reader {
    fn on_acquire(&self, conn: &mut Conn) -> Result<(), diesel::r2d2::Error> {
        conn.batch_execute(PRAGMAS)
            .and_then(|()| conn.batch_execute("PRAGMA query_only = ON;"))
            .map_err(diesel::r2d2::Error::QueryError)
    }
}

/// Opens the file, creating it when it is not there.
pub(super) fn open(
    path: &str,
    readers: u32,
) -> Result<(Conn, Pool<ConnectionManager<Conn>>), StorageError> {
    let mut writer = Conn::establish(path)?;
    writer.batch_execute(PRAGMAS)?;
    writer
        .run_pending_migrations(MIGRATIONS)
        .map_err(|e| StorageError::Migration(e.to_string()))?;
    let pool = Pool::builder()
        .max_size(readers)
        .min_idle(Some(0))
        .connection_customizer(Box::new(Reader))
        .build(ConnectionManager::new(path))?;
    Ok((writer, pool))
}

/// A transaction that takes the write lock first, so that it never fails half-way for it.
pub(super) fn write<T, E: From<StorageError>>(
    conn: &mut Conn,
    work: impl FnOnce(&mut Conn) -> Result<T, E>,
) -> Result<T, E> {
    let mut outcome = None;
    let committed = conn.immediate_transaction(|c| super::tx::attempt(work(c), &mut outcome));
    super::tx::settle(outcome, committed)
}

/// A consistent view.
#[expect(
    clippy::disallowed_methods,
    reason = "storage is where transactions are opened"
)]
pub(super) fn read<T, E: From<StorageError>>(
    conn: &mut Conn,
    work: impl FnOnce(&mut Conn) -> Result<T, E>,
) -> Result<T, E> {
    let mut outcome = None;
    let committed = conn.transaction(|c| {
        outcome = Some(work(c));
        Ok(())
    });
    super::tx::settle(outcome, committed)
}
