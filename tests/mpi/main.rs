//! Real ranks under a real `mpirun`.
//!
//! Each test runs this program again, once for each rank, to play a part of `part.rs`. What launches
//! them is `SCOPE_PROFILER_MPIRUN`, `mpirun` by default: it has to be of the MPI that this was built
//! with. `scripts/test` runs all of it with Open MPI and with MPICH.
#![cfg(feature = "hdf5")]

#[path = "../common/again.rs"]
mod again;
#[path = "../common/calm.rs"]
mod calm;
#[path = "../common/interpreter.rs"]
mod interpreter;
#[path = "../common/python.rs"]
mod python;

mod endings;
mod heat;
mod launch;
mod merging;
mod overwriting;
mod part;
mod programs;
mod settings;
