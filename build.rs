//! Where HDF5 is taken from a directory of the user's (`HDF5_DIR`), the programs of this package find it
//! there when they run, too. What other packages link is for them to say: see `docs/installation.md`.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=HDF5_DIR");
    let is_unix = env::var_os("CARGO_CFG_UNIX").is_some();
    let links_hdf5 =
        env::var_os("CARGO_FEATURE_HDF5").is_some() && env::var_os("CARGO_FEATURE_STATIC").is_none();
    match env::var("HDF5_DIR") {
        Ok(root) if is_unix && links_hdf5 && !root.is_empty() => {
            println!("cargo::rustc-link-arg=-Wl,-rpath,{root}/lib");
        }
        _ => {}
    }
}
