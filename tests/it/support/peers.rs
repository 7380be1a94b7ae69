//! Peers the providers talk to: a real Kannel, Postfix's `smtp-sink`, a TLS server of
//! OpenSSL, and servers that misbehave on purpose.
//!
//! A real peer that is not installed gives `None` after one loud line on stderr.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

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
fn installed(program: &str, folders: &[&str], packages: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let usual = std::env::split_paths(&path).chain(folders.iter().map(PathBuf::from));
    let found = usual
        .map(|folder| folder.join(program))
        .find(|file| file.is_file());
    if found.is_none() {
        // The test harness swallows what `eprintln!` writes in a test that passes.
        let line = format!("\nNOT RUN: {program} is missing (install {packages})\n");
        std::io::stderr().write_all(line.as_bytes()).unwrap();
    }
    found
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

/// A Kannel gateway with its own pretended carrier: bearerbox, smsbox and fakesmsc.
pub(crate) struct Kannel {
    // Fields are dropped in this order: the programs before their directory.
    smsbox: Process,
    carrier: Process,
    core: Process,
    admin: u16,
    port: u16,
    directory: Scratch,
}

/// One part of a message as the pretended carrier got it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Submitted {
    /// The recipient's number.
    pub(crate) to: String,
    /// `text` for GSM-7, `ucs-2`, or `udh` for one part of several.
    pub(crate) kind: String,
    data: String,
}

impl Submitted {
    /// The text of a message of one part.
    pub(crate) fn text(&self) -> String {
        match self.kind.as_str() {
            "text" => self.data.clone(),
            _ => utf16(&self.bytes()),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut rest = self.data.bytes();
        while let Some(byte) = rest.next() {
            bytes.push(match byte {
                b'%' => {
                    let digits = [rest.next().unwrap(), rest.next().unwrap()];
                    u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
                }
                b'+' => b' ',
                plain => plain,
            });
        }
        bytes
    }
}

fn utf16(bytes: &[u8]) -> String {
    let units: Vec<u16> = bytes
        .chunks(2)
        .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
        .collect();
    String::from_utf16(&units).unwrap()
}

/// Puts the parts of one UCS-2 message together, as a phone does.
pub(crate) fn joined(parts: &[Submitted]) -> String {
    utf16(&parts.iter().flat_map(Submitted::bytes).collect::<Vec<u8>>())
}

impl Kannel {
    /// Starts a gateway and waits until its parts are connected with each other.
    pub(crate) fn start() -> Option<Kannel> {
        const PACKAGES: &str = "kannel kannel-extras";
        let sbin = ["/usr/sbin"];
        let bearerbox = installed("bearerbox", &sbin, PACKAGES)?;
        let smsbox = installed("smsbox", &sbin, PACKAGES)?;
        let fakesmsc = installed("fakesmsc", &["/usr/lib/kannel/test"], PACKAGES)?;
        let directory = Scratch::new("kannel");
        let [admin, boxes, carrier, port] = [free_port(), free_port(), free_port(), free_port()];
        let settings = directory.file("kannel.conf");
        fs::write(
            &settings,
            configuration(&directory.0, admin, boxes, carrier, port),
        )
        .unwrap();
        let settings = settings.to_str().unwrap();

        let core = Process::start(&bearerbox, &[settings], &directory.file("bearerbox.out"));
        wait_until("bearerbox serves its status page", || {
            status(admin).is_some()
        });
        let address = [
            "-H",
            "127.0.0.1",
            "-r",
            &carrier.to_string(),
            "-m",
            "0",
            "1 2 text hi",
        ];
        let carrier = Process::start(&fakesmsc, &address, &directory.file("fakesmsc.out"));
        let smsbox = Process::start(&smsbox, &[settings], &directory.file("smsbox.out"));
        wait_until("the carrier is on line", || {
            status(admin).is_some_and(|page| page.contains("(online"))
        });
        wait_until("smsbox is connected", || {
            status(admin).is_some_and(|page| page.contains("smsbox:"))
        });
        wait_until("smsbox takes messages", || listens(port));
        Some(Kannel {
            smsbox,
            carrier,
            core,
            admin,
            port,
            directory,
        })
    }

    /// The configuration line of a provider that uses this gateway and reports to `callbacks`.
    pub(crate) fn provider(&self, callbacks: &Callbacks, timeout_seconds: u8) -> String {
        format!(
            "kannel+http://camp:pw@127.0.0.1:{}/cgi-bin/sendsms?callback=http://127.0.0.1:{}/hooks/kannel\
             &token=Zx81Zx81Zx81Zx81&timeout_seconds={timeout_seconds}",
            self.port, callbacks.port
        )
    }

