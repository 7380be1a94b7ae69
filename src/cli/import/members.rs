//! Members from a file.

use super::super::{Context, Failure, Verdict};
use super::Source;
use super::memory::Memory;
use super::moment::with_offset;
use super::run::{Answer, BATCH_MAX, Entry, Sender, import};
use super::sheet::{Cells, Layout, Sheet};
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use vouchsafe::engine::{Engine, convert};
use vouchsafe::facts::intake::FieldProblem;
use vouchsafe::members::intake::{CHANNELS, Sent, member};
use vouchsafe::members::service::{Outcome, upsert};
use vouchsafe::rules::Plan;
use vouchsafe::rules::plan::FieldType;
use vouchsafe::storage::StorageError;
use vouchsafe::storage::rows::{ConsentRow, ContactRow, MemberRow};
use vouchsafe::types::{Text, Value, Zone};

const PLAIN: [&str; 8] = [
    "id",
    "referrer",
    "referral_code",
    "registered_at",
    "name",
    "phone",
    "email",
    "consent_source",
];

/// Imports a file of members.
///
/// # Errors
/// [`Failure`] when the file cannot be read or the book fails.
pub(super) fn run(context: &Context, source: &Source) -> Result<Verdict, Failure> {
    let book = context.making()?;
    let engine = &*book.engine;
    let layout = Layout {
        fields: fields(engine.plan()),
        needed: vec!["id"],
    };
    let sheet = Sheet::open(&source.file, &source.map, &layout)?;
    let parts = [sheet.hash.as_str(), source.zone.name()]
        .into_iter()
        .chain(sheet.meaning());
    let memory = Memory::of("members", parts);
    let sender = Members {
        engine,
        zone: source.zone,
        actor: source.by.name(),
    };
    import(context, source, engine, &sheet, memory, sender)
}

fn fields(plan: &Plan) -> Vec<String> {
    let consents = CHANNELS.iter().map(|c| format!("consents.{c}"));
    let full = plan.attributes.keys().map(|a| format!("attributes.{a}"));
    let bare = plan
        .attributes
        .keys()
        .filter(|a| !PLAIN.contains(&&***a))
        .map(ToString::to_string);
    PLAIN
        .iter()
        .map(|f| (*f).to_owned())
        .chain(consents)
        .chain(bare)
        .chain(full)
        .collect()
}

struct Members<'a> {
    engine: &'a Engine,
    zone: Zone,
    actor: String,
}

impl Sender for Members<'_> {
    type Item = Sent;
    const KIND: &'static str = "members";

    fn read(&mut self, cells: &Cells) -> Result<Sent, Vec<FieldProblem>> {
        let plan = self.engine.plan();
        let (mut whole, mut attributes, mut consents) = (Map::new(), Map::new(), Map::new());
        whole.insert("consent_source".to_owned(), json!("import"));
        for (field, text) in cells {
            if PLAIN.contains(&&**field) {
                let text = if &**field == "registered_at" {
                    with_offset(text, self.zone)
                } else {
                    text.clone()
                };
                whole.insert(field.to_string(), json!(text));
            } else if let Some(channel) = field.strip_prefix("consents.") {
                consents.insert(channel.to_owned(), yes_or_no(text));
            } else {
                let name = field.strip_prefix("attributes.").unwrap_or(field);
                let moment = plan.attributes.get(name) == Some(&FieldType::Instant);
                attributes.insert(
                    name.to_owned(),
                    json!(if moment {
                        with_offset(text, self.zone)
                    } else {
                        text.clone()
                    }),
                );
            }
        }
        whole.insert("attributes".to_owned(), attributes.into());
        whole.insert("consents".to_owned(), consents.into());
        member(plan, &whole.into())
    }

    fn arranges(&self) -> bool {
        true
    }

    /// Referrers before the members that they referred; a loop stays at the end, to be refused.
    fn arrange(&self, entries: Vec<Entry<Sent>>) -> Vec<Entry<Sent>> {
        let listed: HashSet<Text> = entries.iter().map(|e| e.item.id.clone()).collect();
        let mut placed: HashSet<Text> = HashSet::new();
        let mut waiting: HashMap<Text, Vec<Entry<Sent>>> = HashMap::new();
        let mut done = Vec::with_capacity(entries.len());
        for entry in entries {
            let needs = entry
                .item
                .referrer
                .clone()
                .filter(|r| listed.contains(r) && !placed.contains(r));
            if let Some(referrer) = needs {
                waiting.entry(referrer).or_default().push(entry);
                continue;
            }
            let mut free = vec![entry];
            while let Some(entry) = free.pop() {
                placed.insert(entry.item.id.clone());
                free.extend(
                    waiting
                        .remove(&entry.item.id)
                        .unwrap_or_default()
                        .into_iter()
                        .rev(),
                );
                done.push(entry);
            }
        }
        let mut loops: Vec<Entry<Sent>> = waiting.into_values().flatten().collect();
        loops.sort_by_key(|e| e.line);
        done.extend(loops);
        done
    }

    fn take(&mut self, waiting: &VecDeque<Entry<Sent>>) -> Result<usize, Failure> {
        Ok(waiting.len().min(BATCH_MAX))
    }

    fn send(&mut self, items: Vec<Sent>) -> Result<Vec<Answer>, Failure> {
        let known = Known::of(self.engine, &items)?;
        let same = items
            .iter()
            .map(|sent| known.says_all_of(sent))
            .collect::<Result<Vec<bool>, _>>()?;
        let news: Vec<Sent> = items
            .into_iter()
            .zip(&same)
            .filter(|(_, same)| !**same)
            .map(|(sent, _)| sent)
            .collect();
        let mut outcomes = upsert(self.engine, &self.actor, &news)?.into_iter();
        let answer = |same: bool| match if same { None } else { outcomes.next() } {
            None => Answer::Already,
            Some(Outcome::Created { .. }) => Answer::New,
            Some(Outcome::Updated { .. }) => Answer::Changed,
            Some(Outcome::Refused { problems, .. }) => Answer::Refused(problems),
        };
        Ok(same.into_iter().map(answer).collect())
    }
}

