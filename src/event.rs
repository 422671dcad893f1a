//! One finished call: what a thread's block holds in memory, and what the log stores of it.

/// A finished interval, in ticks of the session's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct Event {
    /// The number of the region's name.
    pub(crate) region: u32,
    /// The serial number of the span, 0 for a guard. All intervals of a span have the same one, on whatever
    /// thread. Numbers are unique in the process for 2^32 spans; then they come again.
    pub(crate) serial: u32,
    pub(crate) start: u64,
    pub(crate) end: u64,
}

/// What an event takes in memory and in the log.
pub(crate) const EVENT_BYTES: usize = size_of::<Event>();

#[cfg(test)]
#[test]
fn an_event_is_24_bytes_as_the_log_stores_it() {
    assert_eq!(EVENT_BYTES, 24);
}
