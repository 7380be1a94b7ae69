//! E-mail through real SMTP servers, and through one that pretends.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what fails in a helper of a test must fail the test"
)]

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use vouchsafe::dispatch::message::{Channel, Rendered};
use vouchsafe::dispatch::providers::{Config, Outcome, Outgoing, Provider, build};

use crate::support::peers::{Server, SmtpSink, TlsServer, wait_until};

const TO: &str = "lin.mei@dest.example";
const URL: &str = "https://go.example/u/9fJ2?signature=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn provider(text: &str) -> Box<dyn Provider> {
    build(&text.parse::<Config>().unwrap())
}

fn provider_at(port: u16, more: &str) -> Box<dyn Provider> {
    provider(&format!(
        "smtp://127.0.0.1:{port}?from=Acme <news@acme.example>&starttls=never{more}"
    ))
}

fn send_to(
    provider: &dyn Provider,
    attempt_id: &str,
    to: &str,
    subject: &str,
    body: &str,
) -> Outcome {
    let rendered = Rendered {
        subject: Some(subject.to_owned()),
        body: body.to_owned(),
    };
    provider.send(&Outgoing {
        attempt_id,
        channel: Channel::Email,
        to,
        rendered: &rendered,
        unsubscribe_url: URL,
    })
}

fn send(provider: &dyn Provider, attempt_id: &str) -> Outcome {
    send_to(provider, attempt_id, TO, "Hello", "Hello")
}

#[track_caller]
fn assert_accepted(outcome: &Outcome) {
    assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
}

/// Code and reason of a refusal; the reason must not show the recipient.
#[track_caller]
fn refusal(outcome: Outcome) -> (String, String) {
    match outcome {
        Outcome::Rejected { code, reason } => {
            assert!(!reason.contains("lin.mei"), "{reason}");
            (code, reason)
        }
        Outcome::Accepted { .. } | Outcome::Unknown { .. } => panic!("not refused: {outcome:?}"),
    }
}

#[track_caller]
fn assert_unknown(outcome: &Outcome) {
    match outcome {
        Outcome::Unknown { reason } => assert!(!reason.contains("lin.mei"), "{reason}"),
        Outcome::Accepted { .. } | Outcome::Rejected { .. } => panic!("not unknown: {outcome:?}"),
    }
}

/// The only message of a sink: its headers, unfolded, and its body as it travelled.
fn only_message(sink: &SmtpSink) -> (String, String) {
    wait_until("one message has arrived", || {
        sink.messages()
            .first()
            .is_some_and(|message| message.contains("\n\n"))
    });
    let messages = sink.messages();
    assert_eq!(messages.len(), 1);
    let (headers, body) = messages[0].split_once("\n\n").unwrap();
    (
        headers.replace("\n ", " ").replace("\n\t", " "),
        body.to_owned(),
    )
}

#[track_caller]
fn assert_line(headers: &str, line: &str) {
    assert!(
        headers.lines().any(|found| found == line),
        "no `{line}` in\n{headers}"
    );
}

fn base64(text: &str) -> String {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = text.chars().filter_map(|digit| ALPHABET.find(digit));
    let bits: Vec<bool> = digits
        .flat_map(|digit| (0..6).rev().map(move |bit| digit >> bit & 1 == 1))
        .collect();
    let byte = |bits: &[bool]| {
        bits.iter()
            .fold(0_u8, |byte, bit| byte << 1 | u8::from(*bit))
    };
    String::from_utf8(bits.chunks_exact(8).map(byte).collect()).unwrap()
}

#[test]
fn an_english_email_arrives_with_its_envelope_and_headers() {
    let Some(sink) = SmtpSink::start(&[]) else {
        return;
    };
    let body = "Hello Lin,\n\n.\nA line that begins with a dot.\n..two\n\nBye";
    let outcome = send_to(
        &*provider_at(sink.port, ""),
        "c1-p7-1",
        TO,
        "10 EUR off, until 31 May",
        body,
    );
    assert_accepted(&outcome);
    let (headers, arrived) = only_message(&sink);
    let lines = [
        "X-Mail-Args: <news@acme.example>",
        "X-Rcpt-Args: <lin.mei@dest.example>",
        "From: Acme <news@acme.example>",
        "To: lin.mei@dest.example",
        "Subject: 10 EUR off, until 31 May",
        "Message-ID: <c1-p7-1@acme.example>",
        &format!("List-Unsubscribe: <{URL}>"),
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
    ];
    for line in lines {
        assert_line(&headers, line);
    }
    assert!(headers.contains("\nDate: "), "{headers}");
    assert_eq!(arrived.trim_end(), body);
}