/// Words for yes and no; others stay, for the intake to refuse.
fn yes_or_no(text: &str) -> Json {
    match text.to_lowercase().as_str() {
        "true" | "yes" | "1" | "是" => json!(true),
        "false" | "no" | "0" | "否" => json!(false),
        _ => json!(text),
    }
}

/// What the book says of the members of a batch, so that sending the same again changes nothing.
struct Known {
    members: HashMap<String, MemberRow>,
    referrers: HashMap<i64, String>,
    contacts: HashMap<i64, ContactRow>,
    consents: Vec<ConsentRow>,
}

impl Known {
    fn of(engine: &Engine, items: &[Sent]) -> Result<Self, StorageError> {
        let names: Vec<&str> = items.iter().map(|s| &*s.id).collect();
        engine.store().read(|tx| {
            let rows = tx.members_by_external(&names)?;
            let ids: Vec<i64> = rows.iter().map(|r| r.id).collect();
            let upline: Vec<i64> = rows.iter().filter_map(|r| r.referrer_id).collect();
            let mut consents = Vec::new();
            for channel in CHANNELS {
                consents.extend(tx.consents(&ids, channel)?);
            }
            Ok(Self {
                referrers: tx
                    .members_by_id(&upline)?
                    .into_iter()
                    .map(|r| (r.id, r.external_id))
                    .collect(),
                contacts: tx
                    .contacts(&ids)?
                    .into_iter()
                    .map(|c| (c.member_id, c))
                    .collect(),
                members: rows
                    .into_iter()
                    .map(|r| (r.external_id.clone(), r))
                    .collect(),
                consents,
            })
        })
    }

    fn says_all_of(&self, sent: &Sent) -> Result<bool, StorageError> {
        let Some(row) = self.members.get(&*sent.id) else {
            return Ok(false);
        };
        let referrer = row.referrer_id.and_then(|id| self.referrers.get(&id));
        let bound = sent
            .referrer
            .as_deref()
            .is_none_or(|r| referrer.is_some_and(|known| known == r));
        let registered = sent.registered_at.is_none() || row.registered_at.is_some();
        let attributes: BTreeMap<Text, Value> = convert::decode_values(&row.attributes)?
            .into_iter()
            .collect();
        let described = sent
            .attributes
            .iter()
            .all(|(name, value)| attributes.get(name) == Some(value));
        let reach = (&sent.name, &sent.phone, &sent.email);
        let contact = self
            .contacts
            .get(&row.id)
            .map(|c| (&c.name, &c.phone, &c.email));
        let reached = reach == (&None, &None, &None) || contact == Some(reach);
        let agreed = sent.consents.iter().all(|(channel, granted)| {
            self.consents
                .iter()
                .any(|c| c.member_id == row.id && c.channel == *channel && c.granted == *granted)
        });
        Ok(sent.referral_code.is_none() && bound && registered && described && reached && agreed)
    }
}
