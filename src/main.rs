//! The one binary: server, worker and command line.

mod cli;
mod config;
mod telemetry;

fn main() -> std::process::ExitCode {
    cli::main()
}
