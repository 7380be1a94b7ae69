//! Facts and purchases from a file.

use super::super::{Context, Failure, Verdict, tick::TIMERS_MAX};
use super::memory::Memory;
use super::moment::with_offset;
use super::run::{Answer, BATCH_MAX, Entry, Sender, import};
use super::sheet::{Cells, Layout, Sheet};
use super::{FactOptions, Source};
use serde_json::{Map, json};
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use vouchsafe::clock::ManualClock;
use vouchsafe::engine::Engine;
use vouchsafe::facts::intake::{Event, FieldProblem, event};
use vouchsafe::facts::service::{Outcome, accept, hex, tick};
use vouchsafe::members::{intake as member_intake, service as members};
use vouchsafe::rules::Plan;
use vouchsafe::rules::plan::{FactType, FieldType};
use vouchsafe::types::{Instant, Text, Zone};

const PLAIN: [&str; 4] = ["id", "type", "member", "at"];
/// Hexadecimal digits of an id made from the content of a line.
const ID_DIGITS: usize = 32;

/// Imports a file of facts; of one type only if `purchases`.
///
/// # Errors
/// [`Failure`] when the file cannot be read or the book fails.
pub(super) fn run(
    context: &Context,
    source: &Source,
    options: &FactOptions,
    kind: Option<&str>,
) -> Result<Verdict, Failure> {
    let clock = options
        .replay_clock
        .then(|| Arc::new(ManualClock::new(Instant::from_micros(i64::MIN))));
    let book = match &clock {
        Some(clock) => context.making_at(Arc::<ManualClock>::clone(clock))?,
        None => context.making()?,
    };
    let engine = &*book.engine;
    if let Some(kind) = kind
        && !engine.plan().types.contains_key(kind)
    {
        let known: Vec<&str> = engine.plan().types.keys().map(|k| &**k).collect();
        return Err(
            Failure::input(format!("the tracking plan has no fact type `{kind}`"))
                .help(format!("fact types: {}", known.join(", "))),
        );
    }
    let sheet = Sheet::open(&source.file, &source.map, &layout(engine.plan(), kind))?;
    let currency = options.currency.as_deref();
    let replays = if clock.is_some() { "replayed" } else { "" };
    let words = [
        sheet.hash.as_str(),
        kind.unwrap_or(""),
        currency.unwrap_or(""),
        source.zone.name(),
        replays,
    ];
    let memory = Memory::of("facts", words.into_iter().chain(sheet.meaning()));
    let sender = Facts {
        context,
        engine,
        clock,
        zone: source.zone,
        kind: kind.map(str::to_owned),
        currency: currency.map(str::to_owned),
        create_members: options.create_members,
        actor: source.by.name(),
        twins: HashMap::new(),
        told: false,
    };
    import(context, source, engine, &sheet, memory, sender)
}

fn layout(plan: &Plan, kind: Option<&str>) -> Layout {
    let types = plan
        .types
        .iter()
        .filter(|(name, _)| kind.is_none_or(|k| k == &***name));
    let named: BTreeSet<&Text> = types.flat_map(|(_, t)| t.fields.keys()).collect();
    let bare = named
        .iter()
        .filter(|f| !PLAIN.contains(&&****f))
        .map(ToString::to_string);
    let full = named.iter().map(|f| format!("properties.{f}"));
    let fields = PLAIN
        .iter()
        .map(ToString::to_string)
        .chain(["currency".to_owned()])
        .chain(bare)
        .chain(full)
        .collect();
    let mut needed = vec!["at"];
    match kind.and_then(|k| plan.types.get(k)) {
        None => needed.push("type"),
        Some(declared) => {
            needed.extend(declared.about_member.then_some("member"));
        }
    }
    Layout { fields, needed }
}

