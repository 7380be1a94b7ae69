//! Members are created, changed, and bound to who referred them.

use super::codes::code_of;
use super::intake::Sent;
use crate::engine::{Deciding, Engine, EngineError, convert};
use crate::facts::intake::FieldProblem;
use crate::storage::rows::{BindingRow, ConsentRow, ContactRow, MemberRow};
use crate::storage::{StorageError, Tx};
use crate::types::{Instant, Member, MemberId, Text, Value};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// Members in one request.
pub const BATCH_MAX: usize = 1_000;
/// Steps upwards after which a chain of referrers is taken to have no end.
const CHAIN_MAX: usize = 1_000_000;

/// What became of one member that was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "status")]
pub enum Outcome {
    /// New.
    Created {
        /// External id.
        id: String,
        /// His referral code.
        code: String,
    },
    /// Was there already.
    Updated {
        /// External id.
        id: String,
        /// His referral code.
        code: String,
    },
    /// Nothing of it was kept.
    Refused {
        /// External id.
        id: String,
        /// What is wrong.
        problems: Vec<FieldProblem>,
    },
}

/// A member as a replay puts him in: his state after the input.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Recorded {
    /// Number.
    pub id: MemberId,
    /// External id.
    pub external: String,
    /// Who referred him.
    pub referrer: Option<MemberId>,
    /// When he registered, in microseconds.
    pub registered: Option<i64>,
    /// Attributes, encoded.
    pub attributes: String,
}

impl Recorded {
    fn of(row: &MemberRow) -> Self {
        Self {
            id: row.id,
            external: row.external_id.clone(),
            referrer: row.referrer_id,
            registered: row.registered_at,
            attributes: row.attributes.clone(),
        }
    }

    /// The member.
    ///
    /// # Errors
    /// [`StorageError::Corrupt`] when the attributes cannot be read.
    pub fn member(&self) -> Result<Member, StorageError> {
        Ok(Member {
            id: self.id,
            external: self.external.as_str().into(),
            referrer: self.referrer,
            registered: self.registered.map(Instant::from_micros),
            attributes: convert::decode_values(&self.attributes)?
                .into_iter()
                .collect(),
        })
    }
}

/// Creates or changes members, in order; each stands or falls by itself.
///
/// # Errors
/// [`EngineError`] when the database fails; then nothing has changed.
pub fn upsert(engine: &Engine, actor: &str, sent: &[Sent]) -> Result<Vec<Outcome>, EngineError> {
    engine.decide(|deciding| {
        let mut batch = Batch::open(deciding.tx, sent)?;
        let outcomes = sent
            .iter()
            .map(|s| batch.one(deciding, s))
            .collect::<Result<Vec<_>, _>>()?;
        batch.write(deciding, actor)?;
        Ok(outcomes)
    })
}

/// A batch of members being worked on.
struct Batch {
    rows: HashMap<String, MemberRow>,
    codes: HashMap<String, String>,
    created: Vec<String>,
    changed: Vec<String>,
    bound: Vec<(MemberId, MemberId, i64)>,
    contacts: Vec<ContactRow>,
    consents: Vec<ConsentRow>,
}

impl Batch {
    fn open(tx: &mut Tx<'_>, sent: &[Sent]) -> Result<Self, StorageError> {
        let mut ids: Vec<&str> = sent
            .iter()
            .flat_map(|s| [Some(&*s.id), s.referrer.as_deref()])
            .flatten()
            .collect();
        ids.sort_unstable();
        ids.dedup();
        let codes: Vec<&str> = sent
            .iter()
            .filter_map(|s| s.referral_code.as_deref())
            .collect();
        let mut rows: HashMap<String, MemberRow> = HashMap::new();
        let mut by_code = HashMap::new();
        for row in tx
            .members_by_external(&ids)?
            .into_iter()
            .chain(tx.members_by_code(&codes)?)
        {
            by_code.insert(row.code.clone(), row.external_id.clone());
            rows.insert(row.external_id.clone(), row);
        }
        Ok(Self {
            rows,
            codes: by_code,
            created: vec![],
            changed: vec![],
            bound: vec![],
            contacts: vec![],
            consents: vec![],
        })
    }

