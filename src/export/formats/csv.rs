//! Comma-separated values, for pandas, polars, DuckDB and spreadsheets.

use super::{OF_INTERVALS, column_of};
use crate::error::{Error, Result};
use crate::export::{ExportOption, ExportOptions, Exporter, Output, Selected};
use crate::profile::{Intervals, Number, Numbers};
use ::csv::{ErrorKind, Writer, WriterBuilder};

pub(super) struct Csv;

const OF_ROWS: [&str; 11] = [
    "region",
    "rank",
    "calls",
    "intervals",
    "total_ns",
    "mean_ns",
    "std_ns",
    "min_ns",
    "max_ns",
    "first_start_ns",
    "last_end_ns",
];

impl Exporter for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn about(&self) -> &'static str {
        "pandas, polars, DuckDB, spreadsheets: one row for each interval"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &[".csv"]
    }

    fn options(&self) -> &'static [ExportOption] {
        &[ExportOption::Statistics]
    }

    fn write(&self, profile: &Selected<'_>, options: &ExportOptions, out: &mut Output<'_>) -> Result<()> {
        let mut table = Table(WriterBuilder::new().from_writer(out));
        if options.has(ExportOption::Statistics) {
            table.statistics(profile)?;
        } else {
            table.intervals(profile)?;
        }
        table.0.flush().map_err(|error| table.0.get_ref().error(error))
    }
}

struct Table<'a, 'b>(Writer<&'a mut Output<'b>>);

impl Table<'_, '_> {
    fn intervals(&mut self, profile: &Selected<'_>) -> Result<()> {
        let known = profile.columns(&Intervals::OPTIONAL)?;
        let fields = profile.fields_of(profile.rows());
        let headers = fields.iter().map(|field| column_of(field));
        self.line(
            OF_INTERVALS
                .into_iter()
                .chain(known.iter().copied())
                .chain(headers),
        )?;
        let columns = known
            .iter()
            .copied()
            .chain(fields.iter().map(|field| field.column()));
        let optional: Vec<&str> = columns.collect();
        let mut buffer = Intervals::new();
        for column in &optional {
            buffer = buffer.with_column(*column);
        }
        for &row in profile.rows() {
            let (name, rank) = (profile.name(row), profile.rank(row).to_string());
            profile.each_chunk(row, &mut buffer, |chunk| {
                let columns: Vec<_> = optional.iter().map(|column| chunk.column(column)).collect();
                for (at, interval) in chunk.iter().enumerate() {
                    self.text(name)?;
                    self.text(&rank)?;
                    self.number(interval.thread)?;
                    self.number(interval.start_ns)?;
                    self.number(interval.end_ns)?;
                    columns.iter().try_for_each(|column| self.optional(*column, at))?;
                    self.end_line()?;
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    fn statistics(&mut self, profile: &Selected<'_>) -> Result<()> {
        self.line(OF_ROWS)?;
        for &row in profile.rows() {
            let of_row = profile.statistics(row)?;
            let durations = &of_row.durations;
            self.text(profile.name(row))?;
            self.number(profile.rank(row))?;
            self.known(of_row.calls)?;
            self.number(durations.count())?;
            self.number(durations.total_ns())?;
            self.text(&durations.mean_ns().to_string())?;
            self.text(&durations.std_ns().to_string())?;
            for ns in [
                durations.min_ns(),
                durations.max_ns(),
                of_row.first_start_ns,
                of_row.last_end_ns,
            ] {
                self.known(ns)?;
            }
            self.end_line()?;
        }
        Ok(())
    }

    fn line<'n>(&mut self, fields: impl IntoIterator<Item = &'n str>) -> Result<()> {
        fields.into_iter().try_for_each(|field| self.text(field))?;
        self.end_line()
    }

    /// An empty field where there is no value.
    fn optional(&mut self, column: Option<&Numbers>, at: usize) -> Result<()> {
        match column.and_then(|numbers| numbers.get(at)) {
            Some(Number::Int(n)) => self.number(n),
            Some(Number::Float(x)) => self.text(&format!("{x:?}")),
            None => self.text(""),
        }
    }

    fn known(&mut self, value: Option<impl itoa::Integer>) -> Result<()> {
        match value {
            Some(value) => self.number(value),
            None => self.text(""),
        }
    }

    fn number(&mut self, value: impl itoa::Integer) -> Result<()> {
        self.text(itoa::Buffer::new().format(value))
    }

    fn text(&mut self, field: &str) -> Result<()> {
        let written = self.0.write_field(field);
        written.map_err(|error| self.failed(error))
    }

    fn end_line(&mut self) -> Result<()> {
        let written = self.0.write_record(None::<&[u8]>);
        written.map_err(|error| self.failed(error))
    }

    fn failed(&self, error: ::csv::Error) -> Error {
        let cause = match error.into_kind() {
            ErrorKind::Io(error) => error,
            other => std::io::Error::other(format!("{other:?}")),
        };
        self.0.get_ref().error(cause)
    }
}
