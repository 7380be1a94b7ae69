//! A real Kannel gateway.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

use super::{Callbacks, Process, Scratch, free_port, installed, listens, wait_until};

/// A Kannel gateway with its own pretended carrier: bearerbox, smsbox and fakesmsc.
pub(crate) struct Kannel {
    // Fields are dropped in this order: the programs before their directory.
    _smsbox: Process,
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
            _smsbox: smsbox,
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

    /// Ends the gateway's core; smsbox then closes its port.
    pub(crate) fn kill_core(&mut self) {
        self.core.kill();
        wait_until("smsbox has closed its port", || !listens(self.port));
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
