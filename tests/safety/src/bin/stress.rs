//! The stress test under ThreadSanitizer, as a program: the test harness hands its results over by locks
//! inside the standard library, which the sanitizer cannot follow.

#![deny(dead_code, reason = "every test is to run here too")]

#[path = "../std_locks.rs"]
mod std_locks;
#[path = "../../../stress.rs"]
mod stress;

fn main() {
    stress::every_call_is_in_the_file_however_many_look_on();
    stress::calls_that_find_no_room_are_counted_to_the_last();
    stress::a_session_may_end_while_threads_record();
    stress::sessions_may_come_and_go_while_threads_record();
}
