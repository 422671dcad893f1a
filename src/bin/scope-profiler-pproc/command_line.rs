//! From words to [`Args`]: what clap does, and what it leaves to be said.

use crate::args::Args;
use crate::{similar, together};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Error, Parser};
use std::ffi::{OsStr, OsString};
use std::path::Path;

/// Options that take all values which follow them.
const GREEDY: [&str; 8] = [
    "-i",
    "--include",
    "-e",
    "--exclude",
    "-r",
    "--ranks",
    "--plots",
    "--format",
];

/// What was typed, where it makes sense; otherwise the program ends and says why.
pub(crate) fn args() -> Args {
    parse(std::env::args_os().collect()).unwrap_or_else(|error| error.exit())
}

/// What these words mean, of which the first is the program.
fn parse(words: Vec<OsString>) -> Result<Args, Error> {
    let outcome = Args::try_parse_from(&words).and_then(checked);
    let Err(error) = outcome else { return outcome };
    // The file may have been taken for a value of the option before it.
    if matches!(
        error.kind(),
        ErrorKind::MissingRequiredArgument | ErrorKind::InvalidValue | ErrorKind::ValueValidation
    ) {
        if let Some(args) = with_the_file_first(&words) {
            return Ok(args);
        }
    }
    Err(without_far_fetched_advice(error))
}

fn checked(args: Args) -> Result<Args, Error> {
    if args.files.len() > 1 && !args.check && !together::takes(&args) {
        let first = args.files[0].to_string_lossy();
        let meant = ["merge", "export", "serve", "compare"]
            .into_iter()
            .find(|command| similar::distance(&first, command) <= 2);
        let (kind, message) = match meant.filter(|_| !args.files[0].exists()) {
            Some(command) => (
                ErrorKind::InvalidSubcommand,
                format!("there is no command {first:?}; did you mean {command}?"),
            ),
            None => (
                ErrorKind::TooManyValues,
                "several files are for compare, serve, --show, --check, and -o DIR with --format html alone"
                    .to_owned(),
            ),
        };
        return Err(Args::command().error(kind, message));
    }
    if args.color_by.is_some() && args.output.is_none() && !args.show && args.command.is_none() {
        let message = "--color-by is of the Gantt chart, the flame chart and the interactive page: add -o DIR or --show";
        return Err(Args::command().error(ErrorKind::MissingRequiredArgument, message));
    }
    let profiles = args.profiles();
    if let Some(path) = profiles
        .iter()
        .copied()
        .chain(args.directory())
        .find(|path| is_dash(path.as_os_str()))
    {
        let message = if profiles.contains(&path) {
            "a profile is read from a file, not from standard input: HDF5 needs random access"
        } else {
            "several files are written: --output takes a directory, not standard output"
        };
        return Err(Args::command().error(ErrorKind::InvalidValue, message));
    }
    Ok(args)
}

fn is_dash(word: &OsStr) -> bool {
    word == "-"
}

/// The same words with the last value that looks like a file in front, where that makes sense of them.
fn with_the_file_first(words: &[OsString]) -> Option<Args> {
    let is_option = |word: &OsStr| word.as_encoded_bytes().first() == Some(&b'-');
    let mut greedy = false;
    let mut candidates = Vec::new();
    for (at, word) in words.iter().enumerate().skip(1) {
        if is_option(word) {
            greedy = GREEDY.iter().any(|option| {
                let word = word.to_string_lossy();
                let long = option.starts_with("--");
                word == *option
                    || (word.starts_with(option) && (!long || word[option.len()..].starts_with('=')))
            });
            continue;
        }
        // The first value of an option is its own.
        let is_first = words[at - 1]
            .to_str()
            .is_some_and(|before| GREEDY.contains(&before));
        if greedy && !is_first && is_like_a_file(word) {
            candidates.push(at);
        }
    }
    candidates.into_iter().rev().find_map(|at| {
        let mut words = words.to_vec();
        let file = words.remove(at);
        // A command stays the first word.
        let is_command = ["export", "serve", "compare"]
            .iter()
            .any(|command| words[1] == *command);
        let first = if is_command { 2 } else { 1 };
        words.insert(first, file);
        Args::try_parse_from(words).and_then(checked).ok()
    })
}

fn is_like_a_file(word: &OsStr) -> bool {
    let path = Path::new(word);
    path.extension().is_some_and(|end| end == "h5" || end == "hdf5") || path.is_file()
}

/// A tip that is about another option than the one that was meant is worse than none.
fn without_far_fetched_advice(mut error: Error) -> Error {
    if error.kind() == ErrorKind::UnknownArgument {
        error.remove(ContextKind::Suggested);
        let typed = text(&error, ContextKind::InvalidArg);
        let suggested = text(&error, ContextKind::SuggestedArg);
        if let (Some(typed), Some(suggested)) = (typed, suggested) {
            if similar::distance(&typed, &suggested) > 2 {
                error.remove(ContextKind::SuggestedArg);
            }
        }
    }
    error
}

fn text(error: &Error, kind: ContextKind) -> Option<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(texts)) => texts.first().cloned(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::RankSpec;
    use std::path::PathBuf;

    fn parsed(line: &str) -> Args {
        let words = ["pproc"].into_iter().chain(line.split(' '));
        parse(words.map(OsString::from).collect()).unwrap_or_else(|error| panic!("{line}: {error}"))
    }

    #[test]
    fn the_file_may_stand_anywhere() {
        for line in [
            "run.h5 -i main solve",
            "-i main solve run.h5",
            "-i main run.h5 solve",
            "-q -i main solve run.h5 -r 0",
            "--include=main run.h5 -i solve",
            "-imain -i solve run.h5",
        ] {
            let args = parsed(line);
            assert_eq!(args.files, [PathBuf::from("run.h5")], "{line}");
            assert_eq!(args.choice.include, ["main", "solve"], "{line}");
        }
        let args = parsed("-o out --format svg run.h5 -r 0-3,5");
        assert_eq!(args.files, [PathBuf::from("run.h5")]);
        assert_eq!(args.choice.ranks, [RankSpec(0..=3), RankSpec(5..=5)]);
    }

    #[test]
    fn a_pattern_is_not_taken_for_the_file() {
        let parse = |line: &str| parse(line.split(' ').map(OsString::from).collect());
        assert!(parse("pproc -i main").is_err());
        assert!(parse("pproc -i run.h5").is_err());
        assert_eq!(parsed("a.h5 -i main b.h5").choice.include, ["main", "b.h5"]);
    }
}