#[test]
fn a_chinese_email_arrives_as_written() {
    let Some(sink) = SmtpSink::start(&[]) else {
        return;
    };
    let (subject, body) = (
        "限时优惠，5月31日截止",
        "林梅，您好：\n\n满100减10元，点击领取😀。\n.\n如不想再收到，请退订。",
    );
    assert_accepted(&send_to(
        &*provider_at(sink.port, ""),
        "zh-1",
        TO,
        subject,
        body,
    ));
    let (headers, arrived) = only_message(&sink);
    let line = headers
        .lines()
        .find_map(|line| line.strip_prefix("Subject: "))
        .unwrap();
    let words = line.split(' ').map(|word| {
        base64(
            word.strip_prefix("=?utf-8?b?")
                .unwrap()
                .strip_suffix("?=")
                .unwrap(),
        )
    });
    assert_eq!(words.collect::<String>(), subject);
    assert_line(&headers, "Content-Transfer-Encoding: base64");
    assert_eq!(base64(&arrived).replace("\r\n", "\n"), body);
}

#[test]
fn a_server_that_refuses_was_sent_nothing_and_its_code_is_kept() {
    let cases: [(&[&str], &str, &str); 6] = [
        (
            &[
                "-f",
                "RCPT",
                "-B",
                "550 5.1.1 <lin.mei@dest.example>: no such user lin.mei",
            ],
            "smtp 550 5.1.1",
            "the server refused RCPT: … no such user …",
        ),
        (
            &["-r", "RCPT", "-b", "452 4.2.2 mailbox full"],
            "smtp 452 4.2.2",
            "the server refused RCPT: mailbox full",
        ),
        (
            &["-f", "MAIL", "-B", "550 go away"],
            "smtp 550",
            "the server refused MAIL: go away",
        ),
        (
            &["-f", "DATA"],
            "smtp 500 5.3.0",
            "the server refused DATA: Error: command failed",
        ),
        (
            &["-f", ".", "-B", "554 5.7.1 spam"],
            "smtp 554 5.7.1",
            "the server refused the message: spam",
        ),
        (
            &["-r", "."],
            "smtp 450 4.3.0",
            "the server refused the message: Error: command failed",
        ),
    ];
    for (options, code, reason) in cases {
        let Some(sink) = SmtpSink::start(options) else {
            return;
        };
        let provider = provider_at(sink.port, "");
        let expected = (code.to_owned(), reason.to_owned());
        assert_eq!(refusal(send(&*provider, "a-1")), expected);
        // The kept connection must be ready for the next message, whatever was refused.
        assert_eq!(refusal(send(&*provider, "a-2")), expected);
    }
}

#[test]
fn a_connection_lost_before_the_text_means_nothing_was_sent() {
    for step in ["CONNECT", "EHLO,HELO", "MAIL", "RCPT", "DATA"] {
        let Some(sink) = SmtpSink::start(&["-q", step]) else {
            return;
        };
        let (code, _) = refusal(send(&*provider_at(sink.port, ""), "a-1"));
        assert_eq!(code, "not-connected", "{step}");
        assert!(
            sink.messages()
                .iter()
                .all(|message| !message.contains("Hello")),
            "{step}"
        );
    }
    let (code, _) = refusal(send(&*provider_at(Server::absent(), ""), "a-1"));
    assert_eq!(code, "not-connected");
}

#[test]
fn a_connection_lost_after_the_text_leaves_the_outcome_open() {
    let Some(sink) = SmtpSink::start(&["-q", "."]) else {
        return;
    };
    assert_unknown(&send(&*provider_at(sink.port, ""), "a-1"));
}

#[test]
fn a_server_that_takes_the_text_and_says_nothing_in_time_leaves_the_outcome_open() {
    let Some(sink) = SmtpSink::start(&["-W", ".:60"]) else {
        return;
    };
    let outcome = send(&*provider_at(sink.port, "&timeout_seconds=1"), "a-1");
    let reason = "no answer after the message was sent: timed out".to_owned();
    assert_eq!(outcome, Outcome::Unknown { reason });
}

#[test]
fn a_server_that_stops_answering_between_messages_was_sent_nothing() {
    let Some(sink) = SmtpSink::start(&[]) else {
        return;
    };
    let provider = provider_at(sink.port, "&timeout_seconds=1");
    assert_accepted(&send(&*provider, "a-1"));
    sink.freeze();
    assert_eq!(refusal(send(&*provider, "a-2")).0, "not-connected");
}

#[test]
fn a_kept_connection_that_died_is_replaced_without_losing_the_message() {
    let Some(mut sink) = SmtpSink::start(&[]) else {
        return;
    };
    let provider = provider_at(sink.port, "");
    assert_accepted(&send(&*provider, "a-1"));
    sink.restart();
    assert_accepted(&send(&*provider, "a-2"));
    wait_until("both messages have arrived", || sink.messages().len() == 2);
}

