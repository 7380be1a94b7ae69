//! SMS through a real Kannel gateway, and through servers that pretend to be one.

#![expect(
    clippy::unwrap_used,
    reason = "what fails in a helper of a test must fail the test"
)]

use std::io::Write;

use vouchsafe::dispatch::message::{Channel, Rendered, segments};
use vouchsafe::dispatch::providers::{
    Config, DeliveryReport, DeliveryState, Outcome, Outgoing, Provider, build, merge,
    parse_delivery_report,
};

use crate::support::peers::{Callbacks, Kannel, Server, joined, wait_until};

const NUMBER: &str = "+8613900000001";

fn provider(text: &str) -> Box<dyn Provider> {
    build(&text.parse::<Config>().unwrap())
}

/// A provider whose gateway is whatever listens on `port`.
fn provider_at(port: u16) -> Box<dyn Provider> {
    provider(&format!(
        "kannel+http://camp:hunter2@127.0.0.1:{port}?callback=http://127.0.0.1:9/x&token=Zx81Zx81Zx81Zx81&timeout_seconds=1"
    ))
}

fn send(provider: &dyn Provider, attempt_id: &str, to: &str, body: &str) -> Outcome {
    let rendered = Rendered {
        subject: None,
        body: body.to_owned(),
    };
    provider.send(&Outgoing {
        attempt_id,
        channel: Channel::Sms,
        to,
        rendered: &rendered,
        unsubscribe_url: "https://go.example/u/1",
    })
}

/// The code of a refusal, whose reason must not show the number or the password.
#[track_caller]
fn refusal_code(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Rejected { code, reason } => {
            assert!(
                !reason.contains("139") && !reason.contains("hunter2"),
                "{reason}"
            );
            code
        }
        Outcome::Accepted { .. } | Outcome::Unknown { .. } => panic!("not refused: {outcome:?}"),
    }
}

#[track_caller]
fn assert_unknown(outcome: &Outcome) {
    match outcome {
        Outcome::Unknown { reason } => {
            assert!(
                !reason.contains("139") && !reason.contains("hunter2"),
                "{reason}"
            );
        }
        Outcome::Accepted { .. } | Outcome::Rejected { .. } => panic!("not unknown: {outcome:?}"),
    }
}

/// The reports on `attempt_id` so far, in the order they came.
fn reports(callbacks: &Callbacks, attempt_id: &str) -> Vec<DeliveryReport> {
    let addresses = callbacks.seen().into_iter();
    let queries = addresses.map(|address| {
        let query = address
            .strip_prefix("/hooks/kannel/Zx81Zx81Zx81Zx81?")
            .map(str::to_owned);
        query.unwrap_or_else(|| panic!("a report went to {address}"))
    });
    let all = queries.map(|query| parse_delivery_report(&query).unwrap());
    all.filter(|report| report.attempt_id == attempt_id)
        .collect()
}

fn state(callbacks: &Callbacks, attempt_id: &str) -> DeliveryState {
    reports(callbacks, attempt_id)
        .iter()
        .fold(DeliveryState::Pending, merge)
}

const ACCEPTED: Outcome = Outcome::Accepted { provider_ref: None };

#[test]
fn messages_in_both_alphabets_arrive_as_written_and_are_reported_delivered() {
    let Some(kannel) = Kannel::start() else {
        return;
    };
    let callbacks = Callbacks::start();
    let provider = provider(&kannel.provider(&callbacks, 10));
    let texts = [
        (
            "latin",
            "text",
            "Acme: 10% off [today] & more = 5€ + £3, Ça va? ~{x}|y^z\\",
        ),
        (
            "chinese",
            "ucs-2",
            "【凭券】限时优惠😀，点击 https://go.example/o?a=1&b=%41#c 领取",
        ),
    ];
    for (attempt_id, _, text) in texts {
        assert_eq!(
            send(&*provider, attempt_id, NUMBER, text),
            ACCEPTED,
            "{attempt_id}"
        );
        wait_until("the message is reported delivered", || {
            state(&callbacks, attempt_id) == DeliveryState::Delivered
        });
    }
    let submitted = kannel.submitted();
    assert_eq!(submitted.len(), texts.len(), "{submitted:?}");
    for ((_, kind, text), message) in texts.iter().zip(&submitted) {
        assert_eq!(
            (message.to.as_str(), message.kind.as_str()),
            (NUMBER, *kind)
        );
        assert_eq!(message.text(), *text);
    }
}

#[test]
fn a_long_chinese_message_arrives_whole_in_as_many_parts_as_counted() {
    let Some(kannel) = Kannel::start() else {
        return;
    };
    let callbacks = Callbacks::start();
    let provider = provider(&kannel.provider(&callbacks, 10));
    let text: String = "限时优惠点击领取".chars().cycle().take(670).collect();
    assert_eq!(segments(&text).parts, 10);
    assert_eq!(send(&*provider, "long", NUMBER, &text), ACCEPTED);
    wait_until("ten parts have arrived", || kannel.submitted().len() == 10);
    wait_until("the message is reported delivered", || {
        state(&callbacks, "long") == DeliveryState::Delivered
    });
    assert_eq!(joined(&kannel.submitted()), text);
}

