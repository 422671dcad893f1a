//! The messages of the rendezvous as bytes: what a rank reports to rank 0, and rank 0's replies.

use crate::error::Class;
use crate::store::codec::{Decoder, Encoder};
use crate::summary::{Account, OpenRegion};
use std::path::PathBuf;

/// One rank's share of the summary.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct RankReport {
    pub(super) log: PathBuf,
    pub(super) account: Account,
    pub(super) regions: Vec<RegionTime>,
}

/// A region on one rank.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RegionTime {
    pub(super) name: String,
    pub(super) calls: u64,
    /// The sum of its calls, ns.
    pub(super) ns: i64,
}

impl RankReport {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Encoder::default();
        out.text(&self.log.to_string_lossy());
        out.u64(self.account.kept).u64(self.account.dropped);
        out.u32(self.account.open.len() as u32);
        for region in &self.account.open {
            out.text(&region.name).u64(region.calls);
        }
        for region in &self.regions {
            out.text(&region.name).u64(region.calls).i64(region.ns);
        }
        out.into_bytes()
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut input = Decoder::new(bytes);
        let mut report = Self {
            log: input.text()?.into(),
            ..Self::default()
        };
        report.account.kept = input.u64()?;
        report.account.dropped = input.u64()?;
        for _ in 0..input.u32()? {
            report.account.open.push(OpenRegion {
                name: input.text()?,
                calls: input.u64()?,
            });
        }
        while !input.is_empty() {
            report.regions.push(RegionTime {
                name: input.text()?,
                calls: input.u64()?,
                ns: input.i64()?,
            });
        }
        Some(report)
    }
}

/// Rank 0's reply when all have arrived, or it has waited long enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Arrivals {
    /// Whether all ranks have arrived.
    pub(super) all: bool,
    /// Whether each rank makes its own file.
    pub(super) link: bool,
}

impl Arrivals {
    pub(super) fn encode(self) -> [u8; 2] {
        [self.all.into(), self.link.into()]
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [all, link] => Some(Self {
                all: *all == 1,
                link: *link == 1,
            }),
            _ => None,
        }
    }
}

/// Rank 0's reply to the reports: what it has made of the logs.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Verdict {
    /// The logs are in this file.
    Merged(PathBuf),
    /// The logs stay, as configured.
    Kept,
    /// The file lacks these ranks, or a part of them.
    Incomplete(PathBuf, Vec<u32>),
    /// There is no file, for a reason of this class and text.
    Failed(Class, String),
}

impl Verdict {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Encoder::default();
        match self {
            Self::Merged(output) => out.u8(0).text(&output.to_string_lossy()),
            Self::Kept => out.u8(1),
            Self::Incomplete(output, ranks) => ranks
                .iter()
                .fold(out.u8(2).text(&output.to_string_lossy()), |out, &rank| {
                    out.u32(rank)
                }),
            Self::Failed(class, reason) => out.u8(3).u8(class.number()).text(reason),
        };
        out.into_bytes()
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut input = Decoder::new(bytes);
        Some(match input.u8()? {
            0 => Self::Merged(input.text()?.into()),
            1 => Self::Kept,
            2 => {
                let output = input.text()?.into();
                let mut ranks = Vec::new();
                while !input.is_empty() {
                    ranks.push(input.u32()?);
                }
                Self::Incomplete(output, ranks)
            }
            3 => Self::Failed(Class::from_number(input.u8()?), input.text()?),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_arrives_as_it_was_sent() {
        let report = RankReport {
            log: "out/run.h5.d/a-rank00003.log".into(),
            account: Account {
                kept: 7,
                dropped: 2,
                open: vec![OpenRegion {
                    name: "main".into(),
                    calls: 1,
                }],
            },
            regions: vec![RegionTime {
                name: "größer".into(),
                calls: 9,
                ns: -5,
            }],
        };
        let bytes = report.encode();
        assert_eq!(RankReport::decode(&bytes), Some(report));
        // A message that was cut off is refused.
        assert_eq!(RankReport::decode(&bytes[..bytes.len() - 1]), None);
    }

    #[test]
    fn a_verdict_arrives_as_it_was_sent() {
        for verdict in [
            Verdict::Merged("out/run.h5".into()),
            Verdict::Kept,
            Verdict::Incomplete("out/run.h5".into(), vec![1, 30]),
            Verdict::Failed(Class::Io, "disk full".into()),
        ] {
            assert_eq!(Verdict::decode(&verdict.encode()), Some(verdict));
        }
    }
}
