//! The values of counters, as comma-separated values.

use crate::error::{Error, Result};
use crate::export::{ExportOptions, Exporter, Output, Selected};
use crate::profile::Number;
use ::csv::{ErrorKind, WriterBuilder};

pub(super) struct CounterValues;

const COLUMNS: [&str; 6] = ["counter", "unit", "rank", "thread", "time_ns", "value"];

impl Exporter for CounterValues {
    fn name(&self) -> &'static str {
        "counters"
    }

    fn about(&self) -> &'static str {
        "pandas, spreadsheets: one row for each value of a counter, as CSV"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &[".counters.csv"]
    }

    fn write(&self, profile: &Selected<'_>, _: &ExportOptions, out: &mut Output<'_>) -> Result<()> {
        let mut table = WriterBuilder::new().from_writer(&mut *out);
        let mut outcome = table.write_record(COLUMNS);
        for row in profile.counter_rows() {
            let counter = profile.counter(row);
            let rank = profile.source().counter_rows()[row].rank.to_string();
            let unit = counter.unit().unwrap_or_default();
            profile.each_samples(row, |samples| {
                for sample in samples.iter() {
                    if outcome.is_err() {
                        break;
                    }
                    let value = match sample.value {
                        Number::Int(n) => n.to_string(),
                        // As in the columns of intervals: no value is an empty field.
                        Number::Float(x) if x.is_nan() => String::new(),
                        Number::Float(x) => format!("{x:?}"),
                    };
                    let (thread, time) = (sample.thread.to_string(), sample.time_ns.to_string());
                    outcome = table.write_record([counter.name(), unit, &rank, &thread, &time, &value]);
                }
                Ok(())
            })?;
        }
        let outcome = outcome.and_then(|()| table.flush().map_err(Into::into));
        drop(table);
        outcome.map_err(|error| failed(error, out))
    }
}

fn failed(error: ::csv::Error, out: &Output<'_>) -> Error {
    out.error(match error.into_kind() {
        ErrorKind::Io(error) => error,
        other => std::io::Error::other(format!("{other:?}")),
    })
}
