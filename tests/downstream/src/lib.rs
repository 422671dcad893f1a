//! The pages whose code a user of the library copies.

#[doc = include_str!("../../../docs/configuration.md")]
pub mod configuration {}
#[doc = include_str!("../../../docs/installation.md")]
pub mod installation {}
#[doc = include_str!("../../../README.md")]
pub mod readme {}
#[doc = include_str!("../../../docs/recipes.md")]
pub mod recipes {}
#[doc = include_str!("../../../docs/regions.md")]
pub mod regions {}
#[doc = include_str!("../../../docs/tracing.md")]
pub mod tracing {}
