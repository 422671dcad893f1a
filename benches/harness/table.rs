//! The table: Markdown that reads well in a terminal too.

use std::fmt;
use std::process::Command;

pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new<const N: usize>(head: [&str; N]) -> Self {
        Self {
            rows: vec![head.map(str::to_owned).to_vec()],
        }
    }

    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.to_vec());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows[0].len();
        let width = |column: usize| {
            let cells = self.rows.iter().map(|row| row[column].chars().count());
            cells.max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for (index, row) in self.rows.iter().enumerate() {
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                match column {
                    // Numbers stand in the second and third column.
                    1 | 2 => write!(f, "| {cell:>width$} ")?,
                    _ => write!(f, "| {cell:width$} ")?,
                }
            }
            writeln!(f, "|")?;
            if index == 0 {
                for (column, width) in widths.iter().enumerate() {
                    match column {
                        1 | 2 => write!(f, "|{}:", "-".repeat(width + 1))?,
                        _ => write!(f, "|{}", "-".repeat(width + 2))?,
                    }
                }
                writeln!(f, "|")?;
            }
        }
        Ok(())
    }
}

/// Nanoseconds as the table shows them.
pub fn ns(value: f64) -> String {
    if value < 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.0}")
    }
}

/// What this was measured on.
pub fn machine() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cpuinfo = read("/proc/cpuinfo");
    let field = |name: &str| {
        let line = cpuinfo.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_once(": "))
            .map(|(_, value)| value)
    };
    // "Intel(R) Xeon(R) Processor" is an Intel Xeon.
    let model = field("model name").unwrap_or(std::env::consts::ARCH);
    let model = model.replace("(R)", "").replace("(TM)", "");
    let model = model.trim_end().trim_end_matches(" Processor");
    let is_virtual = field("flags").is_some_and(|flags| flags.split(' ').any(|flag| flag == "hypervisor"));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let clock = read("/sys/devices/system/clocksource/clocksource0/current_clocksource");
    let clock = match clock.trim() {
        "" => "unknown",
        clock => clock,
    };
    let rustc = Command::new("rustc").arg("--version").output();
    let rustc = rustc.map_or_else(
        |_| "rustc".to_owned(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    );
    let kind = if is_virtual {
        "a virtual machine"
    } else {
        "no virtual machine"
    };
    format!(
        "{model}, {cores} cores, {kind}, {}, clock source {clock}, {rustc}",
        std::env::consts::OS
    )
}
