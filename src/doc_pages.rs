//! The guide and the readme, so that their code is compiled and run as doctests.

#[cfg(all(feature = "alloc", feature = "hdf5"))]
#[doc = include_str!("../docs/allocations.md")]
mod allocations {}
#[cfg(feature = "hdf5")]
#[doc = include_str!("../docs/async.md")]
mod asynchronous {}
#[doc = include_str!("../docs/configuration.md")]
mod configuration {}
#[doc = include_str!("../docs/cpu_time.md")]
mod cpu_time {}
#[doc = include_str!("../docs/format.md")]
mod format {}
#[doc = include_str!("../docs/installation.md")]
mod installation {}
#[doc = include_str!("../docs/mpi.md")]
mod mpi {}
#[doc = include_str!("../docs/counters.md")]
mod counters {}
#[doc = include_str!("../docs/numbers.md")]
mod numbers {}
#[doc = include_str!("../docs/overhead.md")]
mod overhead {}
#[doc = include_str!("../docs/python.md")]
mod python {}
#[doc = include_str!("../README.md")]
mod readme {}
#[doc = include_str!("../docs/recipes.md")]
mod recipes {}
#[doc = include_str!("../docs/regions.md")]
mod regions {}
#[doc = include_str!("../docs/reliability.md")]
mod reliability {}
#[doc = include_str!("../docs/scale.md")]
mod scale {}
#[doc = include_str!("../docs/tracing.md")]
mod tracing {}

#[cfg(feature = "cli")]
#[doc = include_str!("../docs/cli.md")]
mod cli {}
#[cfg(feature = "plot")]
#[doc = include_str!("../docs/design.md")]
mod design {}
#[cfg(feature = "export")]
#[doc = include_str!("../docs/export.md")]
mod export {}
