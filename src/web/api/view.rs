//! What answers have in common: pages, parameters, names and amounts.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use actix_web::HttpRequest;
use serde::Serialize;
use serde_json::Value as Json;
use url::form_urlencoded;
use utoipa::ToSchema;

use crate::engine::{Engine, Loaded};
use crate::storage::Tx;
use crate::types::currency::show_minor;
use crate::types::{Instant, Text, Value};
use crate::web::error::{ApiError, Code};

/// Items of a page unless `limit` says otherwise.
const LIMIT_DEFAULT: i64 = 100;
/// Most items of a page.
pub const LIMIT_MAX: i64 = 1_000;

/// One page of a list.
#[derive(Serialize, ToSchema)]
pub struct Page<T> {
    /// The items in order.
    pub items: Vec<T>,
    /// What to give as `after` (or `before`) to get the next page; null on the last.
    pub next: Option<i64>,
}

/// Cuts what was fetched with one item too many to a page; `key` tells an item's place.
pub(super) fn page<R, T>(
    mut rows: Vec<R>,
    limit: i64,
    key: impl Fn(&R) -> i64,
    show: impl Fn(&R) -> T,
) -> Page<T> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(&key);
    Page {
        items: rows.iter().map(show).collect(),
        next,
    }
}

/// The parameters of an address.
pub(super) struct Params(HashMap<String, String>);

impl Params {
    /// Reads them.
    ///
    /// # Errors
    /// [`ApiError`] for one that is not in `known`, or given twice.
    pub(super) fn of(req: &HttpRequest, known: &[&str]) -> Result<Self, ApiError> {
        let mut found = HashMap::new();
        for (name, value) in form_urlencoded::parse(req.query_string().as_bytes()) {
            if !known.contains(&&*name) {
                let help = if known.is_empty() {
                    "this address takes none".to_owned()
                } else {
                    format!("known here: {}", known.join(", "))
                };
                return Err(ApiError::parameter(
                    &name,
                    format!("unknown parameter; {help}"),
                ));
            }
            if found
                .insert(name.clone().into_owned(), value.into_owned())
                .is_some()
            {
                return Err(ApiError::parameter(&name, "given twice"));
            }
        }
        Ok(Self(found))
    }

    /// A parameter as text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A parameter as a whole number from 0 up.
    pub(super) fn whole(&self, name: &str) -> Result<Option<i64>, ApiError> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        let number = text.parse().ok().filter(|n| *n >= 0);
        number
            .map(Some)
            .ok_or_else(|| ApiError::parameter(name, "a whole number from 0 up is expected"))
    }

    /// A parameter as an instant.
    pub(super) fn instant(&self, name: &str) -> Result<Option<Instant>, ApiError> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        Instant::parse(text)
            .map(Some)
            .map_err(|e| ApiError::parameter(name, e.to_string()))
    }

    /// How many items are wanted.
    pub(super) fn limit(&self) -> Result<i64, ApiError> {
        match self.whole("limit")? {
            None => Ok(LIMIT_DEFAULT),
            Some(n) if (1..=LIMIT_MAX).contains(&n) => Ok(n),
            Some(_) => Err(ApiError::parameter(
                "limit",
                format!("1 to {LIMIT_MAX} is expected"),
            )),
        }
    }
}

/// The items of a body that brings a list under `name`; nothing for a body that is one item.
///
/// # Errors
/// [`ApiError`] when the list is none, empty or longer than `most`.
pub(super) fn batch<'j>(
    body: &'j Json,
    name: &str,
    most: usize,
) -> Result<Option<&'j [Json]>, ApiError> {
    let Json::Object(map) = body else {
        return Err(ApiError::field(
            "",
            format!("a JSON object is expected: one item, or {{\"{name}\": […]}}"),
        ));
    };
    let Some(list) = map.get(name) else {
        return Ok(None);
    };
    if let Some(other) = map.keys().find(|k| *k != name) {
        return Err(ApiError::field(other, format!("unknown beside `{name}`")));
    }
    match list {
        Json::Array(items) if (1..=most).contains(&items.len()) => Ok(Some(items)),
        Json::Array(items) => Err(ApiError::field(
            name,
            format!("1 to {most} items are expected, and {} came", items.len()),
        )),
        _ => Err(ApiError::field(name, "a list is expected")),
    }
}

/// A value of a fact or attribute as JSON; numbers are decimal texts, so that no digit is lost.
pub(super) fn value(value: &Value) -> Json {
    match value {
        Value::Absent | Value::Span(_) => Json::Null,
        Value::Bool(b) => Json::Bool(*b),
        Value::Num(n) => Json::String(n.to_string()),
        Value::Text(t) => Json::String(t.to_string()),
        Value::Instant(at) => Json::String(at.to_string()),
        Value::Date(d) => Json::String(d.to_string()),
    }
}

/// Named values as a JSON object.
pub(super) fn values(list: &[(Text, Value)]) -> BTreeMap<String, Json> {
    list.iter()
        .map(|(name, v)| (name.to_string(), value(v)))
        .collect()
}