    /// What the carrier has got so far.
    pub(crate) fn submitted(&self) -> Vec<Submitted> {
        let log = fs::read_to_string(self.directory.file("fakesmsc.out")).unwrap();
        let messages = log
            .lines()
            .filter_map(|line| line.split_once("Got message "));
        messages
            .filter_map(|(_, message)| submitted(message))
            .collect()
    }

    /// Stops the gateway's core in its tracks, as an overloaded machine would.
    pub(crate) fn freeze_core(&self) {
        self.core.signal("STOP");
    }

    /// Lets the gateway's core go on.
    pub(crate) fn thaw_core(&self) {
        self.core.signal("CONT");
    }

    /// Ends the gateway's core; smsbox then ends by itself.
    pub(crate) fn kill_core(&mut self) {
        self.core.kill();
        let smsbox = &mut self.smsbox.0;
        wait_until("smsbox has ended", || smsbox.try_wait().unwrap().is_some());
    }

    /// Ends the carrier and waits until the gateway knows.
    pub(crate) fn kill_carrier(&mut self) {
        self.carrier.kill();
        let lost = || status(self.admin).is_some_and(|page| !page.contains("(online"));
        wait_until("the gateway has lost its carrier", lost);
    }
}

/// Reads `7: <from to text Hello>`, `7: <from to ucs-2 %4F%60>` or
/// `7: <from to udh %05%00 data %4F%60>`.
fn submitted(message: &str) -> Option<Submitted> {
    let (_, message) = message.split_once('<')?;
    let mut words = message.strip_suffix('>')?.splitn(4, ' ');
    let (_, to, kind, rest) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let data = match kind {
        "udh" => rest.split_once(" data ")?.1,
        _ => rest,
    };
    Some(Submitted {
        to: to.to_owned(),
        kind: kind.to_owned(),
        data: data.to_owned(),
    })
}

fn status(admin: u16) -> Option<String> {
    let mut connection = TcpStream::connect(("127.0.0.1", admin)).ok()?;
    connection
        .write_all(b"GET /status.txt?password=bar HTTP/1.0\r\n\r\n")
        .ok()?;
    let mut page = String::new();
    connection.read_to_string(&mut page).ok()?;
    Some(page)
}

fn configuration(directory: &Path, admin: u16, boxes: u16, carrier: u16, port: u16) -> String {
    let directory = directory.display();
    format!(
        r#"group = core
admin-port = {admin}
admin-interface = 127.0.0.1
admin-password = bar
smsbox-port = {boxes}
smsbox-interface = 127.0.0.1
box-deny-ip = "*.*.*.*"
box-allow-ip = "127.0.0.1"
dlr-storage = internal
store-type = file
store-location = {directory}/store

group = smsc
smsc = fake
smsc-id = fake
port = {carrier}
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
bearerbox-port = {boxes}
sendsms-port = {port}
sendsms-interface = 127.0.0.1
global-sender = 10690000

group = sendsms-user
username = camp
password = pw
max-messages = 10
concatenation = true

group = sms-service
keyword = default
max-messages = 0
text = none
"#
    )
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
            let mut reader = BufReader::new(connection);
            let mut request = String::new();
            while reader.read_line(&mut request).is_ok_and(|read| read > 2) {}
            if let Some(path) = request.split(' ').nth(1) {
                notes.lock().unwrap().push(path.to_owned());
            }
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            reader.into_inner().write_all(answer).ok();
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
        Server::start(|mut connection| {
            connection.read(&mut [0; 4096]).ok();
        })
    }

    /// A server that takes requests and never answers.
    pub(crate) fn silent() -> Server {
        let mut held = Vec::new();
        Server::start(move |connection| held.push(connection))
    }

    /// A server that gives every HTTP request this answer.
    pub(crate) fn answering(answer: &'static str) -> Server {
        Server::start(move |mut connection| {
            connection.read(&mut [0; 8192]).ok();
            connection.write_all(answer.as_bytes()).ok();
        })
    }

    /// A port on which nobody listens.
    pub(crate) fn absent() -> u16 {
        free_port()
    }
}

/// Postfix's `smtp-sink`, which keeps every message as a file.
pub(crate) struct SmtpSink {
    program: PathBuf,
    arguments: Vec<String>,
    process: Process,
    /// Its port on 127.0.0.1.
    pub(crate) port: u16,
    directory: Scratch,
}

