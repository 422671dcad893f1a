//! Apache Parquet, for polars, DuckDB, Spark and all else that reads columns.

use super::{OF_INTERVALS, column_of};
use crate::analysis::merge::{Merge, RankCall};
use crate::error::Result;
use crate::export::waiting::Waiting;
use crate::export::{ExportOption, ExportOptions, Exporter, Output, Selected};
use crate::profile::Window;
use crate::profile::{Field, Interval, Intervals, Number, Numbers};
use ::parquet::basic::LogicalType;
use ::parquet::basic::{Encoding, Repetition, Type as Physical};
use ::parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int32Type, Int64Type};
use ::parquet::errors::ParquetError;
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use ::parquet::schema::types::{ColumnPath, Type};
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

pub(super) struct Parquet;

/// Rows of a group: what a query reads at least, and what is in memory.
const GROUP: usize = 1 << 20;

impl Exporter for Parquet {
    fn name(&self) -> &'static str {
        "parquet"
    }

    fn about(&self) -> &'static str {
        "polars, DuckDB, pandas, Spark: one row for each interval, in order of time"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &[".parquet"]
    }

    fn is_text(&self) -> bool {
        false
    }

    fn options(&self) -> &'static [ExportOption] {
        &[ExportOption::Statistics]
    }

    fn write(&self, profile: &Selected<'_>, options: &ExportOptions, out: &mut Output<'_>) -> Result<()> {
        if options.has(ExportOption::Statistics) {
            let mut file = File::new(out, OF_ROWS.iter().map(|(name, values)| field(name, *values)))?;
            file.group(&statistics(profile)?)?;
            file.close()
        } else {
            intervals(profile, out)
        }
    }
}

const OF_ROWS: [(&str, Physical); 11] = [
    ("region", Physical::BYTE_ARRAY),
    ("rank", Physical::INT32),
    ("calls", Physical::INT64),
    ("intervals", Physical::INT64),
    ("total_ns", Physical::INT64),
    ("mean_ns", Physical::DOUBLE),
    ("std_ns", Physical::DOUBLE),
    ("min_ns", Physical::INT64),
    ("max_ns", Physical::INT64),
    ("first_start_ns", Physical::INT64),
    ("last_end_ns", Physical::INT64),
];

/// The values of a column; none is null.
enum Column {
    Texts(Vec<ByteArray>),
    /// Numbers of ranks and threads, which the schema says to be without sign.
    Small(Vec<i32>),
    Whole(Vec<i64>),
    WholeOrNull(Vec<Option<i64>>),
    Floats(Vec<f64>),
    FloatsOrNull(Vec<Option<f64>>),
}

fn statistics(profile: &Selected<'_>) -> Result<Vec<Column>> {
    let rows = profile.rows().iter();
    let all: Vec<_> = rows
        .map(|&row| Ok((row, profile.statistics(row)?)))
        .collect::<Result<_>>()?;
    let durations = || all.iter().map(|(_, of_row)| &of_row.durations);
    let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let known = all.iter().map(|(_, of_row)| of_row.calls.map(whole));
    let firsts = all.iter().map(|(_, of_row)| of_row.first_start_ns);
    let lasts = all.iter().map(|(_, of_row)| of_row.last_end_ns);
    Ok(vec![
        Column::Texts(all.iter().map(|(row, _)| profile.name(*row).into()).collect()),
        Column::Small(all.iter().map(|(row, _)| profile.rank(*row) as i32).collect()),
        Column::WholeOrNull(known.collect()),
        Column::Whole(durations().map(|of_row| whole(of_row.count())).collect()),
        Column::Whole(durations().map(|of_row| of_row.total_ns()).collect()),
        Column::Floats(durations().map(|of_row| of_row.mean_ns()).collect()),
        Column::Floats(durations().map(|of_row| of_row.std_ns()).collect()),
        Column::WholeOrNull(durations().map(|of_row| of_row.min_ns()).collect()),
        Column::WholeOrNull(durations().map(|of_row| of_row.max_ns()).collect()),
        Column::WholeOrNull(firsts.collect()),
        Column::WholeOrNull(lasts.collect()),
    ])
}