/// Names and decimals that rows speak of by number.
pub(crate) struct Names {
    /// Programs and currencies.
    pub(crate) loaded: Arc<Loaded>,
    members: HashMap<i64, String>,
}

impl Names {
    /// Fetches what is needed to show rows about these members.
    ///
    /// # Errors
    /// [`ApiError`] when the database fails.
    pub(crate) fn of(
        engine: &Engine,
        tx: &mut Tx<'_>,
        members: impl IntoIterator<Item = i64>,
    ) -> Result<Self, ApiError> {
        let mut ids: Vec<i64> = members.into_iter().collect();
        ids.sort_unstable();
        ids.dedup();
        let version = tx.see_sequencer()?.catalog_version;
        let loaded = engine.loaded(tx, version)?;
        let members = tx
            .members_by_id(&ids)?
            .into_iter()
            .map(|m| (m.id, m.external_id))
            .collect();
        Ok(Self { loaded, members })
    }

    /// The external id of a member.
    pub(crate) fn member(&self, id: i64) -> String {
        self.members.get(&id).cloned().unwrap_or_default()
    }

    /// Decimals of a currency of the book.
    pub(crate) fn exponent(&self, currency: &str) -> u8 {
        self.loaded
            .currencies
            .get(currency)
            .map_or(2, |(_, exponent)| *exponent)
    }

    /// An amount as a decimal text.
    pub(crate) fn amount(&self, minor: i64, currency: &str) -> String {
        show_minor(minor, self.exponent(currency))
    }
}

/// The number of a member of this external id.
///
/// # Errors
/// [`Code::NotFound`] when there is none.
pub(crate) fn member_row(
    tx: &mut Tx<'_>,
    external: &str,
) -> Result<crate::storage::rows::MemberRow, ApiError> {
    let found = tx.members_by_external(&[external])?.into_iter().next();
    found.ok_or_else(|| ApiError::not_found("member", external))
}

/// A moment of a row.
pub(crate) fn moment(micros: i64) -> String {
    Instant::from_micros(micros).to_string()
}

/// Text of JSON that the book keeps, as JSON.
pub(super) fn stored_json(text: &str) -> Result<Json, ApiError> {
    serde_json::from_str(text).map_err(|e| ApiError::internal(&e))
}

/// Refuses a body field that is empty.
pub(super) fn filled<'t>(field: &str, text: &'t str, most: usize) -> Result<&'t str, ApiError> {
    let trimmed = text.trim();
    if trimmed.is_empty() || text.len() > most {
        return Err(ApiError::field(
            field,
            format!("a text of 1 to {most} bytes is expected"),
        ));
    }
    Ok(trimmed)
}

/// An amount sent as text, in minor units of its currency.
///
/// # Errors
/// [`Code::Invalid`] with the field.
pub(super) fn minor(
    engine: &Engine,
    field: &str,
    amount: &str,
    currency: &str,
) -> Result<i64, ApiError> {
    let unknown = || {
        ApiError::field(
            "currency",
            format!(
                "`{currency}` is neither an ISO 4217 code nor a commodity of the tracking plan"
            ),
        )
    };
    let exponent = engine
        .plan()
        .currencies
        .exponent(currency)
        .ok_or_else(unknown)?;
    let exact =
        crate::types::Exact::parse(amount).map_err(|e| ApiError::field(field, e.to_string()))?;
    if !exact.fits(exponent) {
        return Err(ApiError::field(
            field,
            format!("more than {exponent} decimals for {currency}"),
        ));
    }
    exact.to_minor(exponent).map_err(|e| {
        ApiError::fields(
            Code::Invalid,
            vec![crate::facts::intake::FieldProblem::new(
                field,
                e.to_string(),
            )],
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_page_says_where_the_next_begins_and_the_last_says_nothing() {
        let show = |n: &i64| *n;
        let first = page(vec![1, 2, 3], 2, |n| *n, show);
        assert_eq!((first.items, first.next), (vec![1, 2], Some(2)));
        let last = page(vec![3], 2, |n| *n, show);
        assert_eq!((last.items, last.next), (vec![3], None));
    }

    #[test]
    fn a_body_with_the_list_is_a_batch_and_any_other_object_is_one_item() {
        let list = json!({"events": [{"id": "a"}]});
        assert_eq!(
            batch(&list, "events", 5).unwrap().map(<[Json]>::len),
            Some(1)
        );
        assert_eq!(batch(&json!({"id": "a"}), "events", 5).unwrap(), None);
        for (bad, field) in [
            (json!({"events": []}), "events"),
            (json!({"events": [1, 2]}), "events"),
            (json!({"events": {}}), "events"),
            (json!({"events": [1], "x": 1}), "x"),
            (json!([1]), ""),
        ] {
            assert_eq!(
                batch(&bad, "events", 1).unwrap_err().problems[0].field,
                field
            );
        }
    }
}
