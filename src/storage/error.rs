//! What can go wrong with the database.

/// An error of storage. Its text is for operators and logs, never for clients.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The database refused or failed.
    #[error("the database failed: {0}")]
    Database(#[from] diesel::result::Error),
    /// No connection could be had.
    #[error("no database connection: {0}")]
    Pool(#[from] diesel::r2d2::PoolError),
    /// The database could not be opened.
    #[error("the database could not be opened: {0}")]
    Connection(#[from] diesel::ConnectionError),
    /// Tables could not be brought up to date.
    #[error("the tables could not be brought up to date: {0}")]
    Migration(String),
    /// The database of this address was not compiled in.
    #[error("this build has no support for {0}: build with `--features {0}`")]
    NoBackend(&'static str),
    /// A stored value cannot be read.
    #[error("a stored value cannot be read: {0}")]
    Corrupt(String),
}

impl StorageError {
    /// Whether the database refused these very rows, so that one of them alone may be at fault.
    #[must_use]
    pub const fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Database(diesel::result::Error::DatabaseError(..))
        )
    }

    /// Whether a row of this key is already there.
    #[must_use]
    pub const fn is_duplicate(&self) -> bool {
        use diesel::result::DatabaseErrorKind::UniqueViolation;
        matches!(
            self,
            Self::Database(diesel::result::Error::DatabaseError(UniqueViolation, _))
        )
    }
}
