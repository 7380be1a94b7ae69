//! Where answers go: text or JSON on standard output, errors on standard error.
//!
//! Nothing here panics when a reader such as `head` closes the pipe: what it does not want to read
//! is not written.

use super::Failure;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use std::io::{ErrorKind, IsTerminal, Write};

/// The two streams of a command.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Out {
    json: bool,
    colour: bool,
}

/// Emphasis, on terminals only.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint(bool);

impl Paint {
    fn wrap(self, code: &str, text: &str) -> String {
        if self.0 {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    /// A heading or a key figure.
    pub(crate) fn bold(self, text: &str) -> String {
        self.wrap("1", text)
    }

    /// Something that matters less.
    pub(crate) fn dim(self, text: &str) -> String {
        self.wrap("2", text)
    }

    /// Good.
    pub(crate) fn green(self, text: &str) -> String {
        self.wrap("32", text)
    }

    /// Bad.
    pub(crate) fn red(self, text: &str) -> String {
        self.wrap("31", text)
    }

    /// Good or bad.
    pub(crate) fn verdict(self, good: bool, text: &str) -> String {
        if good {
            self.green(text)
        } else {
            self.red(text)
        }
    }
}

/// Whether a terminal shows colours; `NO_COLOR` is the convention of <https://no-color.org>.
fn coloured(terminal: bool) -> bool {
    terminal && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
}

impl Out {
    /// The streams of this process.
    pub(crate) fn new(json: bool) -> Self {
        Self {
            json,
            colour: coloured(std::io::stdout().is_terminal()),
        }
    }

    /// Whether programs read the answer.
    pub(crate) const fn is_json(self) -> bool {
        self.json
    }

    /// Answers with `value` for programs and with the text of `human` for people.
    ///
    /// # Errors
    /// [`Failure`] when standard output cannot be written.
    pub(crate) fn answer<T: Serialize + ?Sized>(
        self,
        value: &T,
        human: impl FnOnce(Paint) -> String,
    ) -> Result<(), Failure> {
        let text = if self.json {
            serde_json::to_string_pretty(value).map_err(Failure::peer)?
        } else {
            human(Paint(self.colour))
        };
        let mut stdout = std::io::stdout().lock();
        let written = stdout
            .write_all(text.trim_end().as_bytes())
            .and_then(|()| stdout.write_all(b"\n"))
            .and_then(|()| stdout.flush());
        match written {
            Err(e) if e.kind() != ErrorKind::BrokenPipe => Err(Failure::peer(format!(
                "standard output cannot be written: {e}"
            ))),
            _ => Ok(()),
        }
    }

    /// Says something to people only, on standard error.
    pub(crate) fn note(self, text: &str) {
        if !self.json {
            to_stderr(text);
        }
    }

    /// Says why the command was not carried out.
    pub(crate) fn fail(self, failure: &Failure) {
        if self.json {
            let error = serde_json::json!({"error": {"kind": failure.word(), "message": failure.what, "help": failure.help, "details": failure.details}});
            to_stderr(&error.to_string());
            return;
        }
        let paint = Paint(coloured(std::io::stderr().is_terminal()));
        to_stderr(&format!("{} {}", paint.red("error:"), failure.what));
        if let Some(help) = &failure.help {
            to_stderr(&format!("  help: {help}"));
        }
    }

    /// A bar of progress on standard error, when that is a terminal.
    pub(crate) fn progress(self, what: &'static str, total: u64) -> ProgressBar {
        if self.json || !std::io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::new(total).with_prefix(what);
        let template = "{prefix} {wide_bar} {human_pos} of {human_len} ({per_sec}, {eta} left)";
        match ProgressStyle::with_template(template) {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        }
    }
}

/// Standard error may be closed; there is nobody left to tell that.
fn to_stderr(text: &str) {
    let mut stderr = std::io::stderr().lock();
    drop(stderr.write_all(format!("{text}\n").as_bytes()));
}
