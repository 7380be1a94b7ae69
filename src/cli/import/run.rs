//! Reads a file, sends its good lines in batches, and remembers where it stands.

use super::super::{Context, Failure, Verdict};
use super::Source;
use super::memory::{Memory, Standing};
use super::report::Report;
use super::sheet::{Cells, Sheet};
use indicatif::ProgressBar;
use std::collections::VecDeque;
use std::time::Instant;
use vouchsafe::engine::Engine;
use vouchsafe::facts::intake::FieldProblem;

/// Lines in one transaction.
pub(super) const BATCH_MAX: usize = 1_000;

/// What became of one line that was sent.
pub(super) enum Answer {
    /// Kept for the first time.
    New,
    /// Was there, and was changed.
    Changed,
    /// Was there, the same.
    Already,
    /// Not kept.
    Refused(Vec<FieldProblem>),
}

/// A good line.
pub(super) struct Entry<T> {
    /// Its number.
    pub(super) line: u64,
    /// What it says.
    pub(super) item: T,
}

/// How one kind of file is read and sent.
pub(super) trait Sender {
    /// What a line says.
    type Item;

    /// The kind in a word.
    const KIND: &'static str;

    /// Reads a line.
    fn read(&mut self, cells: &Cells) -> Result<Self::Item, Vec<FieldProblem>>;

    /// Whether lines are sent in another order than that of the file.
    fn arranges(&self) -> bool;

    /// Puts lines in their order.
    fn arrange(&self, entries: Vec<Entry<Self::Item>>) -> Vec<Entry<Self::Item>>;

    /// How many of the waiting lines go into the next batch; at least one and at most [`BATCH_MAX`].
    fn take(&mut self, waiting: &VecDeque<Entry<Self::Item>>) -> Result<usize, Failure>;

    /// Sends a batch; an answer for each.
    fn send(&mut self, items: Vec<Self::Item>) -> Result<Vec<Answer>, Failure>;
}

/// An import in progress.
struct Import<'a, S: Sender> {
    engine: &'a Engine,
    sheet: &'a Sheet,
    sender: S,
    memory: Memory,
    standing: Standing,
    report: Report,
    bar: ProgressBar,
}

/// Imports a file.
///
/// # Errors
/// [`Failure`] when the file cannot be read or the book fails; lines that were sent before are kept.
pub(super) fn import<S: Sender>(
    context: &Context,
    source: &Source,
    engine: &Engine,
    sheet: &Sheet,
    memory: Memory,
    sender: S,
) -> Result<Verdict, Failure> {
    let started = Instant::now();
    let standing = if source.again {
        Standing::default()
    } else {
        memory.recall(engine)?
    };
    let mut report = Report::new(sheet, S::KIND);
    report.before = standing.sent;
    if standing.complete {
        context.out.note("note: this file was imported before, whole and without a mistake; --again sends it once more");
        return report.answer(context, started.elapsed().as_millis());
    }
    let bar = context
        .out
        .progress(S::KIND, sheet.lines.saturating_sub(standing.sent));
    let mut import = Import {
        engine,
        sheet,
        sender,
        memory,
        standing,
        report,
        bar,
    };
    if source.strict || import.sender.arranges() {
        let entries = import.read_all()?;
        if source.strict && import.report.refused() > 0 {
            return Err(import.report.strict());
        }
        import.send_all(entries)?;
    } else {
        import.stream()?;
    }
    import.settle()?;
    import.report.keep_bad(sheet, source.bad.as_deref())?;
    import.report.answer(context, started.elapsed().as_millis())
}

impl<S: Sender> Import<'_, S> {
    fn read_all(&mut self) -> Result<Vec<Entry<S::Item>>, Failure> {
        let mut entries = Vec::new();
        for line in self.sheet.lines()? {
            let line = line?;
            entries.extend(self.read(line.number, line.cells));
        }
        Ok(self.sender.arrange(entries))
    }

    fn read(&mut self, line: u64, cells: Result<Cells, FieldProblem>) -> Option<Entry<S::Item>> {
        self.report.line();
        match cells
            .map_err(|problem| vec![problem])
            .and_then(|cells| self.sender.read(&cells))
        {
            Ok(item) => Some(Entry { line, item }),
            Err(problems) => {
                self.report.refuse(self.sheet, line, &problems);
                None
            }
        }
    }

    /// Sends what earlier runs have not sent.
    fn send_all(&mut self, entries: Vec<Entry<S::Item>>) -> Result<(), Failure> {
        let before = usize::try_from(self.standing.sent).unwrap_or(usize::MAX);
        let mut waiting: VecDeque<_> = entries.into_iter().skip(before).collect();
        while !waiting.is_empty() {
            let take = self
                .sender
                .take(&waiting)?
                .clamp(1, BATCH_MAX)
                .min(waiting.len());
            let batch = waiting.drain(..take).collect();
            self.send(batch)?;
        }
        Ok(())
    }

    /// Sends while reading, so that a file of any length needs little memory.
    fn stream(&mut self) -> Result<(), Failure> {
        let mut before = self.standing.sent;
        let mut batch = Vec::new();
        for line in self.sheet.lines()? {
            let line = line?;
            let Some(entry) = self.read(line.number, line.cells) else {
                continue;
            };
            if before > 0 {
                before -= 1;
                continue;
            }
            batch.push(entry);
            if batch.len() == BATCH_MAX {
                self.send(std::mem::take(&mut batch))?;
            }
        }
        self.send(batch)
    }

    fn send(&mut self, batch: Vec<Entry<S::Item>>) -> Result<(), Failure> {
        let (lines, items): (Vec<u64>, Vec<S::Item>) =
            batch.into_iter().map(|e| (e.line, e.item)).unzip();
        if items.is_empty() {
            return Ok(());
        }
        let sent = u64::try_from(items.len()).unwrap_or(u64::MAX);
        for (line, answer) in lines.into_iter().zip(self.sender.send(items)?) {
            match answer {
                Answer::New => self.report.new += 1,
                Answer::Changed => self.report.changed += 1,
                Answer::Already => self.report.already += 1,
                Answer::Refused(problems) => {
                    self.standing.refused += 1;
                    self.report.refuse(self.sheet, line, &problems);
                }
            }
        }
        self.standing.sent += sent;
        self.memory.note(self.engine, &self.standing)?;
        self.bar.inc(sent);
        Ok(())
    }

    /// A file with mistakes is sent whole the next time: what they need may be there by then.
    fn settle(&mut self) -> Result<(), Failure> {
        self.bar.finish_and_clear();
        let complete = self.report.refused() == 0 && self.standing.refused == 0;
        let standing = if complete {
            Standing {
                complete,
                ..self.standing
            }
        } else {
            Standing::default()
        };
        self.memory.note(self.engine, &standing)
    }
}
