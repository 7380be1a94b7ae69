//! The books: trial balance, last check, and one journal.

use askama::Template;

use super::states::LedgerHealth;
use super::{Moment, Shell};

/// `/fin/ledger`: the trial balance, the last check and the latest journals.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/ledger.html")]
pub struct LedgerPage {
    /// What surrounds the content.
    pub shell: Shell,
    /// The moment the balances hold for.
    pub as_of: Moment,
    /// What the last check found.
    pub health: LedgerHealth,
    /// When it ran; `None` if none has.
    pub checked_at: Option<Moment>,
    /// What it found wrong, a sentence each, in the page's language.
    pub problems: Vec<String>,
    /// How many journals are booked.
    pub journal_count: String,
    /// How many postings they hold.
    pub posting_count: String,
    /// The accounts with a balance or a turnover, in chart order.
    pub accounts: Vec<TrialRow>,
    /// The sums, one row a commodity.
    pub totals: Vec<TrialTotal>,
    /// The latest journals, newest first.
    pub journals: Vec<JournalRow>,
}

/// One account of the trial balance. Amounts are formatted, and empty where zero.
#[derive(Clone, Debug)]
pub struct TrialRow {
    /// The account's code or path.
    pub account: String,
    /// Its name in the page's language.
    pub name: String,
    /// The currency or commodity.
    pub commodity: String,
    /// Sum of the debits.
    pub debit: String,
    /// Sum of the credits.
    pub credit: String,
    /// Debits less credits.
    pub balance: String,
}

/// The sums of one commodity, formatted.
#[derive(Clone, Debug)]
pub struct TrialTotal {
    /// The currency or commodity.
    pub commodity: String,
    /// Sum of all debits.
    pub debit: String,
    /// Sum of all credits, equal to the debits in books that balance.
    pub credit: String,
    /// Their difference: zero in books that balance.
    pub difference: String,
}

/// A journal in a list.
#[derive(Clone, Debug)]
pub struct JournalRow {
    /// The id in its URL.
    pub id: String,
    /// Its number in the total order.
    pub seq: String,
    /// What kind of booking, in the page's language.
    pub kind: String,
    /// The booking day, ISO.
    pub booked_on: String,
    /// The sum of its transfers, formatted, one text if it has one commodity.
    pub amount: String,
    /// The reward it books; `None` for other bookings.
    pub reward: Option<String>,
}

/// `/fin/ledger/{id}`: one journal with its transfers.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/journal.html")]
pub struct JournalPage {
    /// What surrounds the content.
    pub shell: Shell,
    /// The journal in short.
    pub journal: JournalRow,
    /// The value day, ISO.
    pub value_on: String,
    /// When it was recorded.
    pub recorded_at: Moment,
    /// Who or what booked it.
    pub actor: String,
    /// The approval it rests on, if it needed one.
    pub approval: Option<String>,
    /// The fact that caused it, if one did.
    pub fact: Option<String>,
    /// The program and version that decided it, such as `p2p-invite-2027q1, version 4`.
    pub program: Option<String>,
    /// The key under which it can be booked only once.
    pub idempotency_key: String,
    /// The hash over all its fields and transfers, hexadecimal.
    pub payload_hash: String,
    /// The journal that this one reverses.
    pub reverses: Option<String>,
    /// The journal that reverses this one.
    pub reversed_by: Option<String>,
    /// The transfers in line order.
    pub transfers: Vec<TransferRow>,
}

/// One transfer: the same amount on both sides.
#[derive(Clone, Debug)]
pub struct TransferRow {
    /// Its line, counted from 1.
    pub line: String,
    /// The account that is debited.
    pub debit: String,
    /// The account that is credited.
    pub credit: String,
    /// The currency or commodity.
    pub commodity: String,
    /// The amount, formatted.
    pub amount: String,
}