    fn one(
        &mut self,
        deciding: &mut Deciding<'_, '_>,
        sent: &Sent,
    ) -> Result<Outcome, EngineError> {
        let id = sent.id.to_string();
        let referrer = match self.referrer(sent) {
            Ok(referrer) => referrer,
            Err(problem) => {
                return Ok(Outcome::Refused {
                    id,
                    problems: vec![problem],
                });
            }
        };
        let known = self.rows.get(&id).cloned();
        if let Some(problem) = self.binding_problem(deciding.tx, known.as_ref(), referrer)? {
            return Ok(Outcome::Refused {
                id,
                problems: vec![problem],
            });
        }
        let new = known.is_none();
        let now = deciding.now().micros();
        let mut row = known.unwrap_or_else(|| {
            let number = deciding.next_member();
            MemberRow {
                id: number,
                external_id: id.clone(),
                code: code_of(number),
                referrer_id: None,
                registered_at: None,
                attributes: "{}".to_owned(),
                status: "active".to_owned(),
                created_at: now,
            }
        });
        if let Some(referrer) = referrer.filter(|r| row.referrer_id != Some(*r)) {
            row.referrer_id = Some(referrer);
            self.bound.push((
                row.id,
                referrer,
                sent.registered_at.map_or(now, Instant::micros),
            ));
        }
        row.registered_at = row
            .registered_at
            .or(sent.registered_at.map(Instant::micros));
        if !sent.attributes.is_empty() {
            let mut all: BTreeMap<Text, Value> = convert::decode_values(&row.attributes)?
                .into_iter()
                .collect();
            all.extend(sent.attributes.iter().cloned());
            row.attributes = convert::encode_values(&all);
        }
        self.personal(sent, row.id, now);
        let code = row.code.clone();
        self.codes.insert(code.clone(), id.clone());
        if new {
            self.created.push(id.clone());
        } else if !self.created.contains(&id) && !self.changed.contains(&id) {
            self.changed.push(id.clone());
        }
        self.rows.insert(id.clone(), row);
        Ok(if new {
            Outcome::Created { id, code }
        } else {
            Outcome::Updated { id, code }
        })
    }

    fn personal(&mut self, sent: &Sent, member: MemberId, now: i64) {
        if sent.name.is_some() || sent.phone.is_some() || sent.email.is_some() {
            let row = ContactRow {
                member_id: member,
                name: sent.name.clone(),
                phone: sent.phone.clone(),
                email: sent.email.clone(),
            };
            self.contacts.retain(|c| c.member_id != member);
            self.contacts.push(row);
        }
        for (channel, granted) in &sent.consents {
            self.consents
                .retain(|c| c.member_id != member || c.channel != *channel);
            self.consents.push(ConsentRow {
                member_id: member,
                channel: (*channel).to_owned(),
                granted: *granted,
                recorded_at: now,
                source: sent.consent_source.clone(),
            });
        }
    }

    fn referrer(&self, sent: &Sent) -> Result<Option<MemberId>, FieldProblem> {
        if let Some(code) = &sent.referral_code {
            let found = self.codes.get(code).and_then(|id| self.rows.get(id));
            return match found {
                Some(row) => Ok(Some(row.id)),
                None => Err(FieldProblem::new(
                    "referral_code",
                    format!("nobody has the code `{code}`"),
                )),
            };
        }
        match &sent.referrer {
            None => Ok(None),
            Some(id) => match self.rows.get(&**id) {
                Some(row) => Ok(Some(row.id)),
                None => Err(FieldProblem::new(
                    "referrer",
                    format!("there is no member `{id}`"),
                )),
            },
        }
    }

    fn binding_problem(
        &self,
        tx: &mut Tx<'_>,
        known: Option<&MemberRow>,
        referrer: Option<MemberId>,
    ) -> Result<Option<FieldProblem>, StorageError> {
        let (Some(row), Some(referrer)) = (known, referrer) else {
            return Ok(None);
        };
        if row.referrer_id.is_some_and(|r| r != referrer) {
            return Ok(Some(FieldProblem::new(
                "referrer",
                "the member already has another referrer; a change is a correction: `vouchsafe member correct`",
            )));
        }
        if row.referrer_id == Some(referrer) {
            return Ok(None);
        }
        let mut ids: HashMap<MemberId, &MemberRow> =
            self.rows.values().map(|r| (r.id, r)).collect();
        ids.retain(|id, _| *id != row.id);
        let pending = |id: MemberId| ids.get(&id).map(|r| r.referrer_id);
        cycle_problem(tx, row.id, referrer, pending)
    }

    fn write(self, deciding: &mut Deciding<'_, '_>, actor: &str) -> Result<(), EngineError> {
        let pick = |names: &[String]| -> Vec<MemberRow> {
            names
                .iter()
                .filter_map(|n| self.rows.get(n).cloned())
                .collect()
        };
        let (created, changed) = (pick(&self.created), pick(&self.changed));
        deciding.tx.insert_members(&created)?;
        deciding.tx.update_members(&changed)?;
        deciding.tx.upsert_contacts(&self.contacts)?;
        deciding.tx.upsert_consents(&self.consents)?;
        record(
            deciding,
            actor,
            created.iter().chain(&changed),
            &self.bound,
            "bound at registration",
        )
    }
}

