//! As much of the protobuf encoding as a trace needs: <https://protobuf.dev/programming-guides/encoding>.

/// A message that is being written.
#[derive(Clone, Debug, Default)]
pub(super) struct Message(Vec<u8>);

impl Message {
    /// With an unsigned number, an enum's or a boolean.
    pub(super) fn number(mut self, field: u32, value: u64) -> Self {
        push_varint(&mut self.0, u64::from(field) << 3);
        push_varint(&mut self.0, value);
        self
    }

    /// With a floating-point number.
    pub(super) fn double(mut self, field: u32, value: f64) -> Self {
        push_varint(&mut self.0, u64::from(field) << 3 | 1);
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    /// With a text.
    pub(super) fn text(self, field: u32, value: &str) -> Self {
        self.bytes(field, value.as_bytes())
    }

    /// With a message inside.
    pub(super) fn message(self, field: u32, value: Self) -> Self {
        self.bytes(field, &value.0)
    }

    /// With bytes.
    pub(super) fn bytes(mut self, field: u32, value: &[u8]) -> Self {
        push_varint(&mut self.0, u64::from(field) << 3 | 2);
        push_varint(&mut self.0, value.len() as u64);
        self.0.extend_from_slice(value);
        self
    }

    pub(super) fn encoded(&self) -> &[u8] {
        &self.0
    }
}

/// Adds a number: seven bits a byte, the lowest first.
#[inline]
pub(super) fn push_varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_specification_are_encoded_as_it_says() {
        assert_eq!(Message::default().number(1, 150).encoded(), [0x08, 0x96, 0x01]);
        assert_eq!(
            Message::default().text(2, "testing").encoded(),
            b"\x12\x07testing"
        );
        let inner = Message::default().number(1, 150);
        assert_eq!(
            Message::default().message(3, inner).encoded(),
            [0x1a, 0x03, 0x08, 0x96, 0x01]
        );
        let mut bytes = Vec::new();
        push_varint(&mut bytes, u64::MAX);
        assert_eq!(bytes.len(), 10);
    }
}
