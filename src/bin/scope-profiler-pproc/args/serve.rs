//! `serve`: what was typed.

use super::{Choice, LabelledFile};
use std::time::Duration;

/// What was typed after `serve`.
#[derive(Debug, clap::Args)]
pub(crate) struct ServeArgs {
    /// The profiling files, or the logs of ranks; LABEL= before a file names its run
    #[arg(required = true, value_name = "[LABEL=]FILE", num_args = 1..)]
    pub(crate) files: Vec<LabelledFile>,

    #[command(flatten)]
    pub(crate) choice: Choice,

    /// The port, on 127.0.0.1; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub(crate) port: u16,

    /// Open with bars coloured by the numbers that the program recorded in this field
    #[arg(long, value_name = "FIELD")]
    pub(crate) color_by: Option<String>,

    /// Open no browser: print the link alone
    #[arg(long)]
    pub(crate) no_open: bool,

    /// How long after the page was closed the server ends
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = time)]
    pub(crate) end_after: Duration,

    /// Print nothing but errors
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

/// A time such as `30s` or `5min`.
fn time(text: &str) -> Result<Duration, String> {
    let time: Option<jiff::SignedDuration> = text.parse().ok();
    let time = time.and_then(|time| Duration::try_from(time).ok());
    time.ok_or_else(|| "expected a time such as 30s or 5min".to_owned())
}
