//! Asks before something is done that cannot be undone.

use super::{Context, Failure};
use std::io::{BufRead, IsTerminal, Write};

/// Says what is about to be done and asks; goes on only after a typed `yes`.
///
/// # Errors
/// [`Failure`] when the answer is another one, or when there is nobody to ask.
pub(crate) fn confirm(context: &Context, what: &str, yes: bool) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    let unasked = || Failure::input(format!("not done: {what}")).help("confirm with --yes");
    if context.out.is_json() || !std::io::stdin().is_terminal() {
        return Err(unasked());
    }
    let mut stderr = std::io::stderr().lock();
    drop(
        stderr
            .write_all(format!("{what}\nType yes to do it: ").as_bytes())
            .and_then(|()| stderr.flush()),
    );
    let mut answer = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut answer)
        .map_err(|e| Failure::input(format!("the answer cannot be read: {e}")))?;
    if answer.trim().eq_ignore_ascii_case("yes") {
        Ok(())
    } else {
        Err(unasked())
    }
}