/// Leads an SMTP conversation that accepts everything until `messages_max` messages have
/// come, and then closes as RFC 5321 asks, with 421.
fn accept_everything(connection: TcpStream, messages_max: u32) {
    let mut answers = connection.try_clone().unwrap();
    let mut in_text = false;
    let mut messages = 0;
    answers.write_all(b"220 sink ESMTP\r\n").unwrap();
    for line in BufReader::new(connection).lines().map_while(Result::ok) {
        let answer = match (in_text, line.as_str()) {
            (true, ".") => "250 2.0.0 Ok: queued as 4WvQ3k2z\r\n",
            (true, _) => continue,
            (false, _) if messages == messages_max => "421 4.7.0 closing\r\n",
            (false, "DATA") => "354 go on\r\n",
            (false, _) => "250 ok\r\n",
        };
        messages += u32::from(in_text);
        in_text = line == "DATA";
        answers.write_all(answer.as_bytes()).unwrap();
        if answer.starts_with("421") {
            return;
        }
    }
}

/// Sends three messages to a server that takes `messages_max` on a connection; gives the
/// number of connections that took.
fn connections_for_three_messages(messages_max: u32) -> u32 {
    let connections = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&connections);
    let server = Server::start(move |connection| {
        count.fetch_add(1, Ordering::SeqCst);
        accept_everything(connection, messages_max);
    });
    let provider = provider_at(server.port, "");
    for attempt_id in ["a-1", "a-2", "a-3"] {
        let provider_ref = Some("4WvQ3k2z".to_owned());
        assert_eq!(
            send(&*provider, attempt_id),
            Outcome::Accepted { provider_ref }
        );
    }
    connections.load(Ordering::SeqCst)
}

#[test]
fn messages_share_a_connection_until_the_server_closes_it() {
    assert_eq!(connections_for_three_messages(10), 1);
    assert_eq!(connections_for_three_messages(2), 2);
    assert_eq!(connections_for_three_messages(1), 3);
}

#[test]
fn a_password_is_presented_where_the_server_asks_for_one() {
    let Some(sink) = SmtpSink::start(&[]) else {
        return;
    };
    let login = |port: u16| {
        let address =
            format!("smtp://news:hunter2@127.0.0.1:{port}?from=news@acme.example&starttls=never");
        provider(&address)
    };
    assert_accepted(&send(&*login(sink.port), "a-1"));
    let Some(refusing) = SmtpSink::start(&["-a"]) else {
        return;
    };
    let (code, reason) = refusal(send(&*login(refusing.port), "a-2"));
    assert_eq!(code, "not-connected");
    assert!(
        reason.contains("logging in failed") && !reason.contains("hunter2"),
        "{reason}"
    );
}

#[test]
fn a_server_without_starttls_is_refused_unless_told_otherwise() {
    let Some(sink) = SmtpSink::start(&[]) else {
        return;
    };
    let strict = provider(&format!(
        "smtp://127.0.0.1:{}?from=news@acme.example",
        sink.port
    ));
    let (code, reason) = refusal(send(&*strict, "a-1"));
    assert_eq!(code, "not-connected");
    assert!(reason.contains("STARTTLS is not supported"), "{reason}");
    assert!(sink.messages().is_empty());
}

#[test]
fn a_certificate_nobody_vouches_for_is_refused_before_a_word_is_said() {
    let Some(server) = TlsServer::start() else {
        return;
    };
    let address = format!(
        "smtps://localhost:{}?from=news@acme.example&timeout_seconds=10",
        server.port
    );
    let (code, reason) = refusal(send(&*provider(&address), "a-1"));
    assert_eq!(code, "not-connected");
    assert!(reason.contains("certificate"), "{reason}");
    assert!(!server.printed().iter().any(|line| line.starts_with("EHLO")));

    let trusting = format!("{address}&ca={}", server.certificate().display());
    assert_accepted(&send(&*provider(&trusting), "a-2"));
    let printed = server.printed();
    assert!(
        printed.contains(&"RCPT TO:<lin.mei@dest.example>".to_owned()),
        "{printed:?}"
    );
}

#[test]
fn only_one_bare_address_is_a_recipient() {
    let provider = provider_at(Server::absent(), "");
    let others = [
        "",
        "lin",
        "Lin <lin.mei@dest.example>",
        "a@dest.example, b@dest.example",
        "林@dest.example",
    ];
    for to in others
        .into_iter()
        .chain(["a@dest.example>\r\nRCPT TO:<b@dest.example"])
    {
        assert_eq!(
            refusal(send_to(&*provider, "a-1", to, "x", "x")).0,
            "bad-recipient",
            "{to}"
        );
    }
}

#[test]
fn a_subject_cannot_add_a_header() {
    let Some(sink) = SmtpSink::start(&[]) else {
        return;
    };
    let subject = "Hello\r\nBcc: all@dest.example";
    assert_accepted(&send_to(
        &*provider_at(sink.port, ""),
        "a-1",
        TO,
        subject,
        "x",
    ));
    let (headers, _) = only_message(&sink);
    assert!(
        !headers.lines().any(|line| line.starts_with("Bcc:")),
        "{headers}"
    );
}