impl SmtpSink {
    /// Starts a sink with further `options`, such as `-f RCPT` to refuse recipients.
    pub(crate) fn start(options: &[&str]) -> Option<SmtpSink> {
        let program = installed("smtp-sink", &["/usr/sbin"], "postfix")?;
        let directory = Scratch::new("smtp-sink");
        let port = free_port();
        let mut arguments = vec![
            "-d".to_owned(),
            directory.file("mail.").display().to_string(),
        ];
        if started_by_root(&directory.0) {
            arguments.extend(["-u", "root"].map(str::to_owned));
        }
        arguments.extend(options.iter().map(|option| (*option).to_owned()));
        arguments.extend([format!("127.0.0.1:{port}"), "64".to_owned()]);
        let process = sink(&program, &arguments, port, &directory);
        Some(SmtpSink {
            program,
            arguments,
            process,
            port,
            directory,
        })
    }

    /// Ends the sink, whose connections break, and starts it again on the same port.
    pub(crate) fn restart(&mut self) {
        self.process.kill();
        self.process = sink(&self.program, &self.arguments, self.port, &self.directory);
    }

    /// The messages taken so far, each with its envelope in front.
    pub(crate) fn messages(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.directory.0)
            .unwrap()
            .map(|entry| entry.unwrap());
        let mails =
            entries.filter(|entry| entry.file_name().to_string_lossy().starts_with("mail."));
        mails
            .map(|entry| fs::read_to_string(entry.path()).unwrap())
            .collect()
    }

    /// Stops the sink in its tracks; connections stay open.
    pub(crate) fn freeze(&self) {
        self.process.signal("STOP");
    }
}

fn sink(program: &Path, arguments: &[String], port: u16, directory: &Scratch) -> Process {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let process = Process::start(program, &arguments, &directory.file("log"));
    wait_until("smtp-sink listens", || listens(port));
    process
}

/// Whether this process runs as root, seen from a directory it has made.
fn started_by_root(directory: &Path) -> bool {
    std::os::unix::fs::MetadataExt::uid(&fs::metadata(directory).unwrap()) == 0
}

/// A server of OpenSSL that offers TLS from the first byte with a certificate of its own
/// making for `localhost`, and leads one SMTP conversation.
pub(crate) struct TlsServer {
    _process: Process,
    /// Its port on 127.0.0.1.
    pub(crate) port: u16,
    directory: Scratch,
    heard: Arc<Mutex<String>>,
}

impl TlsServer {
    /// Starts the server.
    pub(crate) fn start() -> Option<TlsServer> {
        let openssl = installed("openssl", &[], "openssl")?;
        let directory = Scratch::new("tls");
        let (key, certificate) = (directory.file("key.pem"), directory.file("certificate.pem"));
        let (key, certificate) = (key.to_str().unwrap(), certificate.to_str().unwrap());
        let request = [
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost",
            "-addext",
            "basicConstraints=critical,CA:FALSE",
            "-keyout",
            key,
            "-out",
            certificate,
        ];
        let made = Command::new(&openssl).args(request).output().unwrap();
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        let port = free_port();
        let address = format!("127.0.0.1:{port}");
        let server = [
            "s_server",
            "-quiet",
            "-accept",
            &address,
            "-cert",
            certificate,
            "-key",
            key,
        ];
        let mut process = Command::new(&openssl)
            .args(server)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (mut input, output) = (
            process.stdin.take().unwrap(),
            process.stdout.take().unwrap(),
        );
        let heard = Arc::new(Mutex::new(String::new()));
        let notes = Arc::clone(&heard);
        let process = Process(process);
        wait_until("the TLS server listens", || listens(port));
        thread::spawn(move || {
            input.write_all(b"220 localhost\r\n").unwrap();
            let mut in_text = false;
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                notes.lock().unwrap().push_str(&format!("{line}\n"));
                in_text = in_text && line != ".";
                let answer = if line == "DATA" {
                    "354 go on\r\n"
                } else {
                    "250 ok\r\n"
                };
                if !in_text {
                    input.write_all(answer.as_bytes()).ok();
                }
                in_text = in_text || line == "DATA";
            }
        });
        Some(TlsServer {
            _process: process,
            port,
            directory,
            heard,
        })
    }

    /// The file with the server's certificate.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.directory.file("certificate.pem")
    }

    /// What the client has said so far.
    pub(crate) fn heard(&self) -> String {
        self.heard.lock().unwrap().clone()
    }
}
