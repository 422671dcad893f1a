//! The numbers of calls beside the bars of the page: of a bar that stands for several calls their mean over time.
//!
//! They are packed after the bars, as the same whole numbers. `assets/page/values.js` is the other end.
//!
//! ```text
//! of each field, of each lane in the order of the bars: 0 where no bar has a number; or
//!     1, and of each bar 0 for none or 1 + the step from the last number (zigzag: 0, -1, 1, -2, 2 are 0 to 4); or
//!     2, and of each bar 8 bytes, an IEEE 754 number with the lowest byte first, NaN for none
//! ```

use super::bars::push;
use crate::analysis::metrics::{field_of_rows, unit_of};
use crate::chart::gantt::Bar;
use crate::chart::gantt::nested::NestedLane;
use crate::chart::{Color, ValueColors};
use crate::error::Result;
use crate::profile::{Field, Source};
use serde::Serialize;
use std::collections::BTreeSet;

/// More fields of a profile are not on its page.
pub(super) const MOST_FIELDS: usize = 16;
/// Whole numbers up to here, and the steps between them, are exact in a browser.
const LARGEST_WHOLE: f64 = (1_u64 << 51) as f64;
/// Colours between the smallest value and the largest.
const TINTS: u32 = 32;

/// A field whose numbers the page has.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PageField {
    /// An index into [`Source::fields`].
    pub(super) index: usize,
    pub(super) field: Field,
    pub(super) colors: ValueColors,
}

/// The fields that any of these rows has.
pub(super) fn fields_of(source: &dyn Source, rows: &[usize]) -> Vec<usize> {
    let of_rows: BTreeSet<usize> = rows
        .iter()
        .flat_map(|&row| source.fields_of(row))
        .copied()
        .collect();
    of_rows.into_iter().take(MOST_FIELDS).collect()
}

/// The field of that name, an index into [`Source::fields`], by which bars of these rows can be coloured.
///
/// # Errors
///
/// When there is no such field, or none of these rows has it.
pub(crate) fn field_to_color_by(source: &dyn Source, rows: &[usize], name: &str) -> Result<usize> {
    Ok(field_of_rows(source, rows, name)?.0)
}

/// The values of the lanes of a page in one of the fields that were asked for.
pub(super) fn pack(lanes: &[(usize, &NestedLane)], field: usize) -> Vec<u8> {
    let mut packed = Vec::new();
    for (_, lane) in lanes {
        let bars = lane.bars(0).zip(lane.values(field));
        let values: Vec<Option<f64>> = bars.map(|(bar, value)| of_bar(&bar, value)).collect();
        pack_lane(&mut packed, &values);
    }
    packed
}

/// The value of a bar as the page has it: the mean of several calls in as many digits as are shown, so that it takes
/// less room.
pub(super) fn of_bar(bar: &Bar, value: Option<f64>) -> Option<f64> {
    const LEFT_OUT: u32 = 36;
    let rounded = |mean: f64| f64::from_bits(mean.to_bits() >> LEFT_OUT << LEFT_OUT);
    value.map(|value| if bar.calls > 1 { rounded(value) } else { value })
}

/// Adds the values of one lane.
pub(super) fn pack_lane(packed: &mut Vec<u8>, values: &[Option<f64>]) {
    let mut known = values.iter().flatten().peekable();
    if known.peek().is_none() {
        push(packed, 0);
        return;
    }
    if known.all(|value| value.fract() == 0.0 && value.abs() <= LARGEST_WHOLE) {
        push(packed, 1);
        let mut last = 0;
        for value in values {
            let Some(value) = value else {
                push(packed, 0);
                continue;
            };
            let step = *value as i64 - last;
            push(packed, 1 + (((step << 1) ^ (step >> 63)) as u64));
            last = *value as i64;
        }
        return;
    }
    push(packed, 2);
    for value in values {
        packed.extend(value.unwrap_or(f64::NAN).to_le_bytes());
    }
}

/// A field, for the page.
#[derive(Serialize)]
pub(super) struct FieldJson<'a> {
    name: &'a str,
    unit: Option<&'a str>,
    kind: &'static str,
    range: (f64, f64),
    ends: [String; 2],
}

impl<'a> From<&'a PageField> for FieldJson<'a> {
    fn from(of: &'a PageField) -> Self {
        Self {
            name: of.field.name(),
            unit: unit_of(&of.field),
            kind: of.colors.kind_name(),
            range: of.colors.range(),
            ends: of.colors.ends(),
        }
    }
}

type Rgb = (u8, u8, u8);

/// The colours of all scales.
#[derive(Serialize)]
pub(super) struct Scales {
    light: Scale,
    dark: Scale,
}

#[derive(Serialize)]
struct Scale {
    plain: Vec<Rgb>,
    signed: Vec<Rgb>,
    without: Rgb,
}

impl Scales {
    pub(super) fn new() -> Self {
        let any = Field::new("");
        let (plain, signed) = (
            ValueColors::new(&any, 0.0, 1.0),
            ValueColors::new(&any, -1.0, 1.0),
        );
        let [light, dark] = ValueColors::without();
        let scale = |at: fn(&ValueColors, f64) -> Color, without| {
            let shares = || (0..=TINTS).map(|tint| f64::from(tint) / f64::from(TINTS));
            Scale {
                plain: shares().map(|share| rgb(at(&plain, share))).collect(),
                signed: shares().map(|share| rgb(at(&signed, share))).collect(),
                without: rgb(without),
            }
        };
        Self {
            light: scale(ValueColors::at, light),
            dark: scale(ValueColors::at_on_dark, dark),
        }
    }
}

fn rgb(Color(r, g, b): Color) -> Rgb {
    (r, g, b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(values: &[Option<f64>]) -> Vec<u8> {
        let mut packed = Vec::new();
        pack_lane(&mut packed, values);
        packed
    }

    #[test]
    fn whole_numbers_are_steps_and_others_are_as_they_are() {
        assert_eq!(packed(&[None, None]), [0]);
        assert_eq!(packed(&[Some(3.0), None, Some(1.0)]), [1, 7, 0, 4]);
        let float = packed(&[Some(0.25), None]);
        assert_eq!(float[..9], [&[2][..], &0.25_f64.to_le_bytes()].concat());
        assert!(f64::from_le_bytes(float[9..].try_into().unwrap()).is_nan());
        assert_eq!(packed(&[Some(1e300)])[0], 2);
    }
}
