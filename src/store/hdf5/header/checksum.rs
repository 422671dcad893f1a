//! The checksum of HDF5's metadata: `hashlittle` of Bob Jenkins' lookup3 (2006), which the format names.

/// The checksum of some bytes.
pub(super) fn of(bytes: &[u8]) -> u32 {
    let start = 0xdead_beef_u32.wrapping_add(bytes.len() as u32);
    let mut state = [start; 3];
    let mut left = bytes;
    while left.len() > 12 {
        let (now, later) = left.split_at(12);
        add(&mut state, now);
        mix(&mut state);
        left = later;
    }
    if !left.is_empty() {
        // Bytes that are not there count as 0.
        let mut last = [0; 12];
        last[..left.len()].copy_from_slice(left);
        add(&mut state, &last);
        finish(&mut state);
    }
    state[2]
}

/// Adds twelve bytes as three numbers.
fn add(state: &mut [u32; 3], bytes: &[u8]) {
    for (number, bytes) in state.iter_mut().zip(bytes.chunks_exact(4)) {
        let bytes = bytes.try_into().map_or(0, u32::from_le_bytes);
        *number = number.wrapping_add(bytes);
    }
}

fn mix(state: &mut [u32; 3]) {
    // In turns each number takes that before it away, is mixed with it, and gives that after it to the one before.
    for (round, turn) in [4, 6, 8, 16, 19, 4].into_iter().enumerate() {
        let (own, before, after) = (round % 3, (round + 2) % 3, (round + 1) % 3);
        state[own] = state[own].wrapping_sub(state[before]) ^ state[before].rotate_left(turn);
        state[before] = state[before].wrapping_add(state[after]);
    }
}

fn finish(state: &mut [u32; 3]) {
    for (round, turn) in [14, 11, 25, 16, 4, 14, 24].into_iter().enumerate() {
        let (own, other) = ((round + 2) % 3, (round + 1) % 3);
        state[own] = (state[own] ^ state[other]).wrapping_sub(state[other].rotate_left(turn));
    }
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn known_texts_have_the_published_checksums() {
        // The examples in the text of lookup3.c itself.
        assert_eq!(of(b""), 0xdead_beef);
        assert_eq!(of(b"Four score and seven years ago"), 0x1777_0551);
    }
}
