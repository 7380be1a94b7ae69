//! API keys: a secret that is shown once, kept only as its hash.

use super::AccessError;
use super::roles::Role;
use crate::engine::{Engine, EngineError};
use crate::facts::service::hex;
use crate::ids;
use crate::storage::rows::ApiKeyRow;
use crate::types::MemberId;
use sha2::{Digest, Sha256};

/// What every secret begins with, so that scanners of source code find a leaked one.
const PREFIX: &str = "vs_";
/// Letters after the prefix, five random bits each: 160 bits.
const LETTERS: usize = 32;
/// Longest name of a key, in bytes.
const NAME_MAX: usize = 100;

/// Who makes a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// Number of the key.
    pub id: i64,
    /// Name of the key: what the log of commands records.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// The one member a member's key is bound to.
    pub member: Option<MemberId>,
}

/// The hash under which a secret is kept. It needs no salt: a secret holds 160 random bits.
#[must_use]
pub fn hash_of(secret: &str) -> String {
    hex(&Sha256::digest(secret.as_bytes()))
}

/// Creates a key and gives its secret, which nobody can read again. A member's key is bound to the
/// member of this external id; other keys name none.
///
/// # Errors
/// [`AccessError::Invalid`] when the name is empty, too long or taken, when there is no such
/// member, or when role and member do not go together.
pub fn create(
    engine: &Engine,
    name: &str,
    role: Role,
    member: Option<&str>,
) -> Result<String, AccessError> {
    let invalid = |field, problem: String| AccessError::Invalid { field, problem };
    if name.trim().is_empty() || name.len() > NAME_MAX || name.chars().any(char::is_control) {
        return Err(invalid(
            "name",
            format!("1 to {NAME_MAX} bytes of printable text are expected"),
        ));
    }
    if (role == Role::Member) != member.is_some() {
        return Err(invalid(
            "member",
            "a key of the role member names its member, and no other key names one".to_owned(),
        ));
    }
    let secret = format!("{PREFIX}{}", ids::token(LETTERS)?);
    let created = engine.decide(|deciding| {
        let keys = deciding.tx.api_keys()?;
        if keys.iter().any(|k| k.name == name) {
            return Ok(Some((
                "name",
                format!("there is already a key called `{name}`"),
            )));
        }
        let member_id = match member {
            None => None,
            Some(external) => match deciding.tx.members_by_external(&[external])?.first() {
                Some(row) => Some(row.id),
                None => return Ok(Some(("member", format!("there is no member `{external}`")))),
            },
        };
        let created_at = deciding.now().micros();
        deciding.tx.insert_api_key(&ApiKeyRow {
            id: keys.iter().map(|k| k.id).max().unwrap_or(0) + 1,
            name: name.to_owned(),
            role: role.word().to_owned(),
            hash: hash_of(&secret),
            member_id,
            created_at,
            revoked_at: None,
        })?;
        deciding.command(
            "key.created",
            "operator",
            serde_json::json!({"key": name, "role": role.word()}).to_string(),
        );
        Ok::<_, EngineError>(None)
    })?;
    match created {
        None => Ok(secret),
        Some((field, problem)) => Err(invalid(field, problem)),
    }
}

/// Who a secret belongs to; nobody when it is wrong or was revoked.
///
/// # Errors
/// [`AccessError`] when the database fails.
pub fn authenticate(engine: &Engine, secret: &str) -> Result<Option<Principal>, AccessError> {
    let letters = secret.strip_prefix(PREFIX).map_or(0, str::len);
    if letters != LETTERS {
        return Ok(None);
    }
    by_hash(engine, &hash_of(secret))
}

/// Who the secret with this hash belongs to; nobody when there is none or it was revoked.
///
/// # Errors
/// [`AccessError`] when the database fails.
pub fn by_hash(engine: &Engine, hash: &str) -> Result<Option<Principal>, AccessError> {
    let Some(row) = engine.store().read(|tx| tx.api_key(hash))? else {
        return Ok(None);
    };
    let unreadable = || {
        EngineError::Conflict(format!(
            "key {} has the unknown role `{}`",
            row.id, row.role
        ))
    };
    let role = Role::from_word(&row.role).ok_or_else(unreadable)?;
    Ok(Some(Principal {
        id: row.id,
        name: row.name,
        role,
        member: row.member_id,
    }))
}

/// Revokes a key by its name; whether there was one in force.
///
/// # Errors
/// [`AccessError`] when the database fails.
pub fn revoke(engine: &Engine, name: &str) -> Result<bool, AccessError> {
    let revoked = engine.decide(|deciding| {
        let at = deciding.now().micros();
        if deciding.tx.revoke_api_key(name, at)? == 0 {
            return Ok(false);
        }
        deciding.command(
            "key.revoked",
            "operator",
            serde_json::json!({"key": name}).to_string(),
        );
        Ok::<_, EngineError>(true)
    });
    Ok(revoked?)
}
