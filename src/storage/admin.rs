//! What an operator does to a server rather than to a book.

use super::StorageError;

/// Creates a database on the PostgreSQL server of `url`.
///
/// # Errors
/// [`StorageError`] when the server refuses, or the name is not made of a-z, 0-9 and `_`.
#[cfg(feature = "postgres")]
pub fn create_database(url: &str, name: &str) -> Result<(), StorageError> {
    use diesel::Connection;
    use diesel::connection::SimpleConnection;
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if name.is_empty() || !name.chars().all(fits) {
        return Err(StorageError::Corrupt(format!(
            "`{name}` cannot be the name of a database"
        )));
    }
    let mut conn = diesel::PgConnection::establish(url)?;
    conn.batch_execute(&format!("CREATE DATABASE {name}"))?;
    Ok(())
}

/// Runs statements as they are, for trying to break the book in tests and in the demonstration.
///
/// # Errors
/// [`StorageError`] when the database refuses them.
pub fn execute_raw(url: &str, statements: &str) -> Result<(), StorageError> {
    use diesel::Connection;
    use diesel::connection::SimpleConnection;
    #[cfg(feature = "postgres")]
    if url.starts_with("postgres") {
        diesel::PgConnection::establish(url)?.batch_execute(statements)?;
        return Ok(());
    }
    #[cfg(feature = "sqlite")]
    {
        let path = url
            .strip_prefix("sqlite://")
            .or_else(|| url.strip_prefix("sqlite:"))
            .unwrap_or(url);
        let mut conn = diesel::SqliteConnection::establish(path)?;
        conn.batch_execute(
            "PRAGMA busy_timeout = 5000; PRAGMA recursive_triggers = ON; PRAGMA foreign_keys = ON;",
        )?;
        conn.batch_execute(statements)?;
        Ok(())
    }
    #[cfg(not(feature = "sqlite"))]
    Err(StorageError::NoBackend("sqlite"))
}
