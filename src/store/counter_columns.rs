//! Writes the columns of a counter.

use super::hdf5::{NewColumn, NewGroup, Values};
use super::names;
use super::region_names::GroupNames;
use crate::error::Result;
use crate::profile::{Counter, Numbers, Value};

/// The group of a rank's counters while it is written.
pub(crate) struct CounterGroups {
    group: NewGroup,
    names: GroupNames,
}

/// What is known of a counter before its samples come.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct KnownCounter {
    pub(crate) samples: u64,
    /// Whether any value is not one that can be kept as a whole number.
    pub(crate) is_float: bool,
    /// Whether any is of another thread than 0: otherwise there is no column of threads.
    pub(crate) has_threads: bool,
    pub(crate) dropped: u64,
}

/// The columns of a counter, which take its samples in order of time.
pub(crate) struct CounterColumns {
    times: NewColumn,
    values: NewColumn,
    threads: Option<NewColumn>,
    next: usize,
}

impl CounterGroups {
    pub(crate) fn new(rank: &NewGroup) -> Result<Self> {
        Ok(Self {
            group: rank.create_group(names::COUNTERS)?,
            names: GroupNames::default(),
        })
    }

    /// Makes the group of a counter.
    pub(crate) fn create(&mut self, counter: &Counter, known: KnownCounter) -> Result<CounterColumns> {
        let name = self.names.of(counter.name());
        let group = self.group.create_group(&name)?;
        if name != counter.name() {
            group.attribute(names::NAME, &Value::Text(counter.name().into()))?;
        }
        if known.dropped > 0 {
            let dropped = i64::try_from(known.dropped).unwrap_or(i64::MAX);
            group.attribute(names::LOST_SAMPLES, &Value::Int(dropped))?;
        }
        let rows = usize::try_from(known.samples)
            .map_err(|_| group.cannot_write("more samples than can be addressed in memory"))?;
        let times = group.new_int64s(names::SAMPLE_TIMES, rows)?;
        let values = if known.is_float {
            group.new_float64s(names::SAMPLE_VALUES, rows)
        } else {
            group.new_int64s(names::SAMPLE_VALUES, rows)
        }?;
        if let Some(unit) = counter.unit() {
            values.attribute(names::FIELD_UNIT, &Value::Text(unit.into()))?;
        }
        let threads = known
            .has_threads
            .then(|| group.new_uint32s(names::THREAD_IDS, rows));
        Ok(CounterColumns {
            times,
            values,
            threads: threads.transpose()?,
            next: 0,
        })
    }
}

impl CounterColumns {
    /// Writes the next samples. Their values are of the kind that was said, and `threads` is not looked at where all
    /// are of thread 0.
    pub(crate) fn write(&mut self, times: &[i64], values: &Numbers, threads: &[u32]) -> Result<()> {
        let rows = self.next..self.next + times.len();
        self.next = rows.end;
        self.times.write(Values::Int64(times), rows.clone())?;
        let values = match values {
            Numbers::Int(values) => Values::Int64(values),
            Numbers::Float(values) => Values::Float64(values),
        };
        self.values.write(values, rows.clone())?;
        match &mut self.threads {
            Some(column) => column.write(Values::Uint32(threads), rows),
            None => Ok(()),
        }
    }
}
