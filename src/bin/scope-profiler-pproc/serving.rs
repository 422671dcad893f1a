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
        let (reader, filter) = open(args, &serve.choice, &file.path, serve.quiet)?;
        files.push(served(
            reader,
            filter,
            file.label.as_deref(),
            serve.color_by.as_deref(),
        )?);
    }
    let options = ServeOptions::new().port(serve.port).closed_for(serve.end_after);
    run(files, &options, !serve.no_open, serve.quiet)
}

/// A profile that is open already, and what its run is called.
pub(crate) type OpenRun = (ProfilingH5Reader, RegionFilter, Option<String>);

/// Serves files that are open already, as `--show` does.
pub(crate) fn show(args: &Args, runs: Vec<OpenRun>) -> Result<(), Failure> {
    let mut files = Vec::with_capacity(runs.len());
    for (reader, filter, label) in runs {
        files.push(served(
            reader,
            filter,
            label.as_deref(),
            args.color_by.as_deref(),
        )?);
    }
    run(files, &ServeOptions::new(), true, args.quiet)
}

fn served(
    reader: ProfilingH5Reader,
    filter: RegionFilter,
    label: Option<&str>,
    color_by: Option<&str>,
) -> Result<ServedFile, Failure> {
    let mut file = ServedFile::new(reader, filter);
    if let Some(label) = label {
        file = file.titled(label);
    }
    if let Some(field) = color_by {
        file = file.color_by(field)?;
    }
    Ok(file)
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