/// The intervals of all rows in order of time, so that a query for a part of the time reads a part of the file.
fn intervals(profile: &Selected<'_>, out: &mut Output<'_>) -> Result<()> {
    let optional = profile.columns(&Intervals::OPTIONAL)?;
    let fields = profile.fields_of(profile.rows());
    let kinds = fields.iter().map(|field| match is_whole(profile, field)? {
        true => Ok(Physical::INT64),
        false => Ok(Physical::DOUBLE),
    });
    let mut kinds = kinds.collect::<Result<Vec<_>>>()?;
    kinds.splice(0..0, vec![Physical::INT64; optional.len()]);
    let fixed = OF_INTERVALS.into_iter().zip([
        Physical::BYTE_ARRAY,
        Physical::INT32,
        Physical::INT32,
        Physical::INT64,
        Physical::INT64,
    ]);
    let further = optional
        .iter()
        .copied()
        .chain(fields.iter().map(|field| column_of(field)));
    let further = further
        .zip(kinds.iter().copied())
        .map(|(name, values)| nullable(name, values));
    let columns = fixed.map(|(name, values)| field(name, values)).chain(further);
    let mut file = File::new(out, columns)?;
    let names: Vec<ByteArray> = profile
        .rows()
        .iter()
        .map(|&row| profile.name(row).into())
        .collect();
    let windows: Vec<_> = profile
        .rows()
        .iter()
        .map(|&row| profile.window_of(profile.rank(row)))
        .collect();
    // Later calls are in no window; none where there is no window.
    let ends = windows.iter().map(|window| window.map(Window::until_ns));
    let until = ends
        .collect::<Option<Vec<_>>>()
        .and_then(|ends| ends.into_iter().max());
    let names_of = optional
        .iter()
        .copied()
        .chain(fields.iter().map(|field| field.column()));
    let mut waiting = Waiting::new(profile.rows(), names_of);
    let wanted = waiting.columns().to_vec();
    let mut merge = Merge::new(profile.source(), profile.rows(), |_| wanted.clone());
    let (mut calls, mut further) = (Vec::new(), Vec::new());
    let mut group = Group::new(&kinds);
    loop {
        calls.clear();
        merge.next_calls(&mut calls, BATCH, |row, chunk| {
            profile.count_read(chunk.len() as u64);
            waiting.load(row, chunk);
            Ok(())
        })?;
        let is_past = |call: &RankCall| until.is_some_and(|until| call.start >= until);
        if calls.first().is_none_or(is_past) {
            break;
        }
        for call in &calls {
            // Also of a call that is left out, so that the next one gets its own.
            further.clear();
            further.extend(waiting.next(call.row));
            let interval = Interval {
                start_ns: call.start,
                end_ns: call.end,
                thread: call.thread,
            };
            let interval = match windows[call.row] {
                Some(window) => window.cut(interval),
                None => Some(interval),
            };
            if let Some(interval) = interval {
                let rank = profile.rank(profile.rows()[call.row]);
                group.push(&names[call.row], rank, interval, further.iter().copied());
            }
        }
        if group.len() >= GROUP {
            file.group(&std::mem::replace(&mut group, Group::new(&kinds)).columns())?;
        }
    }
    if group.len() > 0 {
        file.group(&group.columns())?;
    }
    file.close()
}

/// Calls taken from the merge at once.
const BATCH: usize = 512;

/// Rows that are going to be written together.
struct Group {
    regions: Vec<ByteArray>,
    ranks: Vec<i32>,
    threads: Vec<i32>,
    starts: Vec<i64>,
    ends: Vec<i64>,
    /// Of each, whether it is of whole numbers.
    further: Vec<(bool, Vec<Option<Number>>)>,
}

impl Group {
    fn new(further: &[Physical]) -> Self {
        Self {
            regions: Vec::new(),
            ranks: Vec::new(),
            threads: Vec::new(),
            starts: Vec::new(),
            ends: Vec::new(),
            further: further
                .iter()
                .map(|kind| (*kind == Physical::INT64, Vec::new()))
                .collect(),
        }
    }

    fn len(&self) -> usize {
        self.starts.len()
    }

    fn push(
        &mut self,
        region: &ByteArray,
        rank: u32,
        interval: Interval,
        further: impl Iterator<Item = Option<Number>>,
    ) {
        self.regions.push(region.clone());
        self.ranks.push(rank as i32);
        self.threads.push(interval.thread as i32);
        self.starts.push(interval.start_ns);
        self.ends.push(interval.end_ns);
        self.further
            .iter_mut()
            .zip(further)
            .for_each(|((_, column), value)| column.push(value));
    }

    fn columns(self) -> Vec<Column> {
        let mut columns = vec![
            Column::Texts(self.regions),
            Column::Small(self.ranks),
            Column::Small(self.threads),
            Column::Whole(self.starts),
            Column::Whole(self.ends),
        ];
        columns.extend(self.further.into_iter().map(|(is_whole, values)| {
            let values = values.into_iter();
            if is_whole {
                let whole = |number| match number {
                    Number::Int(n) => Some(n),
                    _ => None,
                };
                return Column::WholeOrNull(values.map(|number| number.and_then(whole)).collect());
            }
            Column::FloatsOrNull(values.map(|number| number.map(Number::as_f64)).collect())
        }));
        columns
    }
}

