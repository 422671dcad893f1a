//! Pieces of JSON text, for documents that do not fit into memory.

use std::io::Write as _;

/// A text in quotes.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Adds a whole number.
#[inline]
pub(super) fn push_int(text: &mut Vec<u8>, value: impl itoa::Integer) {
    text.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// Adds nanoseconds in a unit of 10^`DIGITS` ns, exactly.
#[inline]
pub(super) fn push_decimal<const DIGITS: u32>(text: &mut Vec<u8>, ns: i64) {
    let unit = 10_u64.pow(DIGITS);
    if ns < 0 {
        text.push(b'-');
    }
    let ns = ns.unsigned_abs();
    push_int(text, ns / unit);
    let mut rest = ns % unit;
    if rest > 0 {
        let mut digits = [b'.'; 20];
        let end = 1 + DIGITS as usize;
        for digit in digits[1..end].iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        let used = digits[..end]
            .iter()
            .rposition(|&digit| digit != b'0')
            .unwrap_or(0);
        text.extend_from_slice(&digits[..=used]);
    }
}

/// Adds formatted text.
pub(super) fn push_fmt(text: &mut Vec<u8>, formatted: std::fmt::Arguments<'_>) {
    // A list of bytes takes whatever there is memory for.
    let _ = text.write_fmt(formatted);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact_and_short() {
        let micros = |ns| {
            let mut text = Vec::new();
            push_decimal::<3>(&mut text, ns);
            String::from_utf8(text).unwrap()
        };
        assert_eq!(
            [0, 1, 20, 1_500, 12_345_678].map(micros),
            ["0", "0.001", "0.02", "1.5", "12345.678"]
        );
        assert_eq!(micros(-1_001), "-1.001");
        assert_eq!(micros(i64::MIN), "-9223372036854775.808");
    }
}
