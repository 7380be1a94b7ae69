//! Rule files and the calendars they name.

use super::super::{Failure, book, shipped};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use vouchsafe::programs::Draft;
use vouchsafe::rules::calendar::Calendar;
use vouchsafe::rules::load;
use vouchsafe::rules::{Plan, Program, RuleError};
use vouchsafe::types::Exact;

/// A rule file that was read, not yet checked.
#[derive(Clone, Debug)]
pub(crate) struct RuleFile {
    path: PathBuf,
    text: String,
}

impl RuleFile {
    /// Reads a file; a name without a directory and an ending may be that of a shipped program.
    ///
    /// # Errors
    /// [`Failure`] naming the file.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let shipped = path
            .to_str()
            .filter(|_| !path.exists())
            .and_then(shipped::program);
        if let Some(text) = shipped {
            return Ok(Self {
                path: path.with_extension("toml"),
                text: text.to_owned(),
            });
        }
        let text = book::read_file(path).map_err(|e| {
            let names: Vec<&str> = shipped::program_names().collect();
            e.help(format!(
                "name a rule file, or one of the programs that come along: {}",
                names.join(", ")
            ))
        })?;
        Ok(Self {
            path: path.to_owned(),
            text,
        })
    }

    /// The file's name as given.
    pub(crate) fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// Checks the file.
    ///
    /// # Errors
    /// [`RuleError`] with the place of the first mistake.
    pub(crate) fn load(&self, plan: &Plan) -> Result<Program, RuleError> {
        self.load_with(plan, &BTreeMap::new())
    }

    /// As [`Self::load`], with some of its `params` given other values.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub(crate) fn load_with(
        &self,
        plan: &Plan,
        params: &BTreeMap<String, Exact>,
    ) -> Result<Program, RuleError> {
        let calendars = |name: &str| {
            self.calendar(name)
                .map(|(file, text)| Calendar::load(&file, &text))
        };
        load::read(&self.name(), &self.text, plan, &calendars, params)
    }

    /// The checked program and everything that its activation keeps.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub(crate) fn draft(
        &self,
        plan: &Plan,
        plan_text: &str,
    ) -> Result<(Program, Draft), RuleError> {
        let named = RefCell::new(String::new());
        let calendars = |name: &str| {
            let (file, text) = self.calendar(name)?;
            let calendar = Calendar::load(&file, &text);
            named.replace(text);
            Some(calendar)
        };
        let program = load::program(&self.name(), &self.text, plan, &calendars)?;
        let draft = Draft {
            file: self.name(),
            source: self.text.clone(),
            calendar: named.take(),
            plan: plan_text.to_owned(),
        };
        Ok((program, draft))
    }

    /// A calendar beside the file, or a shipped one: its name and text.
    fn calendar(&self, name: &str) -> Option<(String, String)> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if name.is_empty() || !name.chars().all(plain) {
            return None;
        }
        let file = format!("{name}.toml");
        let folder = self.path.parent().unwrap_or(Path::new(""));
        let beside = [
            folder.join("../calendars").join(&file),
            folder.join("calendars").join(&file),
        ];
        for path in beside {
            if let Ok(text) = std::fs::read_to_string(&path) {
                return Some((path.display().to_string(), text));
            }
        }
        shipped::calendar(name).map(|text| (file, text.to_owned()))
    }
}
