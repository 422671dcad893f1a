//! How each of the others is set up and used. All are checked to have recorded something, where
//! they say what they have recorded.

use crate::harness::{Running, Storage, repeat};
use crate::rows::{enter_span, unchecked};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::TempDir;
use tracing::subscriber::set_global_default;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::Registry;

/// How many regions are in a frame or a request, for those that work by such.
const IN_A_FRAME: usize = 1000;

/// A batch whose output goes to a file, which must not be empty at the end.
fn to_file(file: PathBuf, directory: TempDir, guard: impl Sized + 'static) -> Running {
    Running {
        batch: repeat(enter_span),
        finish: Box::new(move |_| {
            drop(guard);
            let bytes = std::fs::metadata(&file).map_or(0, |metadata| metadata.len());
            drop(directory);
            if bytes > 1000 {
                Ok(())
            } else {
                Err(format!("{bytes} bytes were written"))
            }
        }),
    }
}

fn directory() -> TempDir {
    tempfile::tempdir().expect("there is a directory for temporary files")
}

/// Its worker thread collects; the report at the end goes to standard output.
pub fn hotpath(_: Storage) -> Running {
    let guard = hotpath::HotpathGuardBuilder::new("main").build();
    Running {
        batch: repeat(|| hotpath::measure_block!("bench", {})),
        finish: Box::new(move |_| {
            drop(guard);
            Ok(())
        }),
    }
}

/// Spans of a request go to a reporter, here one that counts them. They are only recorded inside a
/// request.
pub fn fastrace(_: Storage) -> Running {
    struct Count(Arc<AtomicU64>);
    impl fastrace::collector::Reporter for Count {
        fn report(&mut self, spans: Vec<fastrace::collector::SpanRecord>) {
            self.0.fetch_add(spans.len() as u64, Ordering::Relaxed);
        }
    }
    use fastrace::prelude::{LocalSpan, Span, SpanContext};
    let reported = Arc::new(AtomicU64::new(0));
    fastrace::set_reporter(
        Count(Arc::clone(&reported)),
        fastrace::collector::Config::default(),
    );
    let mut frame = repeat(|| {
        let root = Span::root("request", SpanContext::random());
        let _parent = root.set_local_parent();
        for _ in 0..IN_A_FRAME {
            let _span = LocalSpan::enter_with_local_parent("bench");
        }
    });
    Running {
        batch: Box::new(move |n| frame(n / IN_A_FRAME) / IN_A_FRAME as f64),
        finish: Box::new(move |calls| {
            fastrace::flush();
            // One more for each request. It drops what its queue has no room for.
            let reported = reported.load(Ordering::Relaxed);
            if reported > calls / 2 {
                Ok(())
            } else {
                Err(format!("{reported} of {calls} were reported"))
            }
        }),
    }
}

/// No server is connected: the zones stay in memory, as they do until one is.
pub fn tracy(_: Storage) -> Running {
    let client = tracy_client::Client::start();
    unchecked(repeat(move || {
        let _keep = &client;
        let _span = tracy_client::span!("bench");
    }))
}

/// Scopes of a frame go to a sink, here one that counts bytes, as a server that nobody watches.
pub fn puffin(_: Storage) -> Running {
    let bytes = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&bytes);
    puffin::set_scopes_on(true);
    puffin::GlobalProfiler::lock().add_sink(Box::new(move |frame| {
        counted.fetch_add(frame.meta().num_bytes as u64, Ordering::Relaxed);
    }));
    let mut frame = repeat(|| {
        puffin::GlobalProfiler::lock().new_frame();
        puffin::profile_scope!("frame");
        for _ in 0..IN_A_FRAME {
            puffin::profile_scope!("bench");
        }
    });
    Running {
        batch: Box::new(move |n| frame(n / IN_A_FRAME) / IN_A_FRAME as f64),
        finish: Box::new(move |calls| {
            puffin::GlobalProfiler::lock().new_frame();
            let bytes = bytes.load(Ordering::Relaxed);
            if bytes > calls {
                Ok(())
            } else {
                Err(format!("{bytes} bytes for {calls} calls"))
            }
        }),
    }
}

/// As [`tracy`].
pub fn tracing_tracy(_: Storage) -> Running {
    let layer = tracing_tracy::TracyLayer::default();
    set_global_default(Registry::default().with(layer)).expect("the first in this process");
    unchecked(repeat(enter_span))
}

pub fn tracing_flame(_: Storage) -> Running {
    let directory = directory();
    let file = directory.path().join("tracing.folded");
    let (layer, guard) = tracing_flame::FlameLayer::with_file(&file).expect("can be created");
    set_global_default(Registry::default().with(layer)).expect("the first in this process");
    to_file(file, directory, guard)
}

pub fn tracing_chrome(_: Storage) -> Running {
    let directory = directory();
    let file = directory.path().join("trace.json");
    let (layer, guard) = tracing_chrome::ChromeLayerBuilder::new().file(&file).build();
    set_global_default(Registry::default().with(layer)).expect("the first in this process");
    to_file(file, directory, guard)
}
