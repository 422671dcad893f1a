//! What a thread measures of its calls beside their time, where the session wants it.

use super::cpu_time::CpuTime;
use crate::clock::Clock;
use crate::config::{ALLOCATED, CPU_NS};
use crate::event::Event;
use crate::note::NumberNote;
use crate::profile::Number;
use crate::record::allocated::Allocated;
use crate::record::recording::Recording;
use std::cell::{Cell, RefCell};

/// Numbers that are measured of a call.
const MOST: usize = ALLOCATED.len() + 1;

/// What was measured of one call: its numbers, as they are in a block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measured {
    events: [Event; MOST],
    len: usize,
}

impl Measured {
    fn new() -> Self {
        Self {
            events: [note(0, 0); MOST],
            len: 0,
        }
    }

    fn push(&mut self, field: u32, n: u64) {
        self.events[self.len] = note(field, n);
        self.len += 1;
    }

    pub(super) fn events(&self) -> &[Event] {
        &self.events[..self.len]
    }
}

#[inline]
fn note(field: u32, n: u64) -> Event {
    // Nothing has so many bytes or ns that it would not fit.
    let number = Number::Int(n as i64);
    NumberNote { field, number }.event()
}

/// What is kept of an open call, at its index on the stack.
#[derive(Clone, Copy, Debug, Default)]
struct Open {
    /// What the thread had allocated when the call began.
    before: Allocated,
    itself: Allocated,
    /// The processor time when it began, ns.
    cpu_ns: u64,
}

/// A thread's side of the measuring.
#[derive(Debug)]
pub(super) struct Measures {
    /// The fields for what is allocated, where that is wanted.
    allocation_fields: Option<[u32; 4]>,
    /// The field for processor times, and the readings, where these are wanted.
    cpu: Option<(u32, CpuTime)>,
    clock: Clock,
    open: RefCell<Vec<Open>>,
    /// Up to here, what the thread has allocated belongs to calls.
    shared_out: Cell<Allocated>,
}

/// So often the clock of a thread is read to see what that costs.
const TRIES: usize = 9;

impl Measures {
    /// None where nothing is to be measured. `capacity` is that of the open stack.
    pub(super) fn new(recording: &Recording, capacity: usize) -> Option<Box<Self>> {
        let settings = &recording.settings;
        if !settings.time_trace {
            return None;
        }
        let clock = settings.clock.clone();
        let field = |name: &str| {
            let at = settings.fields.iter().position(|field| field.name == name)?;
            u32::try_from(at).ok()
        };
        let readings = || cpu_time(&clock, recording);
        let cpu = field(CPU_NS).filter(|_| settings.cpu_time);
        let cpu = cpu.and_then(|field| Some((field, readings()?)));
        let allocation_fields = match ALLOCATED.map(field) {
            [Some(a), Some(b), Some(c), Some(d)] if settings.allocations => Some([a, b, c, d]),
            _ => None,
        };
        if allocation_fields.is_none() && cpu.is_none() {
            return None;
        }
        Some(Box::new(Self {
            allocation_fields,
            cpu,
            clock,
            open: RefCell::new(vec![Open::default(); capacity]),
            shared_out: Cell::new(Allocated::so_far()),
        }))
    }

    /// A call is entered at this index of the stack, now. Gives the tick at which it begins.
    pub(super) fn enter(&self, index: usize) -> u64 {
        let mut tick = self.clock.ticks();
        let Ok(mut open) = self.open.try_borrow_mut() else {
            return tick;
        };
        let mut call = Open::default();
        if self.allocation_fields.is_some() {
            call.before = Allocated::so_far();
            self.share_out(&mut open, index, call.before);
        }
        if let Some((_, cpu)) = &self.cpu {
            if self.read_if_due(cpu, tick) {
                // Reading took its time, which is not the call's.
                tick = self.clock.ticks();
            }
            call.cpu_ns = cpu.at(tick);
        }
        if let Some(place) = open.get_mut(index) {
            *place = call;
        }
        tick
    }

    /// The call at this index is left, which began and ends at these ticks; `depth` is that of the stack. None where
    /// it has allocated nothing and is too short for a processor time.
    pub(super) fn leave(&self, index: usize, depth: usize, start: u64, end: u64) -> Option<Measured> {
        let mut open = self.open.try_borrow_mut().ok()?;
        let Open { before, cpu_ns, .. } = *open.get(index)?;
        let mut measured = None;
        if let Some(fields) = self.allocation_fields {
            let now = Allocated::so_far();
            self.share_out(&mut open, depth, now);
            let (inside, itself) = (now.since(before), open[index].itself);
            if inside.count > 0 {
                let values = [inside.bytes, inside.count, itself.bytes, itself.count];
                let measured = measured.get_or_insert_with(Measured::new);
                let numbers = fields.into_iter().zip(values);
                numbers.for_each(|(field, n)| measured.push(field, n));
            }
        }
        let ticks = end.saturating_sub(start);
        if let Some((field, cpu)) = self.cpu.as_ref().filter(|(_, cpu)| cpu.is_long(ticks)) {
            self.read_if_due(cpu, end);
            let spent = cpu.at(end).saturating_sub(cpu_ns);
            let measured = measured.get_or_insert_with(Measured::new);
            measured.push(*field, spent.min(cpu.ns(ticks)));
        }
        measured
    }

    /// The innermost of `depth` calls gets what has been allocated since the last time.
    fn share_out(&self, open: &mut [Open], depth: usize, now: Allocated) {
        let before = self.shared_out.replace(now);
        if let Some(innermost) = depth.checked_sub(1).and_then(|top| open.get_mut(top)) {
            innermost.itself = innermost.itself.plus(now.since(before));
        }
    }

    fn read_if_due(&self, cpu: &CpuTime, tick: u64) -> bool {
        let is_due = cpu.is_due(tick);
        if let Some(ns) = is_due.then(|| self.clock.thread_cpu_ns()).flatten() {
            cpu.set(tick, ns);
        }
        is_due
    }

    /// The stack has grown to `capacity`, and its calls that were at the indices `kept` have moved together.
    pub(super) fn follow(&self, kept: &[usize], capacity: usize) {
        if let Ok(mut open) = self.open.try_borrow_mut() {
            let moved: Vec<Open> = kept
                .iter()
                .filter_map(|&index| open.get(index).copied())
                .collect();
            *open = moved;
            open.resize(capacity, Open::default());
        }
    }
}

/// None where threads have no clock of their own.
fn cpu_time(clock: &Clock, recording: &Recording) -> Option<CpuTime> {
    let mut costs = Vec::with_capacity(TRIES);
    for _ in 0..TRIES {
        let before = clock.ticks();
        clock.thread_cpu_ns()?;
        costs.push(clock.ticks().saturating_sub(before));
    }
    costs.sort_unstable();
    let first = (clock.ticks(), clock.thread_cpu_ns()?);
    Some(CpuTime::new(costs[TRIES / 2], recording.ns_of_ticks(), first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ProfilingConfig;

    #[test]
    fn nothing_is_kept_where_nothing_is_to_be_measured() {
        let measures = |config: ProfilingConfig| {
            let settings = config.flush_to_disk(false).resolve(|_| None).unwrap();
            Measures::new(&Recording::new(settings), 4).is_some()
        };
        let config = ProfilingConfig::new;
        assert!(!measures(config()));
        assert!(measures(config().cpu_time(true)));
        assert!(measures(config().allocations(true)));
        assert!(!measures(
            config().allocations(true).cpu_time(true).time_trace(false)
        ));
    }
}
