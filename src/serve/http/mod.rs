//! As much of HTTP/1.1 as a browser needs to look at a page: requests without a body, and their responses.

mod request;
mod response;

pub(super) use request::{Request, Unreadable};
pub(super) use response::{Response, Stream};
