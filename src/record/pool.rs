//! Empty blocks, and how much memory all blocks together may take.

use super::locks::{Condvar, Mutex, hold, lock};
use super::saving;
use super::sync::Arc;
use super::thread::block::Block;
use crate::config::Overflow;
use crate::event::EVENT_BYTES;
use std::time::Duration;

/// Hands out empty blocks within the memory limit and takes used ones back.
#[derive(Debug)]
pub(crate) struct Pool {
    state: Mutex<State>,
    /// The lock that threads wait for a block with; also taken to wake them. No fork waits for this lock: a
    /// forked child never waits for a block.
    block_wait: Mutex<()>,
    returned: Condvar,
    block_events: usize,
    limit: usize,
}

#[derive(Debug, Default)]
struct State {
    free: Vec<Arc<Block>>,
    /// Bytes of all blocks beyond the first of each thread. These are full, being written, or free: so a
    /// thread that waits for one will get it.
    bytes: usize,
    closed: bool,
}

/// What a thread that asks for a block gets.
#[derive(Debug)]
pub(crate) enum Grant {
    Block(Arc<Block>),
    /// The limit is reached, and waiting is not allowed or would not help.
    Refused,
}

impl Pool {
    pub(crate) fn new(block_events: usize, limit: usize) -> Self {
        Self {
            state: Mutex::default(),
            block_wait: Mutex::default(),
            returned: Condvar::new(),
            block_events,
            limit,
        }
    }

    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        lock(&self.state).bytes
    }

    fn block_bytes(&self) -> usize {
        self.block_events * EVENT_BYTES
    }

    /// An empty block. `under_pressure` is called, without a lock, before a wait and when half of
    /// the limit is in use: it wakes the writer.
    pub(crate) fn take(&self, overflow: Overflow, under_pressure: impl Fn()) -> Grant {
        let mut state = lock(&self.state);
        loop {
            if state.closed {
                return Grant::Refused;
            }
            if let Some(block) = state.free.pop() {
                return Grant::Block(block);
            }
            let block_bytes = self.block_bytes();
            if state.bytes + block_bytes <= self.limit {
                state.bytes += block_bytes;
                let pressed = state.bytes > self.limit / 2;
                drop(state);
                if pressed {
                    under_pressure();
                }
                return Grant::Block(Arc::new(Block::new(self.block_events)));
            }
            if overflow == Overflow::Drop {
                drop(state);
                under_pressure();
                return Grant::Refused;
            }
            drop(state);
            under_pressure();
            self.wait();
            state = lock(&self.state);
        }
    }

    fn wait(&self) {
        let turn = hold(&self.block_wait);
        let in_vain = {
            let state = lock(&self.state);
            state.free.is_empty() && !state.closed
        };
        if in_vain {
            // With a timeout, in case the writer was between two flushes when it was woken.
            drop(self.returned.wait_timeout(turn, Duration::from_millis(50)));
        }
    }

    /// Takes a block back when nobody else holds it; otherwise its memory is freed by the last holder.
    pub(crate) fn give_back(&self, mut block: Arc<Block>) {
        saving::before_freeing();
        let mut state = lock(&self.state);
        match Arc::get_mut(&mut block) {
            // Nobody takes a block any more where the pool is closed.
            Some(unshared) if state.bytes <= self.limit && !state.closed => {
                unshared.clear();
                state.free.push(block);
            }
            _ => state.bytes = state.bytes.saturating_sub(self.block_bytes()),
        }
        drop(state);
        // With the lock taken once, a thread that has just found no block waits already.
        drop(hold(&self.block_wait));
        self.returned.notify_one();
    }

    /// Wakes waiting threads and hands out no more blocks.
    pub(crate) fn close(&self) {
        let mut state = lock(&self.state);
        state.closed = true;
        state.free.clear();
        drop(state);
        self.returned.notify_all();
    }
}
