//! Numbers and texts of any writer: whole numbers that are written as `3.0`, texts that are not UTF-8.

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use std::fmt;

/// A number that must be a whole one within 64 bits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Whole(pub(super) i64);

/// Whole numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct Column(pub(super) Vec<i64>);

/// A text, with what is not Unicode in it replaced.
#[derive(Clone, Debug, Default)]
pub(super) struct Lossy(pub(super) String);

struct WholeVisitor;

impl Visitor<'_> for WholeVisitor {
    type Value = Whole;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number of 64 bits")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Whole, E> {
        Ok(Whole(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Whole, E> {
        match i64::try_from(number) {
            Ok(number) => Ok(Whole(number)),
            Err(_) => Err(E::custom(format!("{number} is beyond the largest int64"))),
        }
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Whole, E> {
        // Up to here each whole number has a floating-point one of its own.
        const EXACT: f64 = (1_u64 << 53) as f64;
        if number.fract() == 0.0 && number.abs() <= EXACT {
            Ok(Whole(number as i64))
        } else {
            Err(E::custom(format!("{number} is not a whole number of 64 bits")))
        }
    }
}

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(WholeVisitor)
    }
}

struct ColumnVisitor;

impl<'de> Visitor<'de> for ColumnVisitor {
    type Value = Column;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of whole numbers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Column, A::Error> {
        let mut numbers = Vec::new();
        while let Some(Whole(number)) = list.next_element()? {
            numbers.push(number);
        }
        numbers.shrink_to_fit();
        Ok(Column(numbers))
    }
}

impl<'de> Deserialize<'de> for Column {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_seq(ColumnVisitor)
    }
}

struct LossyVisitor;

impl Visitor<'_> for LossyVisitor {
    type Value = Lossy;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Lossy, E> {
        Ok(Lossy(text.into()))
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Lossy, E> {
        Ok(Lossy(String::from_utf8_lossy(bytes).into_owned()))
    }
}

impl<'de> Deserialize<'de> for Lossy {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_bytes(LossyVisitor)
    }
}