/// Whether all numbers of a field are whole ones.
fn is_whole(profile: &Selected<'_>, field: &Field) -> Result<bool> {
    let source = profile.source();
    let mut buffer = Intervals::new().with_column(field.column());
    for &row in profile.rows() {
        let has_it = source
            .fields_of(row)
            .iter()
            .any(|&of_row| source.fields()[of_row] == *field);
        if has_it && source.rows()[row].intervals > 0 {
            source.read(row, 0..1, &mut buffer)?;
            if let Some(Numbers::Float(_)) = buffer.column(field.column()) {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// A column of the schema; those of what depends on calls may lack a value.
fn field(name: &str, values: Physical) -> std::result::Result<Type, ParquetError> {
    column(name, values, NULLABLE.contains(&name))
}

/// A column of the schema that may lack a value.
fn nullable(name: &str, values: Physical) -> std::result::Result<Type, ParquetError> {
    column(name, values, true)
}

fn column(name: &str, values: Physical, may_lack: bool) -> std::result::Result<Type, ParquetError> {
    let logical = match values {
        Physical::BYTE_ARRAY => Some(LogicalType::String),
        Physical::INT32 => Some(LogicalType::integer(32, false)),
        _ => None,
    };
    Type::primitive_type_builder(name, values)
        .with_repetition(if may_lack {
            Repetition::OPTIONAL
        } else {
            Repetition::REQUIRED
        })
        .with_logical_type(logical)
        .build()
}

const NULLABLE: [&str; 5] = ["calls", "min_ns", "max_ns", "first_start_ns", "last_end_ns"];

/// A Parquet file on its way to an output.
struct File<'a, 'b> {
    writer: SerializedFileWriter<Shared>,
    written: Shared,
    out: &'a mut Output<'b>,
}

impl<'a, 'b> File<'a, 'b> {
    fn new(
        out: &'a mut Output<'b>,
        fields: impl Iterator<Item = std::result::Result<Type, ParquetError>>,
    ) -> Result<Self> {
        let written = Shared::default();
        let writer = create(fields, written.clone()).map_err(|error| failed(out, error))?;
        Ok(Self { writer, written, out })
    }

    /// Writes a group of rows.
    fn group(&mut self, columns: &[Column]) -> Result<()> {
        let group = self
            .writer
            .next_row_group()
            .and_then(|group| write(group, columns));
        group.map_err(|error| failed(self.out, error))?;
        self.written.move_to(self.out)
    }

    fn close(self) -> Result<()> {
        let Self { writer, written, out } = self;
        writer.close().map_err(|error| failed(out, error))?;
        written.move_to(out)
    }
}

fn create(
    fields: impl Iterator<Item = std::result::Result<Type, ParquetError>>,
    written: Shared,
) -> std::result::Result<SerializedFileWriter<Shared>, ParquetError> {
    let fields = fields
        .map(|field| field.map(Arc::new))
        .collect::<std::result::Result<_, _>>()?;
    let schema = Type::group_type_builder("interval").with_fields(fields).build()?;
    let mut properties = WriterProperties::builder();
    // Times hardly ever repeat; their differences are small.
    for name in ["start_ns", "end_ns"] {
        let column = ColumnPath::from(name);
        properties = properties
            .set_column_dictionary_enabled(column.clone(), false)
            .set_column_encoding(column, Encoding::DELTA_BINARY_PACKED);
    }
    SerializedFileWriter::new(written, Arc::new(schema), Arc::new(properties.build()))
}

fn write(
    mut group: SerializedRowGroupWriter<'_, Shared>,
    columns: &[Column],
) -> std::result::Result<(), ParquetError> {
    for column in columns {
        match column {
            Column::Texts(values) => put::<ByteArrayType>(&mut group, values, None),
            Column::Small(values) => put::<Int32Type>(&mut group, values, None),
            Column::Whole(values) => put::<Int64Type>(&mut group, values, None),
            Column::Floats(values) => put::<DoubleType>(&mut group, values, None),
            Column::WholeOrNull(values) => put_known::<Int64Type>(&mut group, values),
            Column::FloatsOrNull(values) => put_known::<DoubleType>(&mut group, values),
        }?;
    }
    group.close().map(drop)
}

/// Null where there is no value.
fn put_known<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, Shared>,
    values: &[Option<T::T>],
) -> std::result::Result<(), ParquetError> {
    let levels: Vec<i16> = values.iter().map(|value| value.is_some().into()).collect();
    let known: Vec<T::T> = values.iter().flatten().cloned().collect();
    put::<T>(group, &known, Some(&levels))
}

fn put<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, Shared>,
    values: &[T::T],
    levels: Option<&[i16]>,
) -> std::result::Result<(), ParquetError> {
    let Some(mut column) = group.next_column()? else {
        return Err(ParquetError::General("more columns than the schema has".into()));
    };
    column.typed::<T>().write_batch(values, levels, None)?;
    column.close()
}

fn failed(out: &Output<'_>, error: ParquetError) -> crate::error::Error {
    out.error(io::Error::other(error))
}

/// Bytes that were written and have not gone to the output: the library wants a writer that can be sent to other
/// threads, which an output is not.
#[derive(Clone, Debug, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Shared {
    fn move_to(&self, out: &mut Output<'_>) -> Result<()> {
        let mut bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        out.write_all(&bytes)?;
        bytes.clear();
        Ok(())
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
