//! The seam between what ranks have to say to each other and how it gets there.

/// Messages between the ranks of a run. None of these calls waits for anybody.
pub(crate) trait Post {
    fn rank(&self) -> u32;

    fn size(&self) -> u32;

    /// Posts a message; between two ranks those of one tag arrive in their order.
    fn send(&self, to: u32, tag: u16, message: Vec<u8>) -> Result<(), Gone>;

    /// A message of this tag that has arrived, and who sent it.
    fn receive(&self, tag: u16) -> Option<(u32, Vec<u8>)>;

    /// Whether ranks can still talk to each other: not after `MPI_Finalize`.
    fn is_up(&self) -> bool;
}

/// The other rank cannot be reached any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gone;

/// Ranks that are threads, for tests.
#[cfg(test)]
pub(super) mod office {
    use super::{Gone, Post};
    use std::collections::{BTreeMap, VecDeque};
    use std::sync::Mutex;

    type Letters = VecDeque<(u32, Vec<u8>)>;

    /// Messages to ranks nobody plays stay where they are.
    #[derive(Default)]
    pub(crate) struct Office {
        boxes: Mutex<BTreeMap<(u32, u16), Letters>>,
    }

    /// Where one rank sends and receives.
    pub(crate) struct Desk<'a> {
        pub(crate) office: &'a Office,
        pub(crate) rank: u32,
        pub(crate) size: u32,
    }

    impl Post for Desk<'_> {
        fn rank(&self) -> u32 {
            self.rank
        }

        fn size(&self) -> u32 {
            self.size
        }

        fn send(&self, to: u32, tag: u16, message: Vec<u8>) -> Result<(), Gone> {
            let mut boxes = self.office.boxes.lock().unwrap();
            let letters = boxes.entry((to, tag)).or_default();
            letters.push_back((self.rank, message));
            Ok(())
        }

        fn receive(&self, tag: u16) -> Option<(u32, Vec<u8>)> {
            let mut boxes = self.office.boxes.lock().unwrap();
            boxes.get_mut(&(self.rank, tag))?.pop_front()
        }

        fn is_up(&self) -> bool {
            true
        }
    }

    /// Plays the ranks `present` of `size`, a thread each.
    pub(crate) fn play<R: Send>(
        office: &Office,
        size: u32,
        present: &[u32],
        part: impl Fn(Desk<'_>) -> R + Sync,
    ) -> Vec<R> {
        std::thread::scope(|scope| {
            let part = &part;
            let start = |&rank| scope.spawn(move || part(Desk { office, rank, size }));
            let ranks: Vec<_> = present.iter().map(start).collect();
            ranks.into_iter().map(|rank| rank.join().unwrap()).collect()
        })
    }
}
