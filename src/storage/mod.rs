//! Storage: diesel lives here and nowhere else. The same queries are compiled once for SQLite and
//! once for PostgreSQL; services get a [`Tx`] and never see which.

#[cfg(not(any(feature = "sqlite", feature = "postgres")))]
compile_error!("choose at least one database: --features sqlite, --features postgres, or both");

pub mod admin;
pub mod error;
#[cfg(feature = "postgres")]
mod pg;
pub mod rows;
pub mod schema;
#[cfg(feature = "sqlite")]
mod sqlite;
mod tx;

pub use error::StorageError;
pub use tx::Tx;

use diesel::r2d2::{ConnectionManager, Pool};
use std::sync::{Arc, Mutex, PoisonError};

/// An open database.
#[derive(Clone)]
pub struct Store(Backend);

#[derive(Clone)]
enum Backend {
    #[cfg(feature = "sqlite")]
    Sqlite {
        writer: Arc<Mutex<sqlite::Conn>>,
        readers: Pool<ConnectionManager<sqlite::Conn>>,
    },
    #[cfg(feature = "postgres")]
    Pg(Pool<ConnectionManager<pg::Conn>>),
}

/// Connections of a pool.
const POOL: u32 = 8;

impl Store {
    /// Opens `sqlite:PATH`, a plain path, or `postgres://…`, and brings its tables up to date.
    ///
    /// # Errors
    /// [`StorageError`] when the database cannot be reached or migrated.
    pub fn open(url: &str) -> Result<Self, StorageError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            #[cfg(feature = "postgres")]
            return Ok(Self(Backend::Pg(pg::open(url, POOL)?)));
            #[cfg(not(feature = "postgres"))]
            return Err(StorageError::NoBackend("postgres"));
        }
        #[cfg(feature = "sqlite")]
        {
            let path = url
                .strip_prefix("sqlite://")
                .or_else(|| url.strip_prefix("sqlite:"))
                .unwrap_or(url);
            let (writer, readers) = sqlite::open(path, POOL)?;
            Ok(Self(Backend::Sqlite {
                writer: Arc::new(Mutex::new(writer)),
                readers,
            }))
        }
        #[cfg(not(feature = "sqlite"))]
        Err(StorageError::NoBackend("sqlite"))
    }

    /// The backend in a word.
    #[must_use]
    pub const fn backend(&self) -> &'static str {
        match &self.0 {
            #[cfg(feature = "sqlite")]
            Backend::Sqlite { .. } => "sqlite",
            #[cfg(feature = "postgres")]
            Backend::Pg(_) => "postgres",
        }
    }

    /// Runs `work` in one writing transaction; an error rolls all of it back.
    ///
    /// # Errors
    /// What `work` gave, or [`StorageError`] of the transaction itself.
    pub fn write<T, E: From<StorageError>>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        match &self.0 {
            #[cfg(feature = "sqlite")]
            Backend::Sqlite { writer, .. } => {
                let mut conn = writer.lock().unwrap_or_else(PoisonError::into_inner);
                sqlite::write(&mut conn, |c| work(&mut Tx::Sqlite(c)))
            }
            #[cfg(feature = "postgres")]
            Backend::Pg(pool) => {
                let mut conn = pool.get().map_err(StorageError::from)?;
                pg::write(&mut conn, |c| work(&mut Tx::Pg(c)))
            }
        }
    }

    /// Runs `work` on one consistent view of the database.
    ///
    /// # Errors
    /// What `work` gave, or [`StorageError`] of the transaction itself.
    pub fn read<T, E: From<StorageError>>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        match &self.0 {
            #[cfg(feature = "sqlite")]
            Backend::Sqlite { readers, .. } => {
                let mut conn = readers.get().map_err(StorageError::from)?;
                sqlite::read(&mut conn, |c| work(&mut Tx::Sqlite(c)))
            }
            #[cfg(feature = "postgres")]
            Backend::Pg(pool) => {
                let mut conn = pool.get().map_err(StorageError::from)?;
                pg::read(&mut conn, |c| work(&mut Tx::Pg(c)))
            }
        }
    }
}
