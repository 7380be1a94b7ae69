//! What decisions may look at, and what they change.

use super::reward::{Entry, Reward, Timer};
use crate::rules::eval::{Halt, World};
use crate::types::{Fact, Instant, Member, MemberId, Text, Tie, Value};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// A piece of state that a decision asked for and that is not loaded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Need {
    /// A member.
    Member(MemberId),
    /// Whom a member referred.
    Referees(MemberId),
    /// Facts of a type with a tie.
    Facts(Text, Tie),
    /// A fact by its number.
    Fact(i64),
    /// A reward by its key.
    Key(Text),
    /// A reward by its number.
    Reward(i64),
    /// Rewards that watch a fact type with a tie.
    Watch(Text, Tie),
    /// A counter of a limit.
    Counter(Text),
    /// Whether a member is treated in a campaign.
    Treated(i64, MemberId),
    /// Everybody's facts of a type between two moments, half open.
    Between(Text, Instant, Instant),
    /// The member with an external id.
    Called(Text),
}

/// A count and a sum of minor units.
pub type Used = (i64, i64);

/// State in memory: everything (`complete`), or what was loaded for a batch. Asking for what is
/// not loaded notes the need and stops the decision; the loader fetches all needs of a batch in
/// one query each and the decision is made again.
#[derive(Default)]
pub struct Snapshot {
    complete: bool,
    speculative: Cell<bool>,
    members: HashMap<MemberId, Option<Member>>,
    referees: HashMap<MemberId, Vec<MemberId>>,
    called: HashMap<Text, Option<MemberId>>,
    facts: HashMap<(Text, Tie), Vec<Arc<Fact>>>,
    /// Facts of a type by time and number: all of them in a complete state.
    by_time: HashMap<Text, BTreeMap<(Instant, i64), Arc<Fact>>>,
    between: HashMap<(Text, Instant, Instant), Vec<Arc<Fact>>>,
    by_seq: HashMap<i64, Arc<Fact>>,
    accepted: Vec<Arc<Fact>>,
    keys: HashMap<Text, Option<i64>>,
    rewards: HashMap<i64, Reward>,
    watches: HashMap<(Text, Tie), BTreeSet<i64>>,
    set_watches: Vec<(Text, Tie, i64)>,
    counters: HashMap<Text, Used>,
    budgets: BTreeMap<i64, Used>,
    treated: HashMap<(i64, MemberId), bool>,
    timers: BTreeSet<Timer>,
    next_reward: i64,
    needs: RefCell<BTreeSet<Need>>,
}

/// What one decision changes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// Rewards as they stand afterwards, by number.
    pub rewards: BTreeMap<i64, Reward>,
    /// What happened, in order.
    pub entries: Vec<Entry>,
    /// Counters as they stand afterwards.
    pub counters: BTreeMap<Text, Used>,
    /// Budgets as they stand afterwards: reserved and spent, by program number.
    pub budgets: BTreeMap<i64, Used>,
    /// Timers to set.
    pub timers: Vec<Timer>,
    /// Watches to set.
    pub watches: Vec<(Text, Tie, i64)>,
    /// Rewards that need no watch any more.
    pub unwatched: Vec<i64>,
    /// The number of the next reward.
    pub next_reward: i64,
}

/// The ties under which a fact is found: its member and each of its texts.
pub fn ties(fact: &Fact) -> impl Iterator<Item = Tie> + '_ {
    let fields = fact.fields.iter().filter_map(|(name, value)| match value {
        Value::Text(text) => Some(Tie::Field(name.clone(), text.clone())),
        _ => None,
    });
    fact.member.map(Tie::Member).into_iter().chain(fields)
}

impl Snapshot {
    /// An empty book that knows everything: what is not in it does not exist.
    #[must_use]
    pub fn complete() -> Self {
        Self {
            complete: true,
            next_reward: 1,
            ..Self::default()
        }
    }

    /// A window on a stored book, with the number of its next reward.
    #[must_use]
    pub fn partial(next_reward: i64, budgets: BTreeMap<i64, Used>) -> Self {
        Self {
            next_reward,
            budgets,
            ..Self::default()
        }
    }

    fn need<T>(&self, need: Need) -> Result<T, Halt> {
        self.needs.borrow_mut().insert(need);
        Err(Halt::Need)
    }

    /// Notes a need; while looking ahead, goes on with a guess, to find the next needs too.
    fn guess<T>(&self, need: Need, guess: T) -> Result<T, Halt> {
        self.needs.borrow_mut().insert(need);
        if self.speculative.get() {
            Ok(guess)
        } else {
            Err(Halt::Need)
        }
    }

    /// Looks ahead from here on: what is not loaded is noted and guessed. What is decided so is
    /// good for nothing but its needs.
    pub fn look_ahead(&self, on: bool) {
        self.speculative.set(on);
    }

    /// Whether decisions are made for their needs only.
    pub(super) fn is_looking_ahead(&self) -> bool {
        self.speculative.get()
    }

    /// How many needs are noted.
    #[must_use]
    pub fn needs_noted(&self) -> usize {
        self.needs.borrow().len()
    }

