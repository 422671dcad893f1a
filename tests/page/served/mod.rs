//! The served page: the real program, real requests, a real browser.

mod client;
mod common;
mod detail;
mod files;
mod filling;
mod here;
mod lifetime;
pub(crate) mod running;
mod security;
mod stored;
mod together;
mod visits;
