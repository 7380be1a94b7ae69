//! `vouchsafe program explain`

mod phrases;
mod sentences;
mod words;

use super::super::{Context, Failure, Verdict};
use super::RuleFile;
use clap::ValueEnum;
use serde_json::json;
use std::path::PathBuf;

/// Say in plain sentences what a program does: who earns, when, how much, under which limits.
///
/// The sentences are made from the checked program, so they say what it does and not what it was meant
/// to do. No book is needed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vouchsafe program explain spring.toml
  vouchsafe program explain everyday-commission --lang zh")]
pub(crate) struct Explain {
    /// The rule file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The language; without it both.
    #[arg(long, value_enum)]
    lang: Option<Lang>,
}

/// A language that programs are explained in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Lang {
    /// English.
    En,
    /// Chinese in simplified characters.
    Zh,
}

impl Lang {
    /// One of two texts.
    pub(super) fn pick<T>(self, english: T, chinese: T) -> T {
        match self {
            Self::En => english,
            Self::Zh => chinese,
        }
    }
}

impl Explain {
    pub(crate) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let plan = context.plan_file()?.plan;
        let program = RuleFile::read(&self.file)?.load(&plan)?;
        let wanted = |lang| {
            self.lang
                .is_none_or(|l| l == lang)
                .then(|| sentences::of(&program, lang))
        };
        let (english, chinese) = (wanted(Lang::En), wanted(Lang::Zh));
        let answer = json!({"program": &*program.id, "version": program.version, "en": english, "zh": chinese});
        context.out.answer(&answer, |paint| {
            let mut text = String::new();
            for lines in [&english, &chinese].into_iter().flatten() {
                for line in lines {
                    let heading = !line.starts_with(' ') && !line.is_empty();
                    text.push_str(&if heading {
                        paint.bold(line)
                    } else {
                        line.clone()
                    });
                    text.push('\n');
                }
                text.push('\n');
            }
            text
        })?;
        Ok(Verdict::Fine)
    }
}
