//! Several runs in one page, as a file or from a server.

use crate::args::{Args, Format, LabelledFile};
use crate::comparing::labels;
use crate::draw::output_directory;
use crate::plan::{self, PAGE};
use crate::progress::Progress;
use crate::terminal::print_line;
use crate::{Failure, open, serving};
use scope_profiler::page::RunsTogether;

/// Whether several files make sense with these options: all that comes of them is the page.
pub(crate) fn takes(args: &Args) -> bool {
    let html_alone = args.format.iter().all(|format| *format == Format::Html);
    let writes = args.output.is_some();
    let others = args.json || args.data || !args.plots.is_empty() || args.group_by.is_some();
    (args.show || writes) && (html_alone || !writes) && !others
}

/// Writes or shows the page of all files that were named.
pub(crate) fn show(args: &Args) -> Result<(), Failure> {
    let files: Vec<LabelledFile> = args
        .files
        .iter()
        .map(|word| word.clone().into_os_string().into())
        .collect();
    let labels = labels(&files);
    let mut runs = Vec::with_capacity(files.len());
    for file in &files {
        runs.push(open(args, &args.choice, &file.path, args.quiet)?);
    }
    if let Some(directory) = &args.output {
        let made = output_directory(directory)?;
        let path = directory.join(PAGE);
        let progress = Progress::of("drawing", &path, args.quiet);
        let mut page = RunsTogether::new(plan::options(args));
        for (label, (reader, filter)) in labels.iter().zip(&runs) {
            page.add(label, reader, filter);
        }
        page.write(&path)?;
        drop((progress, made));
        if !args.quiet {
            print_line(&path.to_string_lossy())?;
        }
    }
    if args.show {
        let named = runs.into_iter().zip(files);
        let named = named.map(|((reader, filter), file)| (reader, filter, file.label));
        return serving::show(args, named.collect());
    }
    Ok(())
}
