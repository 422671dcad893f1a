//! Shows profiles in the browser.

use crate::args::{Args, ServeArgs};
use crate::terminal::print;
use crate::{Failure, open, signals};
use scope_profiler::page::viewer;
use scope_profiler::serve::{ServeOptions, ServedFile, Server};
use scope_profiler::{ProfilingH5Reader, RegionFilter};

/// Serves all files that were named.
pub(crate) fn serve(args: &Args, serve: &ServeArgs) -> Result<(), Failure> {
    let mut files = Vec::with_capacity(serve.files.len());
    for file in &serve.files {
        let (reader, filter) = open(args, &serve.choice, file, serve.quiet)?;
        files.push(ServedFile::new(reader, filter));
    }
    let options = ServeOptions::new().port(serve.port).closed_for(serve.end_after);
    run(files, &options, !serve.no_open, serve.quiet)
}

/// Serves files that are open already, as `--show` does.
pub(crate) fn show(files: Vec<(ProfilingH5Reader, RegionFilter)>, quiet: bool) -> Result<(), Failure> {
    let files = files
        .into_iter()
        .map(|(reader, filter)| ServedFile::new(reader, filter));
    run(files.collect(), &ServeOptions::new(), true, quiet)
}

fn run(files: Vec<ServedFile>, options: &ServeOptions, opens: bool, quiet: bool) -> Result<(), Failure> {
    let server = Server::bind(files, options)?;
    signals::all_is_written();
    let link = server.link();
    let is_opened = opens && viewer::open_address(&link);
    if !quiet || !is_opened {
        print(&way_to(&server, is_opened))?;
    }
    server.run();
    Ok(())
}

/// How to get to the page, and how it ends.
fn way_to(server: &Server, is_opened: bool) -> String {
    let link = server.link();
    let end = "Ctrl-C ends it, and so does closing the page";
    match viewer::port_forwarding(server.port()).filter(|_| !is_opened) {
        Some(command) => format!(
            "On your own machine, forward the port, then open the link there:\n  {command}\n  {link}\n{end}\n"
        ),
        None if is_opened => format!("Opened {link}\n{end}\n"),
        None => format!("Open this link in a browser on this machine:\n  {link}\n{end}\n"),
    }
}