    /// What decisions asked for since the last call.
    pub fn take_needs(&mut self) -> BTreeSet<Need> {
        std::mem::take(self.needs.get_mut())
    }

    /// Puts a member in, replacing an older view of him.
    pub fn put_member(&mut self, id: MemberId, member: Option<Member>) {
        if let (true, Some(referrer)) = (self.complete, member.as_ref().and_then(|m| m.referrer)) {
            let list = self.referees.entry(referrer).or_default();
            if !list.contains(&id) {
                list.push(id);
            }
        }
        if let Some(member) = &member {
            self.called.insert(member.external.clone(), Some(id));
        }
        self.members.insert(id, member);
    }

    /// Whether a member was put in.
    #[must_use]
    pub fn has_member(&self, id: MemberId) -> bool {
        self.members.contains_key(&id)
    }

    /// Puts in whom a member referred.
    pub fn put_referees(&mut self, id: MemberId, referees: Vec<MemberId>) {
        self.referees.insert(id, referees);
    }

    /// Puts in the stored facts of a type with a tie; those accepted since are added.
    pub fn put_facts(&mut self, kind: Text, tie: Tie, mut stored: Vec<Arc<Fact>>) {
        let fits = |f: &&Arc<Fact>| f.kind == kind && ties(f).any(|t| t == tie);
        stored.extend(self.accepted.iter().filter(fits).cloned());
        self.facts.insert((kind, tie), stored);
    }

    /// Puts in everybody's stored facts of a type between two moments; those accepted since are
    /// added.
    pub fn put_between(
        &mut self,
        kind: Text,
        from: Instant,
        until: Instant,
        mut stored: Vec<Arc<Fact>>,
    ) {
        let fits = |f: &&Arc<Fact>| f.kind == kind && f.at >= from && f.at < until;
        stored.extend(self.accepted.iter().filter(fits).cloned());
        self.between.insert((kind, from, until), stored);
    }

    /// Puts in who has an external id, unless that is known already.
    pub fn put_called(&mut self, external: Text, member: Option<MemberId>) {
        self.called.entry(external).or_insert(member);
    }

    /// Puts in a stored fact by its number.
    pub fn put_fact(&mut self, fact: Arc<Fact>) {
        self.by_seq.insert(fact.seq, fact);
    }

    /// Puts in which reward, if any, stands under a key.
    pub fn put_key(&mut self, key: Text, reward: Option<i64>) {
        self.keys.entry(key).or_insert(reward);
    }

    /// Puts in a stored reward.
    pub fn put_reward(&mut self, reward: Reward) {
        self.rewards.entry(reward.id).or_insert(reward);
    }

    /// Puts in the stored rewards that watch a type with a tie; those set since are added.
    pub fn put_watch(&mut self, kind: Text, tie: Tie, mut rewards: BTreeSet<i64>) {
        rewards.extend(
            self.set_watches
                .iter()
                .filter(|(k, t, _)| *k == kind && *t == tie)
                .map(|(.., id)| *id),
        );
        self.watches.insert((kind, tie), rewards);
    }

    /// Puts in a counter.
    pub fn put_counter(&mut self, counter: Text, used: Used) {
        self.counters.entry(counter).or_insert(used);
    }

    /// Puts in whether a member is treated in a campaign.
    pub fn put_treated(&mut self, campaign: i64, member: MemberId, treated: bool) {
        self.treated.insert((campaign, member), treated);
    }

    /// Accepts a fact: from here on decisions see it.
    pub fn accept(&mut self, fact: &Arc<Fact>) {
        for tie in ties(fact) {
            let slot = (fact.kind.clone(), tie);
            if self.complete {
                self.facts.entry(slot).or_default().push(fact.clone());
            } else if let Some(list) = self.facts.get_mut(&slot) {
                list.push(fact.clone());
            }
        }
        self.by_seq.insert(fact.seq, fact.clone());
        if self.complete {
            let list = self.by_time.entry(fact.kind.clone()).or_default();
            list.insert((fact.at, fact.seq), fact.clone());
            return;
        }
        for ((kind, from, until), list) in &mut self.between {
            if *kind == fact.kind && *from <= fact.at && fact.at < *until {
                list.push(fact.clone());
            }
        }
        self.accepted.push(fact.clone());
    }

    /// Takes over what a decision changed.
    pub fn apply(&mut self, changes: &Changes) {
        for (id, reward) in &changes.rewards {
            self.keys.insert(reward.key.clone(), Some(*id));
            self.rewards.insert(*id, reward.clone());
        }
        self.counters
            .extend(changes.counters.iter().map(|(k, v)| (k.clone(), *v)));
        self.budgets
            .extend(changes.budgets.iter().map(|(k, v)| (*k, *v)));
        self.timers.extend(changes.timers.iter().cloned());
        for (kind, tie, id) in &changes.watches {
            let slot = (kind.clone(), tie.clone());
            if self.complete {
                self.watches.entry(slot).or_default().insert(*id);
            } else {
                if let Some(ids) = self.watches.get_mut(&slot) {
                    ids.insert(*id);
                }
                self.set_watches.push((slot.0, slot.1, *id));
            }
        }
        self.next_reward = changes.next_reward.max(self.next_reward);
    }

