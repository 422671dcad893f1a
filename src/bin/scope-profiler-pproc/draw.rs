//! Writes files into a directory.

use crate::Failure;
use crate::made::Made;
use crate::plan::{Kind, Output, When};
use crate::progress::Progress;
use crate::terminal::print_line;
use scope_profiler::chart::{Chart, ChartOptions, Subject, list};
use scope_profiler::plot::Outputs;
use scope_profiler::{ProfilingH5Reader, RegionFilter, Result as Outcome};
use std::path::{Path, PathBuf};

/// Writes all files; the profile is read for them once.
pub(crate) fn write(
    directory: &Path,
    outputs: &[Output],
    reader: &ProfilingH5Reader,
    filter: &RegionFilter,
    options: &ChartOptions,
    quiet: bool,
) -> Result<(), Failure> {
    let made = output_directory(directory)?;
    let progress = Progress::of("reading", reader.path(), quiet);
    let files = planned(directory, outputs, reader, filter, options)?.read()?;
    drop(progress);
    let paths: Vec<PathBuf> = files.paths().map(Path::to_owned).collect();
    let mut drawn = paths.iter().map(|path| Progress::of("drawing", path, quiet));
    let mut progress = drawn.next();
    files.write_all(|path| {
        progress = None;
        if !quiet {
            print_line(&path.to_string_lossy())?;
        }
        progress = drawn.next();
        Ok::<(), Failure>(())
    })?;
    drop(made);
    Ok(())
}

/// Makes the directory for the output, unless its name was meant for a shell.
pub(crate) fn output_directory(directory: &Path) -> Result<Made, Failure> {
    let first = directory
        .components()
        .next()
        .map(|first| Path::new(first.as_os_str()));
    if let Some(home) = first.filter(|first| first.to_string_lossy().starts_with('~') && !first.exists()) {
        return Err(Failure::Message(format!(
            "{}: there is no directory {}; only a shell replaces ~ by a home directory, and not within quotes: \
             write $HOME there, or ./~",
            directory.display(),
            home.display()
        )));
    }
    Ok(Made::directory(directory)?)
}

fn planned<'a>(
    directory: &Path,
    outputs: &[Output],
    reader: &'a ProfilingH5Reader,
    filter: &'a RegionFilter,
    options: &ChartOptions,
) -> Outcome<Outputs<'a>> {
    let mut planned = Outputs::new(reader, filter, options.clone())?;
    let subject = Subject::new(reader, filter)?;
    for output in outputs {
        let chart = output.chart().and_then(list::by_name);
        let is_wanted = |chart: &dyn Chart| match output.when {
            When::Always => true,
            When::Possible => chart.is_possible_for(&subject),
            When::Usual => chart.is_default_for(&subject) || chart.is_called_for(options),
        };
        if chart.is_some_and(|chart| !is_wanted(chart)) {
            continue;
        }
        let path = output.path(directory);
        match output.kind {
            Kind::Chart(name) => {
                list::by_name(name).map_or(Ok(()), |chart| planned.add_chart(chart, path))?
            }
            Kind::Data(name) => list::by_name(name).map_or(Ok(()), |chart| planned.add_data(chart, path))?,
            Kind::Page => planned.add_page(path)?,
            Kind::Statistics => planned.add_statistics(reader, path)?,
        }
    }
    Ok(planned)
}
