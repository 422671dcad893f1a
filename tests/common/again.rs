//! Tests whose program is the test binary itself, run again in a process of its own.

use std::process::Command;

/// Says which program a process is.
const PROGRAM: &str = "SCOPE_PROFILER_TEST_PROGRAM";

/// The programs of a module: `programs! { "rank" => rank }`, or `programs!(run)` for one function that takes
/// the name. The module's tests start one with `again("rank")`, which gives a [`Command`].
macro_rules! programs {
    ($($name:literal => $program:ident),+ $(,)?) => {
        $crate::again::programs!(by_name);

        fn by_name(name: &str) {
            match name {
                $($name => $program(),)+
                other => panic!("no program {other}"),
            }
        }
    };
    ($run:ident) => {
        /// Not a test of its own: the programs that the tests of this module start.
        #[test]
        fn the_program() {
            if let Some(name) = $crate::again::name() {
                $run(&name);
            }
        }

        fn again(name: &str) -> std::process::Command {
            $crate::again::command(module_path!(), name)
        }
    };
}
pub(crate) use programs;

/// Which program this process is.
pub(crate) fn name() -> Option<String> {
    std::env::var(PROGRAM).ok()
}

/// This binary as the program `name` of a module. It prints two lines before the program does.
pub(crate) fn command(module: &str, name: &str) -> Command {
    let test = match module.split_once("::") {
        Some((_, module)) => format!("{module}::the_program"),
        None => "the_program".to_owned(),
    };
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", &test, "--nocapture", "--quiet", "--test-threads=1"])
        .env(PROGRAM, name);
    command
}

/// Has `launcher` start `program`: a shell that limits it first, the launcher of an MPI.
#[allow(dead_code, reason = "most programs need no launcher")]
pub(crate) fn start_through(launcher: &mut Command, program: &Command) {
    launcher.arg(program.get_program()).args(program.get_args());
    for (name, value) in program.get_envs() {
        launcher.env(name, value.expect("`again` only sets"));
    }
}
