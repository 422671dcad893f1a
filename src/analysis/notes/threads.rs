//! The note on threads: which ones there are, as several may have one name.

use super::regions::clipped;
use super::{Note, NoteKind};
use crate::profile::{Source, thread_label};
use crate::units::plural;

/// Threads named in the note; the others are counted.
const SHOWN: usize = 8;

/// The threads of the only rank that have names. With several ranks the list would be one for each of them.
pub(super) fn note(source: &dyn Source) -> Option<Note> {
    let [rank] = source.ranks()[..] else {
        return None;
    };
    // That they cannot be read is said where they are needed.
    let names = source.thread_names(rank).ok()?;
    if names.len() < 2 || names.values().all(String::is_empty) {
        return None;
    }
    let labels = names.iter().map(|(&number, name)| {
        let name = Some(name).filter(|name| !name.is_empty());
        thread_label(number, name.map(|name| clipped(name)).as_deref())
    });
    let mut labels: Vec<String> = labels.take(SHOWN).collect();
    if names.len() > SHOWN {
        labels.push(plural((names.len() - SHOWN) as u64, "more thread"));
    }
    let note = Note::new(NoteKind::Threads, format!("named threads: {}", labels.join(", "))).remark();
    Some(note.number("threads", names.len() as u64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::{Call, Profile};

    fn text(names: &[&str]) -> Option<String> {
        let mut profile = Profile::builder().interval(Call::new("a", 0..1));
        for (number, name) in (0..).zip(names) {
            profile = profile.thread_name(0, number, *name);
        }
        note(&profile.build()).map(|note| note.text().to_owned())
    }

    #[test]
    fn threads_of_one_name_have_numbers() {
        assert_eq!(
            text(&["main", "tokio-rt-worker", "tokio-rt-worker", ""]).unwrap(),
            "named threads: main #0, tokio-rt-worker #1, tokio-rt-worker #2, thread #3"
        );
    }

    #[test]
    fn many_are_counted() {
        let text = text(&["worker"; 20]).unwrap();
        assert!(text.ends_with("worker #7, 12 more threads"), "{text}");
    }

    #[test]
    fn one_thread_or_none_with_a_name_is_no_news() {
        assert_eq!(text(&["main"]), None);
        assert_eq!(text(&["", ""]), None);
    }

    #[test]
    fn several_ranks_have_threads_of_their_own() {
        let profile = Profile::builder()
            .interval(Call::new("a", 0..1))
            .interval(Call::new("a", 0..1).rank(1))
            .thread_name(0, 0, "main")
            .thread_name(0, 1, "io");
        assert!(note(&profile.build()).is_none());
    }
}
