//! The real binary, serving in a process of its own, to be killed.

use super::peers::{Server as Peer, wait_until};
use std::process::{Child, Command, Stdio};

/// A server process; dropping it is SIGKILL.
pub(crate) struct Process {
    child: Child,
    pub(crate) url: String,
}

impl Process {
    /// Serves a database; returns once it answers.
    pub(crate) fn serve(database: &str, more: &[&str]) -> Process {
        let address = format!("127.0.0.1:{}", Peer::absent());
        let child = Command::new(env!("CARGO_BIN_EXE_vouchsafe"))
            .args([
                "serve",
                "--workers",
                "2",
                "--bind",
                &address,
                "--database-url",
                database,
            ])
            .args(more)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let process = Process {
            child,
            url: format!("http://{address}"),
        };
        wait_until("the server answers", || {
            ureq::get(format!("{}/health", process.url)).call().is_ok()
        });
        process
    }

    /// Its number, for signals.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Kills it with SIGKILL: no handler runs, nothing is flushed.
    pub(crate) fn kill(mut self) {
        // It may be dead already.
        self.child.kill().ok();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