/// Whether binding `member` to `referrer` would make a loop.
fn cycle_problem(
    tx: &mut Tx<'_>,
    member: MemberId,
    referrer: MemberId,
    pending: impl Fn(MemberId) -> Option<Option<MemberId>>,
) -> Result<Option<FieldProblem>, StorageError> {
    if member == referrer {
        return Ok(Some(FieldProblem::new(
            "referrer",
            "a member cannot refer himself",
        )));
    }
    let mut at = Some(referrer);
    for _step in 0..CHAIN_MAX {
        let Some(id) = at else { return Ok(None) };
        if id == member {
            return Ok(Some(FieldProblem::new(
                "referrer",
                "the referrer was himself referred, directly or not, by this member",
            )));
        }
        at = match pending(id) {
            Some(upline) => upline,
            None => tx.members_by_id(&[id])?.first().and_then(|m| m.referrer_id),
        };
    }
    Ok(None)
}

/// Records members as one input of the order, with their new links.
fn record<'r>(
    deciding: &mut Deciding<'_, '_>,
    actor: &str,
    rows: impl Iterator<Item = &'r MemberRow>,
    bound: &[(MemberId, MemberId, i64)],
    reason: &str,
) -> Result<(), EngineError> {
    let recorded: Vec<Recorded> = rows.map(Recorded::of).collect();
    if recorded.is_empty() {
        return Ok(());
    }
    for member in &recorded {
        deciding.put_member(member.member()?);
    }
    let body =
        serde_json::to_string(&recorded).map_err(|e| EngineError::Conflict(e.to_string()))?;
    let seq = deciding.command("members", actor, body);
    let recorded_at = deciding.now().micros();
    let links: Vec<BindingRow> = bound
        .iter()
        .map(|(referee, referrer, from)| BindingRow {
            seq,
            referee_id: *referee,
            referrer_id: Some(*referrer),
            effective_from: *from,
            recorded_at,
            actor: actor.to_owned(),
            reason: reason.to_owned(),
        })
        .collect();
    deciding.tx.insert_bindings(&links)?;
    Ok(())
}

/// Creates the members that registration facts name and that are not there; marks the time of
/// registration. Gives the members by external id.
///
/// # Errors
/// [`EngineError`] when the database fails.
pub(crate) fn register(
    deciding: &mut Deciding<'_, '_>,
    actor: &str,
    sent: &[Sent],
) -> Result<Vec<Outcome>, EngineError> {
    let mut batch = Batch::open(deciding.tx, sent)?;
    let outcomes = sent
        .iter()
        .map(|s| batch.one(deciding, s))
        .collect::<Result<Vec<_>, _>>()?;
    batch.write(deciding, actor)?;
    Ok(outcomes)
}

/// Corrects who referred a member: a further link from now on, never an overwrite.
///
/// # Errors
/// [`EngineError::Conflict`] for unknown members, a loop, or no reason.
pub fn correct(
    engine: &Engine,
    actor: &str,
    member: &str,
    referrer: Option<&str>,
    reason: &str,
) -> Result<(), EngineError> {
    if reason.trim().is_empty() {
        return Err(EngineError::Conflict(
            "a correction needs a reason".to_owned(),
        ));
    }
    engine.decide(|deciding| {
        let one = |tx: &mut Tx<'_>, id: &str| -> Result<MemberRow, EngineError> {
            let found = tx.members_by_external(&[id])?.into_iter().next();
            found.ok_or_else(|| EngineError::Conflict(format!("there is no member `{id}`")))
        };
        let mut row = one(deciding.tx, member)?;
        let referrer = referrer.map(|r| one(deciding.tx, r)).transpose()?;
        if let Some(referrer) = &referrer
            && let Some(problem) = cycle_problem(deciding.tx, row.id, referrer.id, |_| None)?
        {
            return Err(EngineError::Conflict(problem.problem));
        }
        row.referrer_id = referrer.map(|r| r.id);
        deciding.tx.update_members(std::slice::from_ref(&row))?;
        let now = deciding.now().micros();
        record(deciding, actor, std::iter::once(&row), &[], reason)?;
        let seq = deciding.command(
            "members.corrected",
            actor,
            serde_json::json!({"member": member, "reason": reason}).to_string(),
        );
        deciding.tx.insert_bindings(&[BindingRow {
            seq,
            referee_id: row.id,
            referrer_id: row.referrer_id,
            effective_from: now,
            recorded_at: now,
            actor: actor.to_owned(),
            reason: reason.to_owned(),
        }])?;
        Ok(())
    })
}
