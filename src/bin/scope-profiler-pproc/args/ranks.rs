//! Numbers of ranks.

use std::ops::RangeInclusive;
use std::str::FromStr;

/// `7` or `0-3`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RankSpec(pub(crate) RangeInclusive<u32>);

impl FromStr for RankSpec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |digits: &str| {
            digits
                .trim()
                .parse::<u32>()
                .map_err(|_| "expected a rank such as 5 or a range such as 0-3".to_owned())
        };
        match text.split_once('-') {
            None => number(text).map(|rank| Self(rank..=rank)),
            Some((first, last)) => {
                let (first, last) = (number(first)?, number(last)?);
                if first > last {
                    return Err(format!(
                        "the range ends before it starts; did you mean {last}-{first}?"
                    ));
                }
                Ok(Self(first..=last))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_numbers_and_ranges() {
        assert_eq!("7".parse(), Ok(RankSpec(7..=7)));
        assert_eq!("0-3".parse(), Ok(RankSpec(0..=3)));
        assert!("3-0".parse::<RankSpec>().unwrap_err().contains("0-3"));
        for wrong in ["", "-", "-1", "a", "1-", "1-2-3", "4294967296"] {
            assert!(wrong.parse::<RankSpec>().is_err(), "{wrong:?}");
        }
    }
}
