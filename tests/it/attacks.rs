//! Tries to break the books with raw SQL, on each backend.

use crate::support::{Book, Database, repo};
use serde_json::json;
use vouchsafe::storage::admin::execute_raw;

const START: &str = "2017-06-01T00:00:00+08:00";

/// A book with one granted two-level reward, and the address of its database.
fn with_book(test: impl Fn(&Book, &str)) {
    for database in [Some(Database::sqlite()), Database::postgres()]
        .into_iter()
        .flatten()
    {
        let url = database.url.clone();
        let book = Book::open(database, START);
        book.activate(&repo("rules/programs/everyday-commission.toml"));
        book.members(&[["a", ""], ["b", "a"], ["c", "b"]]);
        let properties =
            json!({"amount": "50000.00", "term_days": 180, "product": "fixed", "ref": "r1"});
        book.fact(
            "i1",
            "invested",
            "c",
            "2017-06-10T10:00:00+08:00",
            properties,
        );
        test(&book, &url);
    }
}

#[test]
fn what_was_written_stays_written() {
    with_book(|book, url| {
        for table in [
            "facts",
            "fact_keys",
            "commands",
            "reward_events",
            "journals",
            "transfers",
        ] {
            let column = match table {
                "transfers" => "amount_minor = amount_minor + 1",
                "fact_keys" => "value = 'x'",
                "reward_events" => "minor = 1",
                _ => "recorded_at = 0",
            };
            let update = execute_raw(url, &format!("UPDATE {table} SET {column}"))
                .unwrap_err()
                .to_string();
            assert!(update.contains("append only"), "{table}: {update}");
            let delete = execute_raw(url, &format!("DELETE FROM {table}"))
                .unwrap_err()
                .to_string();
            assert!(delete.contains("append only"), "{table}: {delete}");
        }
        book.assert_sound();
    });
}

#[test]
fn the_database_itself_refuses_what_the_invariants_forbid() {
    with_book(|book, url| {
        let attacks = [
            ("a third level", "UPDATE rewards SET distance = 3"),
            (
                "an overspent budget",
                "UPDATE budgets SET spent_minor = cap_minor + 1",
            ),
            (
                "an overdrawn member",
                "UPDATE accounts SET balance_minor = -1 WHERE kind = 'pending'",
            ),
            (
                "a transfer of nothing",
                "INSERT INTO transfers SELECT journal_id, 2, debit_account, credit_account, commodity, 0 FROM transfers",
            ),
            (
                "a transfer to itself",
                "INSERT INTO transfers SELECT journal_id, 2, debit_account, debit_account, commodity, 1 FROM transfers",
            ),
            (
                "a transfer in another commodity",
                "INSERT INTO transfers SELECT journal_id, 2, debit_account, credit_account, 'EUR', 1 FROM transfers",
            ),
            (
                "a second effect of one event",
                "INSERT INTO journals SELECT id + 1000, seq, line, kind, reward_id, value_at, recorded_at FROM journals",
            ),
            (
                "a fact twice",
                "INSERT INTO facts SELECT seq + 1000, event_id, body_hash, kind, member_id, occurred_at, recorded_at, fields FROM facts",
            ),
            ("self-referral", "UPDATE members SET referrer_id = id"),
        ];
        for (what, sql) in attacks {
            assert!(
                execute_raw(url, sql).is_err(),
                "the database let {what} through"
            );
        }
        book.assert_sound();
    });
}

#[test]
fn a_cent_altered_behind_the_triggers_is_found_and_named() {
    with_book(|book, url| {
        execute_raw(
            url,
            "UPDATE rewards SET amount_minor = amount_minor + 1 WHERE id = 1",
        )
        .unwrap();
        let report = book
            .engine
            .store()
            .read(|tx| vouchsafe::engine::replay::replay(tx, |_| {}))
            .unwrap();
        assert!(!report.identical);
        assert!(
            report.first.iter().any(|d| d.starts_with("reward 1:")),
            "{:?}",
            report.first
        );
        let verified = book
            .engine
            .store()
            .read(|tx| {
                let version = tx.see_sequencer()?.catalog_version;
                let loaded = book.engine.loaded(tx, version)?;
                vouchsafe::ledger::verify::verify(tx, &loaded.currencies)
            })
            .unwrap();
        assert!(
            !verified.balanced && verified.first[0].contains("pending"),
            "{:?}",
            verified.first
        );
    });
}

#[test]
fn an_altered_fact_is_found_by_its_hash() {
    with_book(|book, url| {
        let disarm = if url.starts_with("postgres") {
            "ALTER TABLE facts DISABLE TRIGGER facts_append_only"
        } else {
            "DROP TRIGGER facts_no_update"
        };
        execute_raw(url, disarm).unwrap();
        execute_raw(
            url,
            "UPDATE facts SET fields = REPLACE(fields, 'n:50000', 'n:50001')",
        )
        .unwrap();
        let report = book
            .engine
            .store()
            .read(|tx| vouchsafe::engine::replay::replay(tx, |_| {}))
            .unwrap();
        assert!(
            report
                .first
                .iter()
                .any(|d| d.contains("event `i1`") && d.contains("altered")),
            "{:?}",
            report.first
        );
    });
}
