//! What an import came to.

use super::super::table::count;
use super::super::{Context, Failure, Verdict};
use super::sheet::Sheet;
use serde::Serialize;
use std::path::Path;
use vouchsafe::facts::intake::FieldProblem;

/// Problems that are kept in words; the rest is counted.
const KEPT_MAX: usize = 1_000;
/// Problems that are shown to people.
const SHOWN_MAX: usize = 50;

/// A line that was not kept, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Problem {
    line: u64,
    column: String,
    problem: String,
}

/// What an import came to.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Report {
    file: String,
    kind: &'static str,
    /// Lines after the heading.
    lines: u64,
    /// Kept for the first time.
    pub(super) new: u64,
    /// Members that were there and were changed.
    pub(super) changed: u64,
    /// In the book already, the same.
    pub(super) already: u64,
    /// Sent by an earlier run.
    pub(super) before: u64,
    /// Not kept.
    refused: u64,
    /// Lines a second in this run.
    per_second: u64,
    /// The first of the problems.
    problems: Vec<Problem>,
    #[serde(skip)]
    bad: Vec<u64>,
}

impl Report {
    pub(super) fn new(sheet: &Sheet, kind: &'static str) -> Self {
        Self {
            file: sheet.name(),
            kind,
            ..Self::default()
        }
    }

    /// Counts a line that was read.
    pub(super) const fn line(&mut self) {
        self.lines += 1;
    }

    /// Notes a line that was not kept.
    pub(super) fn refuse(&mut self, sheet: &Sheet, line: u64, problems: &[FieldProblem]) {
        self.refused += 1;
        self.bad.push(line);
        for problem in problems
            .iter()
            .take(KEPT_MAX.saturating_sub(self.problems.len()))
        {
            let field = problem.field.as_str();
            let bare = field.split_once('.').map_or(field, |(_, bare)| bare);
            let column = if sheet.has(field) {
                sheet.column(field)
            } else {
                sheet.column(bare)
            };
            self.problems.push(Problem {
                line,
                column: column.to_owned(),
                problem: problem.problem.clone(),
            });
        }
    }

    /// Lines that were not kept in this run.
    pub(super) const fn refused(&self) -> u64 {
        self.refused
    }

    /// The problems in order of lines, one a line of text.
    fn list(&mut self) -> String {
        self.problems.sort_by_key(|p| p.line);
        let mut text = String::new();
        for p in self.problems.iter().take(SHOWN_MAX) {
            let column = if p.column.is_empty() {
                String::new()
            } else {
                format!("{}:", p.column)
            };
            text.push_str(&format!(
                "{}:{}:{column} {}\n",
                self.file, p.line, p.problem
            ));
        }
        let more = self.problems.len().saturating_sub(SHOWN_MAX);
        if more > 0 {
            text.push_str(&format!("… and {more} more; --bad FILE keeps the lines\n"));
        }
        text
    }

    /// Writes the lines that were not kept to the file of `--bad`.
    pub(super) fn keep_bad(&mut self, sheet: &Sheet, bad: Option<&Path>) -> Result<(), Failure> {
        let Some(to) = bad else { return Ok(()) };
        self.bad.sort_unstable();
        self.bad.dedup();
        sheet.copy_lines(&self.bad, to)
    }

    /// The refusal of a whole file in which lines are wrong.
    pub(super) fn strict(mut self) -> Failure {
        let list = self.list();
        let what = format!(
            "{}: {} of {} lines are wrong, so nothing was imported\n{}",
            self.file,
            self.refused,
            self.lines,
            list.trim_end()
        );
        Failure::input(what)
            .help("mend the lines, or leave --strict out to keep the good ones")
            .details(&self.problems)
    }

    /// Answers.
    pub(super) fn answer(
        mut self,
        context: &Context,
        elapsed_ms: u128,
    ) -> Result<Verdict, Failure> {
        let sent = u128::from(self.new + self.changed + self.already + self.refused);
        self.per_second = u64::try_from(sent * 1_000 / elapsed_ms.max(1)).unwrap_or(u64::MAX);
        let list = self.list();
        if !list.is_empty() {
            context.out.note(list.trim_end());
        }
        context.out.answer(&self, |paint| {
            let part = |n: u64, what: &str| {
                if n > 0 {
                    format!(", {} {what}", count(n))
                } else {
                    String::new()
                }
            };
            format!(
                "{}: {} {} of {} lines{}{}{}{} ({} a second)",
                self.file,
                paint.bold(&count(self.new)),
                if self.kind == "members" {
                    "new members"
                } else {
                    "new facts"
                },
                count(self.lines),
                part(self.changed, "changed"),
                part(self.already, "in the book already"),
                part(self.before, "sent by an earlier run"),
                if self.refused > 0 {
                    format!(
                        ", {}",
                        paint.red(&format!("{} not kept", count(self.refused)))
                    )
                } else {
                    String::new()
                },
                count(self.per_second),
            )
        })?;
        Ok(Verdict::of(self.refused == 0))
    }
}
