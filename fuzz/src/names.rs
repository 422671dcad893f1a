//! Region names: from the recording through the log and the file to the reader.

use scope_profiler::profile::Source;
use scope_profiler::{Profiler, ProfilingConfig, ProfilingH5Reader};
use std::collections::BTreeSet;

/// Names are what stands between bytes that UTF-8 does not use.
pub fn run(data: &[u8]) {
    let names: BTreeSet<String> = data
        .split(|&byte| byte == 0xff)
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .collect();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("run.h5");
    let profiler = Profiler::new(ProfilingConfig::new().file_path(&file).verbose(false)).unwrap();
    for name in &names {
        profiler.profile(name, || ());
    }
    profiler.finalize().unwrap();

    let reader = ProfilingH5Reader::open(&file).unwrap();
    let read: BTreeSet<String> = reader.names().iter().cloned().collect();
    assert_eq!(read.len(), names.len(), "{names:?} became {read:?}");
    for name in names.iter().filter(|name| !name.contains('\0')) {
        let region = reader.get_region(name).unwrap();
        assert_eq!(region[0].num_calls(), 1, "{name:?}");
    }
}
