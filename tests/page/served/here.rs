//! A server in the process of the test.

use scope_profiler::serve::{ServeOptions, ServedFile, Server, Stop};

/// Serves a file while `look` looks at it, which is given the link.
pub(crate) fn serving(file: ServedFile, options: &ServeOptions, look: impl FnOnce(&str)) {
    let server = Server::bind([file], options).unwrap();
    let (link, stop) = (server.link(), server.stop_handle());
    std::thread::scope(|scope| {
        scope.spawn(|| server.run());
        // Also where `look` panics.
        struct Guard(Stop);
        impl Drop for Guard {
            fn drop(&mut self) {
                self.0.stop();
            }
        }
        let _guard = Guard(stop);
        look(&link);
    });
}
