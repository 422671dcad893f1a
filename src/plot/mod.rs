//! How charts become files and reach the screen.

pub mod html;
mod page_json;
pub mod viewer;
