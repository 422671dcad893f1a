//! What to call a thread.

/// What every output calls a thread: its name and its number, as several may have one name, and only its number
/// where it has none.
///
/// The name is as the program gave it, whatever it holds: escape and shorten the label where it is shown. Where it
/// is shortened in the middle its number stays, at the end.
///
/// ```
/// use scope_profiler::profile::thread_label;
///
/// assert_eq!(thread_label(1, Some("tokio-rt-worker")), "tokio-rt-worker #1");
/// assert_eq!(thread_label(3, Some("")), "thread #3");
/// assert_eq!(thread_label(3, None), "thread #3");
/// ```
#[must_use]
pub fn thread_label(number: u32, name: Option<&str>) -> String {
    let name = name.filter(|name| !name.is_empty()).unwrap_or("thread");
    format!("{name} #{number}")
}
