#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| scope_profiler_fuzz::profile::run(data));
