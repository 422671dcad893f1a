//! What is known of spans beside their entries.

/// What is known of a span beside its entries: only where these do not say it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SpanFacts {
    /// The serial number of the span: see [`Intervals::SPAN`](super::Intervals::SPAN).
    pub span: u32,
    /// When it was created, ns, where it was not entered at once.
    pub created_ns: Option<i64>,
    /// When its last handle was dropped, ns, where that was not when it was left for the last time.
    pub closed_ns: Option<i64>,
    /// What it is below, where that is not what it was entered in.
    pub parent: Option<SpanParent>,
    /// The spans that it follows from, in order of their numbers: the program said so, by
    /// [`follows_from`](https://docs.rs/tracing/latest/tracing/struct.Span.html#method.follows_from).
    pub follows: Vec<u32>,
}

/// What a span is below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SpanParent {
    /// Nothing: it was created as a root.
    Nothing,
    /// The span with this serial number, which was named as its parent.
    Span(u32),
    /// The call that was open where it was created.
    Call {
        /// The thread of the call, as an index into the rank's threads.
        thread: u32,
        /// When the call began, ns.
        start_ns: i64,
    },
}

impl SpanFacts {
    /// Of a span of which nothing is known yet.
    #[must_use]
    pub fn new(span: u32) -> Self {
        Self {
            span,
            created_ns: None,
            closed_ns: None,
            parent: None,
            follows: Vec::new(),
        }
    }
}
