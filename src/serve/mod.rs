//! The interactive page, from a small server on this machine.
//!
//! A [`Server`] listens on 127.0.0.1 alone and shows [files](ServedFile) to whoever has its [link](Server::link), which
//! holds a secret. Nothing can be changed through it. It ends when it is [stopped](Server::stop_handle), or when its
//! pages have been closed for a while.
//!
//! ```
//! use scope_profiler::serve::{ServeOptions, ServedFile, Server};
//! use scope_profiler::{ProfilingH5Reader, RegionFilter};
//!
//! let reader = ProfilingH5Reader::open("tests/golden/py018_mpi4.h5")?;
//! let server = Server::bind([ServedFile::new(reader, RegionFilter::new())], &ServeOptions::new())?;
//! assert!(server.link().starts_with("http://127.0.0.1:"));
//! # server.stop_handle().stop();
//! server.run(); // until it is stopped or its page is closed
//! # Ok::<(), scope_profiler::Error>(())
//! ```

mod connections;
mod file;
mod guard;
mod http;
mod lifetime;
mod options;
mod pages;
mod routes;

pub use file::ServedFile;
pub use lifetime::Stop;
pub use options::ServeOptions;

use crate::error::{Error, Result};
use connections::Connections;
use guard::Token;
use lifetime::Lifetime;
use routes::Site;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::sync::Arc;

/// A server of the interactive page, which listens already.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    port: u16,
    site: Site,
    connections: Connections,
    lifetime: Arc<Lifetime>,
}

impl Server {
    /// Listens on 127.0.0.1.
    ///
    /// # Errors
    ///
    /// When there is no file, the port is taken or not allowed, or the system has no random numbers.
    pub fn bind(files: impl IntoIterator<Item = ServedFile>, options: &ServeOptions) -> Result<Self> {
        let files: Vec<ServedFile> = files.into_iter().collect();
        if files.is_empty() {
            return Err(Error::config("there is nothing to show: name a file"));
        }
        let cannot = |error| {
            let place = format!("127.0.0.1:{}", options.port);
            Error::io(
                Path::new(&place),
                "cannot listen here; without a port a free one is taken",
                error,
            )
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).map_err(cannot)?;
        let port = listener.local_addr().map_err(cannot)?.port();
        let lifetime = Lifetime::new(options.closed_for);
        Ok(Self {
            listener,
            port,
            site: Site::new(Token::random()?, files, Arc::clone(&lifetime), options),
            connections: Connections::new(options.most_connections),
            lifetime,
        })
    }

    /// The address of the page. Whoever knows it, on this machine, sees what it shows.
    #[must_use]
    pub fn link(&self) -> String {
        format!("http://127.0.0.1:{}/{}/", self.port, self.site.token())
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What stops it, from another thread.
    #[must_use]
    pub fn stop_handle(&self) -> Stop {
        Arc::clone(&self.lifetime).into()
    }

    /// Answers, until it is stopped or all pages have been closed for [a while](ServeOptions::closed_for). Before the
    /// first page is opened it waits for any time.
    pub fn run(self) {
        let Self {
            listener,
            site,
            connections,
            lifetime,
            ..
        } = &self;
        let handle = |stream, entry: &connections::Entry<'_>| site.converse(stream, entry);
        let handle = &handle;
        std::thread::scope(|scope| {
            scope.spawn(move || connections.accept(scope, listener, handle));
            lifetime.wait();
            connections.end(listener);
        });
    }
}
