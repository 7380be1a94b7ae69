//! Providers of different channels as one.

use vouchsafe::dispatch::providers::{self, Config, Outcome, Outgoing, Provider};

/// The code with which a provider says that it does not carry the channel of a message.
const WRONG_CHANNEL: &str = "wrong-channel";

/// Hands each message to the first provider that carries its channel.
pub(crate) struct EachChannel(Vec<Box<dyn Provider>>);

impl EachChannel {
    /// The providers of these settings, in this order.
    pub(crate) fn new(configs: &[Config]) -> Self {
        Self(configs.iter().map(providers::build).collect())
    }
}

impl Provider for EachChannel {
    fn name(&self) -> &'static str {
        "each-channel"
    }

    fn send(&self, message: &Outgoing<'_>) -> Outcome {
        let reason = format!("no provider carries {}", message.channel);
        let mut refused = Outcome::Rejected {
            code: WRONG_CHANNEL.to_owned(),
            reason,
        };
        for provider in &self.0 {
            match provider.send(message) {
                Outcome::Rejected { code, reason } if code == WRONG_CHANNEL => {
                    refused = Outcome::Rejected { code, reason };
                }
                outcome => return outcome,
            }
        }
        refused
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vouchsafe::dispatch::message::{Channel, Rendered};

    /// Carries one channel.
    struct Only(Channel);

    impl Provider for Only {
        fn name(&self) -> &'static str {
            "only"
        }

        fn send(&self, message: &Outgoing<'_>) -> Outcome {
            if message.channel == self.0 {
                return Outcome::Accepted {
                    provider_ref: Some(self.0.to_string()),
                };
            }
            let reason = format!("this provider does not carry {}", message.channel);
            Outcome::Rejected {
                code: WRONG_CHANNEL.to_owned(),
                reason,
            }
        }
    }

    #[test]
    fn a_message_goes_to_the_provider_of_its_channel_and_to_none_without_one() {
        let rendered = Rendered {
            subject: None,
            body: "hello".to_owned(),
        };
        let send = |providers: Vec<Box<dyn Provider>>| {
            EachChannel(providers).send(&Outgoing {
                attempt_id: "c1-m1-s1",
                channel: Channel::Email,
                to: "ann@example.test",
                rendered: &rendered,
                unsubscribe_url: "https://example.test/u/x",
            })
        };
        let both = send(vec![
            Box::new(Only(Channel::Sms)),
            Box::new(Only(Channel::Email)),
        ]);
        assert_eq!(
            both,
            Outcome::Accepted {
                provider_ref: Some("email".to_owned())
            }
        );
        let sms: Vec<Box<dyn Provider>> = vec![Box::new(Only(Channel::Sms))];
        for providers in [Vec::new(), sms] {
            let none = send(providers);
            assert!(matches!(none, Outcome::Rejected { code, .. } if code == WRONG_CHANNEL));
        }
    }
}
