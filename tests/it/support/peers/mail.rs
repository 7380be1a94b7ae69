//! Real mail servers: Postfix's `smtp-sink`, and OpenSSL for TLS.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use super::{Process, Scratch, free_port, installed, listens, wait_until};

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

/// A server of OpenSSL that speaks TLS from the first byte, with a certificate for
/// `localhost` that nobody vouches for, and takes one e-mail.
pub(crate) struct TlsServer {
    _process: Process,
    /// Its port on 127.0.0.1.
    pub(crate) port: u16,
    directory: Scratch,
    printed: Arc<Mutex<Vec<String>>>,
}

impl TlsServer {
    /// Starts the server.
    pub(crate) fn start() -> Option<TlsServer> {
        let openssl = installed("openssl", &[], "openssl")?;
        let directory = Scratch::new("tls");
        let (key, certificate) = (directory.file("key.pem"), directory.file("certificate.pem"));
        let (key, certificate) = (key.to_str().unwrap(), certificate.to_str().unwrap());
        let made = Command::new(&openssl)
            .args([
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
            ])
            .args([
                "-subj",
                "/CN=localhost",
                "-addext",
                "subjectAltName=DNS:localhost",
            ])
            .args(["-addext", "basicConstraints=critical,CA:FALSE"])
            .args(["-keyout", key, "-out", certificate])
            .output()
            .unwrap();
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        let port = free_port();
        let mut server = Command::new(&openssl)
            .args(["s_server", "-accept", &format!("127.0.0.1:{port}")])
            .args(["-cert", certificate, "-key", key])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (answers, output) = (server.stdin.take().unwrap(), server.stdout.take().unwrap());
        let process = Process(server);
        let printed = Arc::new(Mutex::new(Vec::new()));
        let notes = Arc::clone(&printed);
        thread::spawn(move || converse(BufReader::new(output), answers, &notes));
        let ready = || printed.lock().unwrap().iter().any(|line| line == "ACCEPT");
        wait_until("the TLS server accepts connections", ready);
        Some(TlsServer {
            _process: process,
            port,
            directory,
            printed,
        })
    }

    /// The file with the server's certificate.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.directory.file("certificate.pem")
    }

    /// Everything the server has printed so far: its own notes and what the client said.
    pub(crate) fn printed(&self) -> Vec<String> {
        self.printed.lock().unwrap().clone()
    }
}

/// Answers what a client says, line by line; the server prints it between notes of its own.
fn converse(output: impl BufRead, mut answers: ChildStdin, notes: &Mutex<Vec<String>>) {
    let mut in_text = false;
    for line in output.lines().map_while(Result::ok) {
        let command = line.get(..4).unwrap_or(&line);
        let answer = match (in_text, command) {
            (false, "CIPH") => "220 localhost\r\n",
            (false, "EHLO" | "MAIL" | "RCPT") => "250 ok\r\n",
            (false, "DATA") => "354 go on\r\n",
            (true, ".") => "250 2.0.0 Ok: queued as TLS1\r\n",
            (_, _) => "",
        };
        in_text = if in_text {
            command != "."
        } else {
            command == "DATA"
        };
        notes.lock().unwrap().push(line);
        answers.write_all(answer.as_bytes()).ok();
    }
}
