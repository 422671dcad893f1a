//! The checksum of compressed data, which that of two parts can be told from.

const MODULUS: u64 = 65_521;

/// Adler-32 of some bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Adler {
    /// One more than the bytes add up to.
    sum: u64,
    /// What the sums after each byte add up to.
    sums: u64,
    length: u64,
}

impl Default for Adler {
    fn default() -> Self {
        Self {
            sum: 1,
            sums: 0,
            length: 0,
        }
    }
}

impl Adler {
    /// Adds bytes.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        const LANES: usize = 32;
        let (blocks, rest) = bytes.split_at(bytes.len() / LANES * LANES);
        // No sum of so many blocks is too large for 32 bits.
        for blocks in blocks.chunks(64 * LANES) {
            let (mut sum, mut sums, mut before) = (0_u32, 0_u32, 0_u32);
            for block in blocks.chunks_exact(LANES) {
                before += sum;
                for (at, &byte) in block.iter().enumerate() {
                    sum += u32::from(byte);
                    sums += u32::from(byte) * (LANES - at) as u32;
                }
            }
            let length = blocks.len() as u64;
            self.sums += length * self.sum + u64::from(sums) + u64::from(before) * LANES as u64;
            self.sum += u64::from(sum);
            self.reduce(length);
        }
        for &byte in rest {
            self.sum += u64::from(byte);
            self.sums += self.sum;
        }
        self.reduce(rest.len() as u64);
    }

    /// Adds so many zeros.
    pub(super) fn add_zeros(&mut self, number: u64) {
        self.sums += number % MODULUS * self.sum;
        self.reduce(number);
    }

    /// Adds what follows.
    pub(super) fn append(&mut self, next: Self) {
        // The sum of the next began with 1, and begins with ours.
        let more = self.sum + MODULUS - 1;
        self.sums += next.sums + next.length % MODULUS * more;
        self.sum = more + next.sum;
        self.reduce(next.length);
    }

    pub(super) fn value(self) -> u32 {
        (self.sums as u32) << 16 | self.sum as u32
    }

    fn reduce(&mut self, length: u64) {
        self.sum %= MODULUS;
        self.sums %= MODULUS;
        self.length += length;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn naive(bytes: &[u8]) -> u32 {
        let (mut sum, mut sums) = (1_u32, 0_u32);
        for &byte in bytes {
            sum = (sum + u32::from(byte)) % 65_521;
            sums = (sums + sum) % 65_521;
        }
        sums << 16 | sum
    }

    #[test]
    fn it_is_the_known_one() {
        let mut adler = Adler::default();
        adler.add(b"Wikipedia");
        assert_eq!(adler.value(), 0x11e6_0398);
    }

    proptest! {
        #[test]
        fn that_of_parts_is_that_of_the_whole(
            large in any::<bool>(),
            zeros in 0_u64..70_000,
            parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..9_000), 0..5),
        ) {
            let mut sum = Adler::default();
            let mut whole = Vec::new();
            for mut part in parts {
                part.iter_mut().for_each(|byte| *byte |= if large { 0xfe } else { 0 });
                let mut of_part = Adler::default();
                of_part.add(&part);
                of_part.add_zeros(zeros);
                part.resize(part.len() + zeros as usize, 0);
                sum.append(of_part);
                whole.extend(part);
            }
            prop_assert_eq!(sum.value(), naive(&whole));
        }
    }
}
