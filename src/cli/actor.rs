//! Who gives a command: kept with what it changed.

/// A person who signs by name, because the command moves money or needs two persons.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Signed {
    /// Who does this; kept in the log of commands for ever.
    #[arg(long, env = "VOUCHSAFE_ACTOR", value_name = "NAME", value_parser = name)]
    pub(crate) actor: String,
}

/// A person, or the account of the system when nobody is named.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct By {
    /// Who does this; kept in the log of commands for ever. Without it: the user of the system.
    #[arg(long, env = "VOUCHSAFE_ACTOR", value_name = "NAME", value_parser = name)]
    actor: Option<String>,
}

impl By {
    /// The name that is kept.
    pub(crate) fn name(&self) -> String {
        let user = || std::env::var("USER").ok().filter(|u| !u.is_empty());
        self.actor
            .clone()
            .or_else(user)
            .unwrap_or_else(|| "cli".to_owned())
    }
}

fn name(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() || text.len() > 128 || text.chars().any(char::is_control) {
        return Err("a name of 1 to 128 bytes is expected".to_owned());
    }
    Ok(text.to_owned())
}
