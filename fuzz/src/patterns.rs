//! Include and exclude patterns, and a region name to match them with, one on each line.

use scope_profiler::RegionFilter;

/// A pattern is used or refused with its own text in the message.
pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut lines = text.split('\n');
    let name = lines.next().unwrap_or_default();
    for pattern in lines {
        let included = RegionFilter::new().include([pattern]);
        let excluded = RegionFilter::new().exclude([pattern]);
        match (included, excluded) {
            (Ok(included), Ok(excluded)) => {
                assert_ne!(included.keeps_region(name), excluded.keeps_region(name));
            }
            (Err(error), Err(_)) => {
                let message = error.to_string();
                assert!(error.is_config() && message.lines().count() == 1, "{message}");
                assert!(message.contains(&format!("{pattern:?}")), "{message}");
            }
            one_of_them => panic!("{pattern:?}: {one_of_them:?}"),
        }
    }
}