#[test]
fn what_the_gateway_refuses_was_not_sent() {
    let Some(kannel) = Kannel::start() else {
        return;
    };
    let callbacks = Callbacks::start();
    let settings = kannel.provider(&callbacks, 10);
    let stranger = provider(&settings.replace("camp:pw", "camp:hunter2"));
    assert_eq!(
        refusal_code(&send(&*stranger, "a-1", NUMBER, "Hello")),
        "http 403"
    );
    let provider = provider(&settings);
    for two in ["13900000001 13900000002", "13900000001,13900000002"] {
        assert_eq!(
            refusal_code(&send(&*provider, "a-2", two, "Hello")),
            "bad-recipient"
        );
    }
    assert_eq!(
        refusal_code(&send(&*provider, "a-3", NUMBER, "")),
        "bad-message"
    );
    assert_eq!(send(&*provider, "a-4", NUMBER, "the only one"), ACCEPTED);
    wait_until("the last message has arrived", || {
        !kannel.submitted().is_empty()
    });
    assert_eq!(kannel.submitted().len(), 1);
}

#[test]
fn a_message_the_gateway_keeps_for_a_lost_carrier_is_accepted() {
    let Some(mut kannel) = Kannel::start() else {
        return;
    };
    let callbacks = Callbacks::start();
    let provider = provider(&kannel.provider(&callbacks, 10));
    kannel.kill_carrier();
    assert_eq!(send(&*provider, "a-1", NUMBER, "Hello"), ACCEPTED);
    assert_eq!(state(&callbacks, "a-1"), DeliveryState::Pending);
}

#[test]
fn a_timeout_is_unknown_because_the_message_may_still_go_out() {
    let Some(kannel) = Kannel::start() else {
        return;
    };
    let callbacks = Callbacks::start();
    let provider = provider(&kannel.provider(&callbacks, 1));
    kannel.freeze_core();
    assert_unknown(&send(&*provider, "a-1", NUMBER, "Hello"));
    assert!(kannel.submitted().is_empty());
    kannel.thaw_core();
    wait_until("the report settles it", || {
        state(&callbacks, "a-1") == DeliveryState::Delivered
    });
    assert_eq!(kannel.submitted().len(), 1);
}

#[test]
fn a_gateway_that_is_gone_was_certainly_sent_nothing() {
    let Some(mut kannel) = Kannel::start() else {
        return;
    };
    let callbacks = Callbacks::start();
    let provider = provider(&kannel.provider(&callbacks, 10));
    assert_eq!(send(&*provider, "a-1", NUMBER, "Hello"), ACCEPTED);
    kannel.kill_core();
    assert_eq!(
        refusal_code(&send(&*provider, "a-2", NUMBER, "Hello")),
        "not-connected"
    );
}

#[test]
fn a_port_nobody_listens_on_and_a_host_nobody_knows_were_sent_nothing() {
    let outcome = send(&*provider_at(Server::absent()), "a-1", NUMBER, "Hello");
    assert_eq!(refusal_code(&outcome), "not-connected");
    let nowhere = provider(
        "kannel+http://camp:hunter2@nowhere.invalid?callback=http://127.0.0.1:9/x&token=Zx81Zx81Zx81Zx81",
    );
    assert_eq!(
        refusal_code(&send(&*nowhere, "a-2", NUMBER, "Hello")),
        "not-connected"
    );
}

#[test]
fn a_server_that_speaks_no_tls_was_sent_nothing() {
    let plain = Server::start(|mut connection| {
        connection
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .unwrap();
    });
    let port = plain.port;
    let provider = provider(&format!(
        "kannel+https://camp:hunter2@127.0.0.1:{port}?callback=http://127.0.0.1:9/x&token=Zx81Zx81Zx81Zx81&timeout_seconds=5"
    ));
    assert_eq!(
        refusal_code(&send(&*provider, "a-1", NUMBER, "Hello")),
        "not-connected"
    );
}

#[test]
fn a_gateway_that_hangs_up_or_stays_silent_leaves_the_outcome_open() {
    assert_unknown(&send(
        &*provider_at(Server::hanging_up().port),
        "a-1",
        NUMBER,
        "Hello",
    ));
    assert_unknown(&send(
        &*provider_at(Server::silent().port),
        "a-2",
        NUMBER,
        "Hello",
    ));
}

#[test]
fn an_answer_that_is_not_kannels_leaves_the_outcome_open() {
    let answers = [
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 13\r\nConnection: close\r\n\r\n+861390000001",
        "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbusy",
        "220 mail.example ESMTP\r\n",
    ];
    for answer in answers {
        assert_unknown(&send(
            &*provider_at(Server::answering(answer).port),
            "a-1",
            NUMBER,
            "Hello",
        ));
    }
}

#[test]
fn a_redirect_is_not_followed_because_the_message_would_go_out_twice() {
    let accepting = "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let target = Server::answering(accepting).port;
    assert_eq!(
        send(&*provider_at(target), "a-1", NUMBER, "Hello"),
        ACCEPTED
    );
    let redirect = format!(
        "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{target}/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    let source = Server::answering(&redirect).port;
    assert_unknown(&send(&*provider_at(source), "a-2", NUMBER, "Hello"));
}

#[test]
fn kannels_own_word_that_it_stored_nothing_is_believed() {
    let answer = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 34\r\nConnection: close\r\n\r\n\
                  Temporal failure, try again later.";
    let outcome = send(
        &*provider_at(Server::answering(answer).port),
        "a-1",
        NUMBER,
        "Hello",
    );
    assert_eq!(refusal_code(&outcome), "http 503");
}

#[test]
fn an_email_is_not_for_this_provider() {
    let rendered = Rendered {
        subject: Some("Hello".to_owned()),
        body: "Hello".to_owned(),
    };
    let outcome = provider_at(Server::absent()).send(&Outgoing {
        attempt_id: "a-1",
        channel: Channel::Email,
        to: "lin@dest.example",
        rendered: &rendered,
        unsubscribe_url: "https://go.example/u/1",
    });
    assert_eq!(refusal_code(&outcome), "wrong-channel");
}
