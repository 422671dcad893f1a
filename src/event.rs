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

impl Event {
    /// Region and serial number as the word that they are in memory.
    #[inline(always)]
    pub(crate) fn first_word(&self) -> u64 {
        let (region, serial) = (u64::from(self.region), u64::from(self.serial));
        if cfg!(target_endian = "little") {
            region | serial << 32
        } else {
            region << 32 | serial
        }
    }

    /// The events that are stored in the log as these bytes, without what is no whole event at the end.
    pub(crate) fn each_of(bytes: &[u8]) -> impl DoubleEndedIterator<Item = Self> + ExactSizeIterator + '_ {
        let four = |bytes: &[u8]| u32::from_le_bytes(bytes.try_into().expect("4 bytes"));
        let eight = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().expect("8 bytes"));
        bytes.chunks_exact(EVENT_BYTES).map(move |event| Self {
            region: four(&event[..4]),
            serial: four(&event[4..8]),
            start: eight(&event[8..16]),
            end: eight(&event[16..24]),
        })
    }
}

/// What an event takes in memory and in the log.
pub(crate) const EVENT_BYTES: usize = size_of::<Event>();

#[cfg(test)]
#[test]
fn an_event_is_24_bytes_as_the_log_stores_it() {
    assert_eq!(EVENT_BYTES, 24);
    let event = Event {
        region: 1,
        serial: 2,
        start: 3,
        end: 4,
    };
    let bytes = [event.region.to_ne_bytes(), event.serial.to_ne_bytes()].concat();
    assert_eq!(event.first_word().to_ne_bytes()[..], bytes);
}