struct Facts<'a> {
    context: &'a Context,
    engine: &'a Engine,
    /// Set to the time of the lines, when they are replayed.
    clock: Option<Arc<ManualClock>>,
    zone: Zone,
    kind: Option<String>,
    currency: Option<String>,
    create_members: bool,
    actor: String,
    /// How often each content was read, so that equal lines are facts of their own.
    twins: HashMap<String, u64>,
    told: bool,
}

impl Sender for Facts<'_> {
    type Item = Event;
    const KIND: &'static str = "facts";

    fn read(&mut self, cells: &Cells) -> Result<Event, Vec<FieldProblem>> {
        let content = self.id_of(cells);
        let plan = self.engine.plan();
        let kind = cells
            .get("type")
            .cloned()
            .or_else(|| self.kind.clone())
            .unwrap_or_default();
        let declared = plan.types.get(kind.as_str());
        let (mut whole, mut properties) = (Map::new(), Map::new());
        whole.insert("id".to_owned(), json!(content));
        whole.insert("type".to_owned(), json!(kind));
        for (field, text) in cells.iter().filter(|(field, _)| &***field != "type") {
            if PLAIN.contains(&&**field) {
                let text = if &**field == "at" {
                    with_offset(text, self.zone)
                } else {
                    text.clone()
                };
                whole.insert(field.to_string(), json!(text));
            } else {
                let name = field.strip_prefix("properties.").unwrap_or(field);
                let moment = declared
                    .and_then(|d| d.fields.get(name))
                    .is_some_and(|f| f.kind == FieldType::Instant);
                properties.insert(
                    name.to_owned(),
                    json!(if moment {
                        with_offset(text, self.zone)
                    } else {
                        text.clone()
                    }),
                );
            }
        }
        if let (Some(currency), Some(declared)) = (&self.currency, declared)
            && !properties.contains_key("currency")
            && has_money(declared, &properties)
        {
            properties.insert("currency".to_owned(), json!(currency));
        }
        whole.insert("properties".to_owned(), properties.into());
        event(plan, &whole.into())
    }

    fn arranges(&self) -> bool {
        self.clock.is_some()
    }

    fn arrange(&self, mut entries: Vec<Entry<Event>>) -> Vec<Entry<Event>> {
        if self.clock.is_some() {
            // The sort is stable: lines of one moment keep the order of the file.
            entries.sort_by_key(|e| e.item.at);
        }
        entries
    }

    /// In a replay a batch spans neither midnight nor a timer, so that what falls due between two
    /// days is decided between them.
    fn take(&mut self, waiting: &VecDeque<Entry<Event>>) -> Result<usize, Failure> {
        let Some(clock) = self.clock.clone() else {
            return Ok(waiting.len().min(BATCH_MAX));
        };
        let Some(first) = waiting.front().map(|e| e.item.at) else {
            return Ok(0);
        };
        self.tell_late(first)?;
        self.fire_until(&clock, first)?;
        let timer = self
            .engine
            .store()
            .read(|tx| tx.next_timer())?
            .map(Instant::from_micros);
        let day = self.zone.date(first);
        let together = |at: Instant| self.zone.date(at) == day && timer.is_none_or(|t| at < t);
        Ok(waiting
            .iter()
            .take(BATCH_MAX)
            .take_while(|e| together(e.item.at))
            .count())
    }

    fn send(&mut self, events: Vec<Event>) -> Result<Vec<Answer>, Failure> {
        let before = self.engine.store().read(|tx| tx.see_sequencer())?.next_seq;
        if let (Some(clock), Some(last)) = (&self.clock, events.iter().map(|e| e.at).max()) {
            clock.set(last);
        }
        if self.create_members {
            self.make_members(&events)?;
        }
        let mut seen = HashSet::new();
        let outcomes = accept(self.engine, &self.actor, &events)?;
        let answer = |outcome: Outcome| match outcome {
            Outcome::Accepted { seq, .. } if seq >= before && seen.insert(seq) => Answer::New,
            Outcome::Accepted { .. } => Answer::Already,
            Outcome::Conflict { seq, .. } => {
                let problem = format!(
                    "the id is in the book with another content, as fact {seq}: facts are never changed"
                );
                Answer::Refused(vec![FieldProblem::new("id", problem)])
            }
            Outcome::Refused { problems, .. } => Answer::Refused(problems),
        };
        Ok(outcomes.into_iter().map(answer).collect())
    }
}

