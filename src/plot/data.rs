//! Writes the numbers of a chart.

use crate::error::{Error, Result};
use crate::output;
use crate::render::{Data, Datum, Figure};
use csv::Writer;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Writes the numbers that a chart shows to a file, as comma-separated values: the names of the
/// [columns](Data::columns), and a line for each row.
///
/// ```
/// use scope_profiler::chart::{ChartOptions, DurationsChart};
/// use scope_profiler::profile::{Call, Profile};
/// use scope_profiler::{RegionFilter, plot};
///
/// let profile = Profile::builder().interval(Call::new("solve", 0..5_000)).build();
/// let chart = DurationsChart::reduce(&profile, &RegionFilter::new(), &ChartOptions::new())?;
/// let directory = tempfile::tempdir()?;
/// let path = directory.path().join("durations.csv");
/// plot::save_data(&chart, &path)?;
/// assert!(std::fs::read_to_string(&path)?.starts_with("region,regions,calls,"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// When the chart has no numbers to tell, the extension is not `csv`, or the file cannot be written.
pub fn save_data(figure: &dyn Figure, path: impl AsRef<Path>) -> Result<()> {
    let path = path.as_ref();
    check_extension(path)?;
    let data = figure.data();
    if data.columns().is_empty() {
        return Err(Error::plot(format!(
            "{}: this chart has no numbers to write; its figure does not implement data()",
            path.display()
        )));
    }
    output::file_to_write(path)?;
    write(data, path).map_err(|error| Error::io(path, "cannot write the numbers", error))
}

/// Refuses a path whose extension is another.
pub(super) fn check_extension(path: &Path) -> Result<()> {
    let is_csv = path
        .extension()
        .is_some_and(|end| end.eq_ignore_ascii_case("csv"));
    is_csv.then_some(()).ok_or_else(|| {
        Error::config(format!(
            "{}: the numbers of a chart are written as .csv; end the file's name in that",
            path.display()
        ))
    })
}

fn write(data: Data<'_>, path: &Path) -> io::Result<()> {
    let mut file = output::temporary_beside(path)?;
    let mut table = Writer::from_writer(BufWriter::new(&mut file));
    table.write_record(data.columns().iter().map(|column| column.name()))?;
    for row in data.into_rows() {
        for field in row {
            match field {
                Datum::None => table.write_field("")?,
                Datum::Text(text) => table.write_field(&*text)?,
                Datum::Whole(number) => table.write_field(itoa::Buffer::new().format(number))?,
                Datum::Number(number) => table.write_field(number.to_string())?,
            }
        }
        table.write_record(None::<&[u8]>)?;
    }
    table.into_inner().map_err(|error| error.into_error())?.flush()?;
    output::replace(file.into_temp_path(), path).map(drop)
}
