//! Peers the providers talk to: a real Kannel, Postfix's `smtp-sink`, a TLS server of
//! OpenSSL, and servers that misbehave on purpose.
//!
//! A real peer that is not installed gives `None` after one loud line on stderr.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what fails in a helper of a test must fail the test"
)]

mod kannel;
mod mail;

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

pub(crate) use kannel::{Kannel, joined};
pub(crate) use mail::{SmtpSink, TlsServer};

/// How long a condition may take to come true before the test fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often a condition is looked at.
const GLANCE: Duration = Duration::from_millis(10);

/// Waits until `condition` holds; fails the test, naming `what`, if it does not in time.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(
            start.elapsed() < PATIENCE,
            "waited {PATIENCE:?} in vain until {what}"
        );
        thread::sleep(GLANCE);
    }
}

/// Finds a program that must be installed; says loudly that a test is not run without it.
pub(crate) fn installed(program: &str, folders: &[&str], packages: &str) -> Option<PathBuf> {
    // `./test --quick` starts no peer, not even one that is there.
    if std::env::var("VOUCHSAFE_TEST_FULL").is_ok_and(|full| full == "0") {
        not_run(program, "run ./test");
        return None;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let usual = std::env::split_paths(&path).chain(folders.iter().map(PathBuf::from));
    let found = usual
        .map(|folder| folder.join(program))
        .find(|file| file.is_file());
    if found.is_none() {
        not_run(program, &format!("install {packages}"));
    }
    found
}

/// Says loudly that a test is not run without a peer, and what would mend it.
pub(crate) fn not_run(peer: &str, mend: &str) {
    let full = std::env::var("VOUCHSAFE_TEST_FULL").is_ok_and(|full| full == "1");
    let expected = std::env::var("VOUCHSAFE_TEST_EXPECT").unwrap_or_default();
    let name = match peer {
        "bearerbox" | "smsbox" | "fakesmsc" => "kannel",
        "smtp-sink" | "openssl" => "smtp",
        "chromium" | "chromedriver" => "browser",
        other => other,
    };
    assert!(
        !(full && expected.split(' ').any(|e| e == name)),
        "{peer} is expected to be there and is missing"
    );
    // The test harness swallows what `eprintln!` writes in a test that passes.
    let line = format!("\nNOT RUN: {peer} is missing ({mend})\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}

/// A port nobody listens on, below the range the system gives to outgoing connections.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = 20_000 + u16::try_from(std::process::id() % 12_000).unwrap();
    loop {
        let port = start.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

fn listens(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}

/// A directory of its own, removed at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("vouchsafe-{name}-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

/// A program that is stopped at the end of the test.
struct Process(Child);

impl Process {
    /// Starts `program`; what it prints goes into the file `log`.
    fn start(program: &Path, arguments: &[&str], log: &Path) -> Self {
        let log = File::create(log).unwrap();
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null());
        command.stdout(log.try_clone().unwrap()).stderr(log);
        Process(command.spawn().unwrap())
    }

    fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.0.id());
        assert!(
            Command::new("sh")
                .args(["-c", &kill])
                .status()
                .unwrap()
                .success()
        );
    }

    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A process that has ended by itself cannot be killed, and need not be.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// An HTTP server that notes the address of every request and answers 200.
pub(crate) struct Callbacks {
    port: u16,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Callbacks {
    /// Listens on a port of its own until the test process ends.
    pub(crate) fn start() -> Callbacks {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let notes = Arc::clone(&seen);
        let server = Server::start(move |connection| {
            let (request, mut connection) = http_request(connection);
            if let Some(path) = request.split(' ').nth(1) {
                notes.lock().unwrap().push(path.to_owned());
            }
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            connection.write_all(answer).ok();
        });
        Callbacks {
            port: server.port,
            seen,
        }
    }

    /// The addresses asked for so far.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

/// Reads the head of an HTTP request, so that closing the connection cannot be mistaken
/// for breaking it.
pub(crate) fn http_request(connection: TcpStream) -> (String, TcpStream) {
    let mut reader = BufReader::new(connection);
    let mut request = String::new();
    while reader.read_line(&mut request).is_ok_and(|read| read > 2) {}
    (request, reader.into_inner())
}

/// A TCP server that does one thing with every connection.
pub(crate) struct Server {
    /// Its port on 127.0.0.1.
    pub(crate) port: u16,
}

impl Server {
    /// Serves connections one after the other until the test process ends.
    pub(crate) fn start(mut serve: impl FnMut(TcpStream) + Send + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for connection in listener.incoming() {
                serve(connection.unwrap());
            }
        });
        Server { port }
    }

    /// A server that takes a request and hangs up without an answer.
    pub(crate) fn hanging_up() -> Server {
        Server::start(|connection| drop(http_request(connection)))
    }

    /// A server that takes requests and never answers.
    pub(crate) fn silent() -> Server {
        let mut held = Vec::new();
        Server::start(move |connection| held.push(connection))
    }

    /// A server that gives every HTTP request this answer.
    pub(crate) fn answering(answer: &str) -> Server {
        let answer = answer.to_owned();
        Server::start(move |connection| {
            let (_, mut connection) = http_request(connection);
            connection.write_all(answer.as_bytes()).ok();
        })
    }

    /// A port on which nobody listens.
    pub(crate) fn absent() -> u16 {
        free_port()
    }
}