    /// Takes out the first timer that is due at `now`.
    pub fn next_timer(&mut self, now: Instant) -> Option<Timer> {
        let first = self.timers.first().filter(|t| t.at <= now)?.clone();
        self.timers.remove(&first);
        Some(first)
    }

    /// When the next timer is due.
    #[must_use]
    pub fn next_timer_at(&self) -> Option<Instant> {
        self.timers.first().map(|t| t.at)
    }

    /// Every reward, by number.
    #[must_use]
    pub fn rewards(&self) -> BTreeMap<i64, &Reward> {
        self.rewards.iter().map(|(id, r)| (*id, r)).collect()
    }

    pub(super) const fn next_reward(&self) -> i64 {
        self.next_reward
    }

    pub(super) fn budget(&self, program_no: i64) -> Used {
        self.budgets.get(&program_no).copied().unwrap_or_default()
    }

    pub(super) fn fact(&self, seq: i64) -> Result<Arc<Fact>, Halt> {
        match self.by_seq.get(&seq) {
            Some(fact) => Ok(fact.clone()),
            None if self.complete => Err(Halt::Fault(format!("fact {seq} is missing"))),
            None => self.need(Need::Fact(seq)),
        }
    }

    pub(super) fn reward(&self, id: i64) -> Result<&Reward, Halt> {
        match self.rewards.get(&id) {
            Some(reward) => Ok(reward),
            None if self.complete => Err(Halt::Fault(format!("reward {id} is missing"))),
            None => self.need(Need::Reward(id)),
        }
    }

    pub(super) fn key(&self, key: &Text) -> Result<Option<i64>, Halt> {
        match self.keys.get(key) {
            Some(found) => Ok(*found),
            None if self.complete => Ok(None),
            None => self.guess(Need::Key(key.clone()), None),
        }
    }

    pub(super) fn counter(&self, counter: &Text) -> Result<Used, Halt> {
        match self.counters.get(counter) {
            Some(used) => Ok(*used),
            None if self.complete => Ok((0, 0)),
            None => self.guess(Need::Counter(counter.clone()), (0, 0)),
        }
    }

    pub(super) fn watching(&self, kind: &Text, tie: Tie) -> Result<Vec<i64>, Halt> {
        match self.watches.get(&(kind.clone(), tie.clone())) {
            Some(ids) => Ok(ids.iter().copied().collect()),
            None if self.complete => Ok(Vec::new()),
            None => self.guess(Need::Watch(kind.clone(), tie), Vec::new()),
        }
    }

    pub(super) fn is_treated(&self, campaign: i64, member: MemberId) -> Result<bool, Halt> {
        match self.treated.get(&(campaign, member)) {
            Some(treated) => Ok(*treated),
            None if self.complete => Ok(false),
            None => self.guess(Need::Treated(campaign, member), true),
        }
    }
}

impl World for Snapshot {
    fn member(&self, id: MemberId) -> Result<Option<&Member>, Halt> {
        match self.members.get(&id) {
            Some(member) => Ok(member.as_ref()),
            None if self.complete => Ok(None),
            None => self.guess(Need::Member(id), None),
        }
    }

    fn facts(&self, kind: &str, tie: &Tie) -> Result<&[Arc<Fact>], Halt> {
        let slot = (Text::from(kind), tie.clone());
        match self.facts.get(&slot) {
            Some(list) => Ok(list),
            None if self.complete => Ok(&[]),
            None => self.guess(Need::Facts(slot.0, slot.1), &[]),
        }
    }

    fn referees(&self, id: MemberId) -> Result<&[MemberId], Halt> {
        match self.referees.get(&id) {
            Some(list) => Ok(list),
            None if self.complete => Ok(&[]),
            None => self.guess(Need::Referees(id), &[]),
        }
    }

    fn facts_between(
        &self,
        kind: &str,
        from: Instant,
        until: Instant,
    ) -> Result<Vec<Arc<Fact>>, Halt> {
        if from >= until {
            return Ok(Vec::new());
        }
        if self.complete {
            let list = self.by_time.get(kind).into_iter();
            let range = (from, i64::MIN)..(until, i64::MIN);
            let mut found: Vec<Arc<Fact>> = list
                .flat_map(|facts| facts.range(range.clone()).map(|(_, f)| f.clone()))
                .collect();
            found.sort_by_key(|f| f.seq);
            return Ok(found);
        }
        let slot = (Text::from(kind), from, until);
        match self.between.get(&slot) {
            Some(list) => Ok(list.clone()),
            None => self.guess(Need::Between(slot.0, from, until), Vec::new()),
        }
    }

    fn member_called(&self, external: &str) -> Result<Option<MemberId>, Halt> {
        match self.called.get(external) {
            Some(member) => Ok(*member),
            None if self.complete => Ok(None),
            None => self.guess(Need::Called(external.into()), None),
        }
    }
}
