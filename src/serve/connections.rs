//! Connections: a thread for each, and never more than so many.
//!
//! A client that says nothing, or takes nothing, would hold its thread for as long as it likes. When there are too many
//! connections, the one that has waited longest is closed for the newest.

use std::collections::BTreeMap;
use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::Scope;
use std::time::Duration;

/// What a connection does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Doing {
    /// It waits for the client to say something. Such are closed first.
    Waiting,
    Answering,
    /// It is the one that a page is known to be open by.
    Holding,
}

#[derive(Debug)]
pub(super) struct Connections {
    most: usize,
    open: Mutex<Open>,
    closed: Condvar,
}

#[derive(Debug, Default)]
struct Open {
    /// By number, which rises with every change of what a connection does: the lowest is the oldest.
    by_age: BTreeMap<u64, (Doing, TcpStream)>,
    next: u64,
    over: bool,
}

impl Connections {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most: most.max(2),
            open: Mutex::default(),
            closed: Condvar::new(),
        }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Accepts connections until [`end`](Self::end), and handles each in a thread.
    pub(super) fn accept<'scope, 'env: 'scope>(
        &'env self,
        scope: &'scope Scope<'scope, 'env>,
        listener: &TcpListener,
        handle: &'env (impl Fn(TcpStream, &Entry<'_>) + Sync),
    ) {
        loop {
            self.make_room();
            let stream = match listener.accept() {
                Ok((stream, _)) => stream,
                Err(_) if self.open().over => return,
                // Of this one connection, or no descriptor is left for it: a pause, and the next.
                Err(_) => {
                    std::thread::sleep(Duration::from_millis(20));
                    continue;
                }
            };
            let Ok(entry) = self.enter(&stream) else { continue };
            if self.open().over {
                return;
            }
            let run = move || handle(stream, &entry);
            // Without a thread the entry is dropped, and with it the connection is closed.
            let _ = std::thread::Builder::new().spawn_scoped(scope, run);
        }
    }

    /// Closes the connection that has waited longest, where there are as many as there may be, and waits until it is
    /// gone.
    fn make_room(&self) {
        let mut open = self.open();
        while open.by_age.len() >= self.most && !open.over {
            let oldest = open.by_age.iter().min_by_key(|(age, (doing, _))| (*doing, **age));
            if let Some((_, (_, stream))) = oldest {
                let _ = stream.shutdown(Shutdown::Both);
            }
            open = self.closed.wait(open).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn enter(&self, stream: &TcpStream) -> io::Result<Entry<'_>> {
        let own = stream.try_clone()?;
        stream.set_nodelay(true)?;
        let mut open = self.open();
        let number = open.next;
        open.next += 1;
        open.by_age.insert(number, (Doing::Waiting, own));
        Ok(Entry {
            connections: self,
            number: Mutex::new(number),
        })
    }

    /// Closes all connections, and takes no more.
    pub(super) fn end(&self, listener: &TcpListener) {
        let mut open = self.open();
        open.over = true;
        for (_, stream) in open.by_age.values() {
            let _ = stream.shutdown(Shutdown::Both);
        }
        self.closed.notify_all();
        drop(open);
        // Wakes the thread that accepts.
        if let Ok(address) = listener.local_addr() {
            let _ = TcpStream::connect(address);
        }
    }
}

/// A connection among all, for as long as it is handled.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    connections: &'a Connections,
    number: Mutex<u64>,
}

impl Entry<'_> {
    /// Says what the connection does from now on.
    pub(super) fn does(&self, doing: Doing) {
        let mut open = self.connections.open();
        let mut number = self.number.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, stream)) = open.by_age.remove(&number) {
            *number = open.next;
            open.next += 1;
            open.by_age.insert(*number, (doing, stream));
        }
    }
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        let number = self.number.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, stream)) = self.connections.open().by_age.remove(number) {
            let _ = stream.shutdown(Shutdown::Both);
        }
        self.connections.closed.notify_all();
    }
}
