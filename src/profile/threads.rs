//! What to call a thread.

/// The thread of an interval that nobody knows.
pub(crate) const UNKNOWN: u32 = u32::MAX;
/// Where the numbers of tasks begin, in files that know tasks: each is a lane of its own beside the threads.
pub(crate) const FIRST_TASK: u32 = 1 << 31;

/// What every output calls a thread: its name and its number, as several may have one name, and only its number
/// where it has none. A task of an event loop, which files of the Python package know, is a thread of its own:
/// those are numbered from 2^31 on.
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
/// assert_eq!(thread_label((1 << 31) + 4, None), "task #4");
/// assert_eq!(thread_label(u32::MAX, None), "unknown thread");
/// ```
#[must_use]
pub fn thread_label(number: u32, name: Option<&str>) -> String {
    let name = name.filter(|name| !name.is_empty());
    match number {
        UNKNOWN => name.unwrap_or("unknown thread").into(),
        FIRST_TASK.. => format!("{} #{}", name.unwrap_or("task"), number - FIRST_TASK),
        _ => format!("{} #{number}", name.unwrap_or("thread")),
    }
}
