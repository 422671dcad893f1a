//! Showing the page, or saying how to look at it from elsewhere.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{self, Command, Stdio};

/// Where the page goes when no directory was asked for.
pub(crate) fn temporary_page(profile: &Path) -> PathBuf {
    let stem = profile.file_stem().unwrap_or_default().to_string_lossy();
    env::temp_dir().join(format!("scope-profiler-{stem}-{}.html", process::id()))
}

/// Opens the page in a browser where somebody can see it; otherwise returns what to tell them.
pub(crate) fn show(page: &Path) -> Option<String> {
    let page = std::path::absolute(page).unwrap_or_else(|_| page.to_owned());
    if !has_display() {
        return Some(instructions(&page));
    }
    let opened = browsers().into_iter().any(|browser| start(&browser, &page));
    (!opened).then(|| {
        format!(
            "no browser could be started; open this file in one:\n  {}",
            page.display()
        )
    })
}

fn has_display() -> bool {
    let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    if set("SSH_CONNECTION") {
        return false;
    }
    !cfg!(target_os = "linux") || set("DISPLAY") || set("WAYLAND_DISPLAY")
}

/// `$BROWSER`, a list with `:` between, then the desktop's own way.
fn browsers() -> Vec<String> {
    let chosen = env::var("BROWSER").unwrap_or_default();
    let desktop = if cfg!(target_os = "macos") {
        "open"
    } else {
        "xdg-open"
    };
    chosen
        .split(':')
        .filter(|name| !name.is_empty())
        .chain([desktop])
        .map(str::to_owned)
        .collect()
}

fn start(browser: &str, page: &Path) -> bool {
    let mut words = browser.split_whitespace();
    let Some(program) = words.next() else { return false };
    let mut command = Command::new(program);
    let mut placed = false;
    for word in words {
        placed |= word == "%s";
        if word == "%s" {
            command.arg(page)
        } else {
            command.arg(word)
        };
    }
    if !placed {
        command.arg(page);
    }
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .is_ok()
}

fn instructions(page: &Path) -> String {
    let user = env::var("USER").unwrap_or_else(|_| "USER".into());
    let host = host();
    let (directory, name) = (
        page.parent().unwrap_or(page),
        page.file_name().unwrap_or_default(),
    );
    let quoted = quote(&page.to_string_lossy());
    format!(
        "no display here; the page is in\n  {}\n\
         to see it, run on your own machine\n  scp {user}@{host}:{quoted} . && open or xdg-open ./{}\n\
         or serve it through ssh and open http://localhost:8000/{}\n  \
         ssh -L 8000:localhost:8000 {user}@{host} python3 -m http.server 8000 --bind localhost --directory {}",
        page.display(),
        quote(&name.to_string_lossy()),
        name.to_string_lossy(),
        quote(&directory.to_string_lossy()),
    )
}

fn host() -> String {
    let named = env::var("HOSTNAME").ok();
    let read = || std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    named
        .or_else(read)
        .map_or_else(|| "HOST".into(), |name| name.trim().to_owned())
}

/// The text as one word of a shell command.
fn quote(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:@".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_name_the_page_and_quote_its_path() {
        let text = instructions(Path::new("/scratch/my runs/page.html"));
        assert!(text.contains("  /scratch/my runs/page.html\n"), "{text}");
        assert!(text.contains(":'/scratch/my runs/page.html' ."), "{text}");
        assert!(text.contains("--directory '/scratch/my runs'"), "{text}");
    }
}
