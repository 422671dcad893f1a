//! Columns of a table in a terminal.

use super::table::TableOptions;
use crate::text::{clip, width};
use crate::units;
use std::borrow::Cow;

/// Stands between two columns.
pub(super) const GAP: &str = "  ";

/// Longer names are cut, also where there is room.
const LONGEST_LABEL: usize = 48;

/// A name keeps this much room before numbers are left out.
pub(super) const SHORTEST_LABEL: usize = 24;

/// Leaves out columns from the right until the rest fits into `max` beside names of `natural` width, which
/// may be cut to `shortest`. Gives the width of the names.
pub(super) fn fit(columns: &mut Vec<Column>, natural: usize, shortest: usize, max: Option<usize>) -> usize {
    let Some(max) = max else { return natural };
    let room =
        |columns: &[Column]| max.saturating_sub(columns.iter().map(|column| GAP.len() + column.width).sum());
    while !columns.is_empty() && room(columns) < natural.min(shortest) {
        columns.pop();
    }
    natural.min(room(columns)).max(1)
}

/// How wide a column of names is whose header is `corner`, where there is room.
pub(super) fn natural_width(corner: &str, names: &[String]) -> usize {
    let widest = names.iter().map(|name| width(name)).max().unwrap_or(0);
    widest.clamp(corner.len(), LONGEST_LABEL)
}

/// Adds the header and a line for each name, behind names in a column of so much width.
pub(super) fn push_lines(
    out: &mut String,
    corner: &str,
    names: &[String],
    label: usize,
    columns: &[Column],
    options: &TableOptions,
) {
    let line = |first: &str, cell: &dyn Fn(&Column) -> String| {
        let mut line = pad_right(&clip(first, label, options.unicode), label);
        for column in columns {
            line += GAP;
            line += &cell(column);
        }
        line.truncate(line.trim_end().len());
        line
    };
    let paint = Paint { color: options.color };
    *out += &paint.bold(&line(corner, &Column::header));
    out.push('\n');
    for (index, name) in names.iter().enumerate() {
        *out += &line(name, &|column| column.cell(index));
        out.push('\n');
    }
}

/// A duration; `-` where there is none.
pub(super) fn time(ns: Option<f64>, unicode: bool) -> String {
    match ns.filter(|ns| !ns.is_nan()) {
        None => "-".into(),
        Some(ns) if unicode => units::duration_f64(ns),
        Some(ns) => units::duration_f64(ns).replace('µ', "u"),
    }
}

/// Cells with their numbers aligned right and their units left.
pub(super) struct Column {
    header: Cow<'static, str>,
    /// The columns that a bar takes behind the numbers.
    bar: usize,
    cells: Vec<String>,
    number_width: usize,
    pub(super) width: usize,
}

impl Column {
    pub(super) fn new(
        header: impl Into<Cow<'static, str>>,
        bar: usize,
        cells: impl Iterator<Item = String>,
    ) -> Self {
        let header = header.into();
        let cells: Vec<String> = cells.collect();
        let split = |cell: &str| {
            let (number, unit) = number_and_unit(cell);
            (width(number), width(unit))
        };
        let number_width = cells.iter().map(|cell| split(cell).0).max().unwrap_or(0);
        let unit_width = cells.iter().map(|cell| split(cell).1).max().unwrap_or(0);
        let total = (number_width + unit_width).max(width(&header) + bar);
        Self {
            header,
            bar,
            cells,
            number_width: total - unit_width,
            width: total,
        }
    }

    pub(super) fn is_headed(&self, header: &str) -> bool {
        self.header == header
    }

    /// Above the numbers, also where a bar follows them.
    pub(super) fn header(&self) -> String {
        pad_right(&pad_left(&self.header, self.width - self.bar), self.width)
    }

    pub(super) fn cell(&self, index: usize) -> String {
        let (number, unit) = number_and_unit(&self.cells[index]);
        pad_left(number, self.number_width) + &pad_right(unit, self.width - self.number_width)
    }
}

/// `12.5 ms` is `12.5` and ` ms`; the spaces in `12 345` group digits.
fn number_and_unit(cell: &str) -> (&str, &str) {
    let unit = cell
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, ' ' | '.' | '-' | '+' | '<')))
        .unwrap_or(cell.len());
    let (number, _) = cell.split_at(unit);
    cell.split_at(number.trim_end().len())
}

pub(super) fn pad_left(text: &str, to: usize) -> String {
    " ".repeat(to.saturating_sub(width(text))) + text
}

pub(super) fn pad_right(text: &str, to: usize) -> String {
    text.to_owned() + &" ".repeat(to.saturating_sub(width(text)))
}

#[derive(Clone, Copy)]
pub(super) struct Paint {
    pub(super) color: bool,
}

impl Paint {
    pub(super) fn bold(self, text: &str) -> String {
        self.with("\x1b[1m", text)
    }

    pub(super) fn dim(self, text: &str) -> String {
        self.with("\x1b[2m", text)
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.color && !text.is_empty() {
            format!("{code}{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_part_of_its_number() {
        let column = Column::new("cost", 0, ["<0.1 %", "12.5 %"].map(String::from).into_iter());
        assert_eq!((column.number_width, column.width), (4, 6));
    }
}
