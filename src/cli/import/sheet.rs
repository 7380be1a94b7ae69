//! A CSV file whose columns are known: lines of named cells, with their numbers.

use super::super::Failure;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use vouchsafe::facts::intake::FieldProblem;
use vouchsafe::facts::service::hex;
use vouchsafe::rules::error::nearest;
use vouchsafe::types::Text;

/// The field that a left-out column is mapped to.
const LEFT_OUT: &str = "-";
/// Bytes read at a time while the file is hashed.
const CHUNK: usize = 1 << 16;

/// Cells that are not empty, by field.
pub(super) type Cells = BTreeMap<Text, String>;

/// A line of the file.
pub(super) struct Line {
    /// Its number, the heading being 1; that of its first line when a cell spans several.
    pub(super) number: u64,
    /// Its cells, or why it has none.
    pub(super) cells: Result<Cells, FieldProblem>,
}

/// A CSV file with its heading understood.
#[derive(Clone, Debug)]
pub(super) struct Sheet {
    path: PathBuf,
    /// Name and field of each column; none for one that is left out.
    columns: Vec<(String, Option<Text>)>,
    /// The hash of the whole file.
    pub(super) hash: String,
    /// Ends of lines after the heading.
    pub(super) lines: u64,
}

/// What a file may hold.
pub(super) struct Layout {
    /// Every field a column may be mapped to.
    pub(super) fields: Vec<String>,
    /// Fields without which no line can be read.
    pub(super) needed: Vec<&'static str>,
}

impl Sheet {
    /// Reads the heading and hashes the file.
    ///
    /// # Errors
    /// [`Failure`] for a file that cannot be read, and for columns that are unknown, missing or doubled.
    pub(super) fn open(
        path: &Path,
        map: &[(String, String)],
        layout: &Layout,
    ) -> Result<Self, Failure> {
        let (hash, ends) = scan(path).map_err(|e| Failure::file(path, &e))?;
        let heading = reader(path)?
            .byte_headers()
            .cloned()
            .map_err(|e| Failure::input(format!("{}: {e}", path.display())))?;
        let place = format!("{}:1", path.display());
        let mut names = Vec::with_capacity(heading.len());
        for cell in &heading {
            let name = std::str::from_utf8(cell)
                .map_err(|_ignored| Failure::input(format!("{place}: the heading is not UTF-8")))?;
            names.push(name.trim().trim_start_matches('\u{feff}').to_owned());
        }
        if let Some((column, _)) = map.iter().find(|(column, _)| !names.contains(column)) {
            let meant = nearest(column, names.iter().map(String::as_str));
            let help = meant.map_or_else(
                || format!("its columns: {}", names.join(", ")),
                |n| format!("did you mean `{n}`?"),
            );
            return Err(Failure::input(format!(
                "{place}: --map names the column `{column}`, which the file has not"
            ))
            .help(help));
        }
        let mut columns: Vec<(String, Option<Text>)> = Vec::with_capacity(names.len());
        for name in names {
            let field = field(&place, &name, map, layout)?;
            let twin = columns.iter().find(|(_, f)| field.is_some() && *f == field);
            if let (Some((twin, _)), Some(field)) = (twin, &field) {
                return Err(Failure::input(format!(
                    "{place}: the columns `{twin}` and `{name}` are both `{field}`"
                ))
                .help(format!("leave one out: --map {name}=-")));
            }
            columns.push((name, field));
        }
        let has = |field: &str| columns.iter().any(|(_, f)| f.as_deref() == Some(field));
        if let Some(missing) = layout.needed.iter().find(|field| !has(field)) {
            return Err(
                Failure::input(format!("{place}: there is no column `{missing}`"))
                    .help(format!("name it: --map COLUMN={missing}")),
            );
        }
        Ok(Self {
            path: path.to_owned(),
            columns,
            hash,
            lines: ends.saturating_sub(1),
        })
    }

    /// The file's name as given.
    pub(super) fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// What the columns are read as, in order.
    pub(super) fn meaning(&self) -> impl Iterator<Item = &str> {
        self.columns
            .iter()
            .map(|(_, field)| field.as_deref().unwrap_or(LEFT_OUT))
    }

    /// The column of a field; the field itself when it has none.
    pub(super) fn column<'a>(&'a self, field: &'a str) -> &'a str {
        self.columns
            .iter()
            .find(|(_, f)| f.as_deref() == Some(field))
            .map_or(field, |(name, _)| name)
    }

    /// Whether a column is read as this field.
    pub(super) fn has(&self, field: &str) -> bool {
        self.columns
            .iter()
            .any(|(_, f)| f.as_deref() == Some(field))
    }

