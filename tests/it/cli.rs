//! The command line as people and scripts meet it: the real binary, its texts and exit codes.

mod books;
mod campaigns;
mod import;
mod programs;

use crate::support::repo;
use serde_json::Value as Json;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

static NEXT: AtomicU32 = AtomicU32::new(1);

/// A folder with a book, where commands are run.
struct Desk {
    folder: PathBuf,
}

/// What a command came to.
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Desk {
    /// An empty folder; its book is made by the first command that writes.
    fn new() -> Self {
        let no = NEXT.fetch_add(1, Ordering::SeqCst);
        let folder =
            std::env::temp_dir().join(format!("vouchsafe-desk-{}-{no}", std::process::id()));
        std::fs::create_dir(&folder).unwrap();
        Self { folder }
    }

    /// A file in the folder.
    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.join(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.join(name)).unwrap()
    }

    fn url(&self) -> String {
        format!("sqlite:{}", self.folder.join("vouchsafe.db").display())
    }

    /// A command line, ready to be started in the folder.
    fn command(&self, line: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vouchsafe"));
        command
            .args(line)
            .current_dir(&self.folder)
            .stdin(Stdio::null());
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy();
            if name.starts_with("VOUCHSAFE_") || name == "DATABASE_URL" {
                command.env_remove(&*name);
            }
        }
        command
    }

    fn run(&self, line: &[&str]) -> Ran {
        let Output {
            status,
            stdout,
            stderr,
        } = self.command(line).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran {
            code: status.code(),
            out: text(stdout),
            err: text(stderr),
        }
    }

    /// Runs a command that must go well; its JSON.
    fn json(&self, line: &[&str]) -> Json {
        let line = [line, &["--json"]].concat();
        self.run(&line).expect(0).json()
    }
}

impl Ran {
    fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}{}", self.out, self.err);
        self
    }

    fn json(&self) -> Json {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {}{}", self.out, self.err))
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

#[test]
fn a_book_that_is_not_there_is_not_made_by_looking_for_it() {
    let desk = Desk::new();
    let ran = desk.run(&["ledger", "verify"]).expect(2);
    insta::assert_snapshot!(ran.err, @r"
    error: there is no book at vouchsafe.db
      help: make it with `vouchsafe migrate`, or name another with --database-url
    ");
    assert!(!desk.folder.join("vouchsafe.db").exists());
    desk.run(&["migrate"]).expect(0);
    desk.run(&["ledger", "verify"]).expect(0);
}

#[test]
fn a_database_that_does_not_answer_is_exit_code_3_and_an_error_of_json_when_asked_for() {
    let desk = Desk::new();
    // Nothing listens on port 1.
    let line = [
        "ledger",
        "verify",
        "--json",
        "--database-url",
        "postgres://127.0.0.1:1/none",
    ];
    let ran = desk.run(&line).expect(3);
    assert_eq!(ran.out, "");
    let error: Json = serde_json::from_str(&ran.err).unwrap();
    assert_eq!(error["error"]["kind"], "peer_failed");
    assert!(
        error["error"]["message"]
            .as_str()
            .unwrap()
            .contains("could not be opened")
    );
}

#[test]
fn a_reader_that_stops_reading_is_no_failure() {
    let desk = Desk::new();
    desk.run(&["program", "activate", "everyday-commission"])
        .expect(0);
    let mut child = desk
        .command(&["program", "show", "everyday-commission"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn a_tracking_plan_may_be_added_to_but_not_taken_from_once_facts_are_there() {
    let desk = Desk::new();
    let standard = repo("rules/plans/standard.toml");
    desk.write("less.toml", &standard.replace("method = \"text\", ", ""));
    desk.write(
        "more.toml",
        &format!("{standard}\n[types.gave_blood]\nfrom = \"server\"\n"),
    );
    desk.run(&["migrate", "--plan", "less.toml"]).expect(0);
    desk.run(&["migrate", "--plan", "more.toml"]).expect(0);
    desk.write("facts.csv", "type,member,at\ngave_blood,ann,2017-06-01\n");
    desk.run(&["import", "facts", "facts.csv", "--create-members"])
        .expect(0);
    let ran = desk.run(&["migrate", "--plan", "less.toml"]).expect(2);
    insta::assert_snapshot!(ran.err, @r"
    error: less.toml: the fact type `gave_blood` is gone, but facts under the plan in force are in the book
      help: once facts are there, a plan may only be added to
    ");
    assert_eq!(desk.json(&["migrate"])["fact_types"], 16);
}

#[test]
fn a_key_shows_its_secret_once_and_is_revoked_by_name() {
    let desk = Desk::new();
    let made = desk.json(&["key", "create", "shop", "--role", "service"]);
    assert!(made["secret"].as_str().unwrap().starts_with("vs_"));
    let twice = desk
        .run(&["key", "create", "shop", "--role", "service"])
        .expect(2);
    assert!(
        twice.err.contains("there is already a key called `shop`"),
        "{}",
        twice.err
    );
    let role = desk
        .run(&["key", "create", "x", "--role", "finence"])
        .expect(2);
    assert!(role.err.contains("'finance'"), "{}", role.err);
    desk.run(&["key", "revoke", "shop"]).expect(0);
    desk.run(&["key", "revoke", "shop"]).expect(1);
    let list = desk.json(&["key", "list"]);
    assert!(list[0]["live"] == false && list[0].get("secret").is_none());
}

#[test]
fn every_command_explains_itself() {
    let desk = Desk::new();
    let mut lines: Vec<Vec<String>> = vec![Vec::new()];
    let mut seen = 0;
    while let Some(line) = lines.pop() {
        let words: Vec<&str> = line.iter().map(String::as_str).chain(["--help"]).collect();
        let help = desk.run(&words).expect(0).out;
        assert!(help.contains("--database-url"), "{line:?}: {help}");
        seen += 1;
        let commands = help.split("Commands:\n").nth(1).unwrap_or_default();
        let commands = commands.lines().take_while(|l| l.starts_with("  "));
        let names = commands
            .filter(|l| !l.starts_with("   "))
            .filter_map(|l| l.split_whitespace().next());
        lines.extend(
            names
                .filter(|n| *n != "help")
                .map(|n| [line.clone(), vec![n.to_owned()]].concat()),
        );
    }
    assert!(seen >= 40, "only {seen} commands were found");
}
