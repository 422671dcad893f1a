//! Lets the model checker take the place of atomics and cells, in this package alone: a flag for
//! the compiler would reach the dependencies too, which have models of their own.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_FEATURE_MODEL").is_some() {
        println!("cargo::rustc-cfg=scope_profiler_model");
    }
}