fn has_money(declared: &FactType, properties: &Map<String, serde_json::Value>) -> bool {
    declared
        .fields
        .iter()
        .any(|(name, field)| field.kind == FieldType::Money && properties.contains_key(&**name))
}

impl Facts<'_> {
    /// An id made from what a line says and how often the file has said it before.
    fn id_of(&mut self, cells: &Cells) -> String {
        if let Some(id) = cells.get("id") {
            return id.clone();
        }
        let mut hasher = Sha256::new();
        let given = [("type", &self.kind), ("currency", &self.currency)];
        let given = given
            .iter()
            .filter(|(name, _)| !cells.contains_key(*name))
            .filter_map(|(name, v)| Some((*name, v.as_deref()?)));
        let said = cells.iter().map(|(field, text)| (&**field, text.as_str()));
        for (field, text) in said.chain(given).chain([("zone", self.zone.name())]) {
            for part in [field, text] {
                hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
                hasher.update(part.as_bytes());
            }
        }
        let digits: String = hex(&hasher.finalize()).chars().take(ID_DIGITS).collect();
        let times = self.twins.entry(digits.clone()).or_default();
        *times += 1;
        if *times == 1 {
            format!("csv-{digits}")
        } else {
            format!("csv-{digits}-{times}")
        }
    }

    /// Makes the members that a batch names and that neither the book nor a registration makes.
    fn make_members(&self, events: &[Event]) -> Result<(), Failure> {
        let mut names: Vec<&str> = events.iter().filter_map(|e| e.member.as_deref()).collect();
        names.sort_unstable();
        names.dedup();
        let there = self
            .engine
            .store()
            .read(|tx| tx.members_by_external(&names))?;
        let there: HashSet<&str> = there.iter().map(|r| r.external_id.as_str()).collect();
        let registered: HashSet<&str> = events
            .iter()
            .filter(|e| &*e.kind == "registered")
            .filter_map(|e| e.member.as_deref())
            .collect();
        let missing = names
            .into_iter()
            .filter(|n| !there.contains(n) && !registered.contains(n));
        let sent: Vec<_> = missing
            .filter_map(|id| member_intake::member(self.engine.plan(), &json!({"id": id})).ok())
            .collect();
        if !sent.is_empty() {
            members::upsert(self.engine, &self.actor, &sent)?;
        }
        Ok(())
    }

    /// Fires what is due until a moment, each day at its own end.
    fn fire_until(&self, clock: &ManualClock, until: Instant) -> Result<(), Failure> {
        while let Some(timer) = self
            .engine
            .store()
            .read(|tx| tx.next_timer())?
            .map(Instant::from_micros)
        {
            if timer > until {
                break;
            }
            let day = self.zone.date(timer);
            let end = day
                .succ_opt()
                .map_or(until, |next| self.zone.start_of_day(next));
            clock.set(end.min(until));
            while i64::try_from(tick(self.engine, TIMERS_MAX)?).unwrap_or(0) == TIMERS_MAX {}
        }
        Ok(())
    }

    /// Says once that the book is ahead of the file.
    fn tell_late(&mut self, first: Instant) -> Result<(), Failure> {
        if !std::mem::replace(&mut self.told, true) {
            let last = Instant::from_micros(
                self.engine
                    .store()
                    .read(|tx| tx.see_sequencer())?
                    .last_recorded_at,
            );
            if last > first {
                let text = format!(
                    "note: the book's last decision was at {last}; lines before that are decided at that time"
                );
                self.context.out.note(&text);
            }
        }
        Ok(())
    }
}
