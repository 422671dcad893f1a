//! Code in the pages of the guide.

/// The blocks of code in this language.
pub(crate) fn blocks(text: &str, language: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut block: Option<String> = None;
    for line in text.lines() {
        match (line.strip_prefix("```"), &mut block) {
            (Some(_), Some(_)) => blocks.extend(block.take()),
            (Some(opened), None) => {
                let of = opened.split(',').next().unwrap_or_default();
                // A block in another language is taken, too, so that its end is not taken for a start.
                block = Some(String::new());
                if of != language {
                    block = Some("\0".into());
                }
            }
            (None, Some(block)) => *block += &format!("{line}\n"),
            (None, None) => {}
        }
    }
    blocks.retain(|block| !block.starts_with('\0'));
    blocks
}
