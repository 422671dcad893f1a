//! What rank 0 tells the others when a session begins.

use super::backoff;
use super::post::Post;
use std::time::Instant;

/// Beyond those of the meeting.
const ANNOUNCEMENT: u16 = 102;

/// What rank 0 has to say, which is `words` there; none when it is not heard before `until`. Every rank
/// has to ask.
pub(crate) fn words_of_rank_0(post: &impl Post, words: Vec<u8>, until: Instant) -> Option<Vec<u8>> {
    if post.rank() == 0 {
        for rank in 1..post.size() {
            // Who is gone needs no word.
            post.send(rank, ANNOUNCEMENT, words.clone()).ok();
        }
        return Some(words);
    }
    let mut pause = backoff();
    loop {
        match post.receive(ANNOUNCEMENT) {
            Some((0, words)) => return Some(words),
            Some(_) => {}
            None if Instant::now() >= until => return None,
            None => pause(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::post::office::{self, Office};
    use super::*;
    use std::time::Duration;

    #[test]
    fn all_hear_what_rank_0_says() {
        let until = Instant::now() + Duration::from_secs(60);
        let heard = office::play(&Office::default(), 3, &[0, 1, 2], |desk| {
            words_of_rank_0(&desk, vec![desk.rank as u8], until)
        });
        assert_eq!(heard, vec![Some(vec![0]); 3]);
    }

    #[test]
    fn who_does_not_hear_rank_0_goes_on() {
        let heard = office::play(&Office::default(), 2, &[1], |desk| {
            words_of_rank_0(&desk, vec![1], Instant::now())
        });
        assert_eq!(heard, [None]);
    }
}