    /// Every line after the heading.
    ///
    /// # Errors
    /// [`Failure`] when the file cannot be read any more.
    pub(super) fn lines(
        &self,
    ) -> Result<impl Iterator<Item = Result<Line, Failure>> + '_, Failure> {
        let reader = reader(&self.path)?;
        Ok(reader.into_byte_records().map(|record| match record {
            Ok(record) => Ok(self.line(&record)),
            Err(e) => Err(Failure::input(format!("{}: {e}", self.path.display()))),
        }))
    }

    fn line(&self, record: &csv::ByteRecord) -> Line {
        let number = record.position().map_or(0, csv::Position::line);
        Line {
            number,
            cells: self.cells(record),
        }
    }

    fn cells(&self, record: &csv::ByteRecord) -> Result<Cells, FieldProblem> {
        if record.len() != self.columns.len() {
            let problem = format!(
                "the line has {} cells, but the heading has {}",
                record.len(),
                self.columns.len()
            );
            return Err(FieldProblem::new("", problem));
        }
        let mut cells = Cells::new();
        for ((name, field), cell) in self.columns.iter().zip(record) {
            let Some(field) = field else { continue };
            let text = std::str::from_utf8(cell)
                .map_err(|_ignored| FieldProblem::new(name, "the cell is not UTF-8"))?
                .trim();
            if !text.is_empty() {
                cells.insert(field.clone(), text.to_owned());
            }
        }
        Ok(cells)
    }

    /// Writes the heading and some lines to another file, as they are.
    ///
    /// # Errors
    /// [`Failure`] when a file cannot be read or written.
    pub(super) fn copy_lines(&self, numbers: &[u64], to: &Path) -> Result<(), Failure> {
        let failed = |e: csv::Error| Failure::input(format!("{}: {e}", to.display()));
        let mut reader = reader(&self.path)?;
        let heading = reader.byte_headers().cloned().map_err(failed)?;
        let mut writer = csv::WriterBuilder::new()
            .flexible(true)
            .from_path(to)
            .map_err(failed)?;
        writer.write_byte_record(&heading).map_err(failed)?;
        for record in reader.into_byte_records() {
            let record = record.map_err(failed)?;
            if record
                .position()
                .is_some_and(|p| numbers.binary_search(&p.line()).is_ok())
            {
                writer.write_byte_record(&record).map_err(failed)?;
            }
        }
        writer.flush().map_err(|e| Failure::file(to, &e))
    }
}

/// What a column is read as.
fn field(
    place: &str,
    name: &str,
    map: &[(String, String)],
    layout: &Layout,
) -> Result<Option<Text>, Failure> {
    let field = map
        .iter()
        .find(|(column, _)| column == name)
        .map_or(name, |(_, field)| field);
    if field == LEFT_OUT {
        return Ok(None);
    }
    if layout.fields.iter().any(|f| f == field) {
        return Ok(Some(field.into()));
    }
    let meant = nearest(field, layout.fields.iter().map(String::as_str));
    let short: Vec<&str> = layout
        .fields
        .iter()
        .map(String::as_str)
        .filter(|f| !f.contains("s.") || f.starts_with("consents."))
        .collect();
    let fields = meant.map_or_else(
        || format!("fields: {}", short.join(", ")),
        |f| format!("did you mean `{f}`?"),
    );
    let what = if field == name {
        format!("the column `{name}` is not known")
    } else {
        format!("--map {name}={field}: there is no field `{field}`")
    };
    Err(Failure::input(format!("{place}: {what}")).help(format!(
        "map it with --map {name}=FIELD, or leave it out with --map {name}=-; {fields}"
    )))
}

fn reader(path: &Path) -> Result<csv::Reader<File>, Failure> {
    let file = File::open(path).map_err(|e| Failure::file(path, &e))?;
    Ok(csv::ReaderBuilder::new()
        .flexible(true)
        .buffer_capacity(CHUNK)
        .from_reader(file))
}

/// The hash of a file and how many lines end in it.
fn scan(path: &Path) -> std::io::Result<(String, u64)> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0_u8; CHUNK];
    let mut ends = 0;
    loop {
        let read = file.read(&mut buffer)?;
        let bytes = buffer.get(..read).unwrap_or_default();
        if bytes.is_empty() {
            return Ok((hex(&hasher.finalize()), ends));
        }
        hasher.update(bytes);
        ends += bytes.iter().map(|b| u64::from(*b == b'\n')).sum::<u64>();
    }
}
