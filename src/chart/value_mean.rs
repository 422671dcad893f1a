//! The value of what stands for several calls.
//!
//! It is their mean, weighted by how long each took: a call that took twice as long counts twice.

/// A mean, and for how many ns it is that of calls; 0 without any.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Mean {
    mean: f64,
    weight: f64,
}

impl Mean {
    /// Of one call that took so long; infinite numbers are as good as none.
    pub(crate) fn of(value: Option<f64>, weight: f64) -> Self {
        let known = value.filter(|value| value.is_finite());
        known.map_or_else(Self::default, |mean| Self { mean, weight })
    }

    /// Takes that of other calls in.
    pub(crate) fn add(&mut self, other: Self) {
        let weight = self.weight + other.weight;
        if other.weight > 0.0 {
            let (step, share) = (other.mean - self.mean, other.weight / weight);
            self.mean = if step.is_finite() {
                self.mean + step * share
            } else {
                // The difference of very large values is none.
                self.mean * (1.0 - share) + other.mean * share
            };
            self.weight = weight;
        }
    }

    /// A part of it, of so many.
    pub(crate) fn shared_by(self, parts: f64) -> Self {
        Self {
            weight: self.weight / parts,
            ..self
        }
    }

    /// The mean; none without any number.
    pub(crate) fn get(self) -> Option<f64> {
        (self.weight > 0.0).then_some(self.mean)
    }

    #[cfg(test)]
    pub(crate) fn sum(self) -> f64 {
        self.mean * self.weight
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_counts_long_calls_more_and_those_without_a_number_not_at_all() {
        let mut mean = Mean::of(Some(10.0), 30.0);
        mean.add(Mean::of(None, 1e9));
        mean.add(Mean::of(Some(f64::INFINITY), 1.0));
        mean.add(Mean::of(Some(2.0), 10.0));
        assert_eq!(mean.get(), Some(8.0));
        assert_eq!(Mean::of(None, 1.0).get(), None);
        let mut large = Mean::of(Some(f64::MAX), 1.0);
        large.add(Mean::of(Some(f64::MAX), 1.0));
        assert_eq!(large.get(), Some(f64::MAX));
    }
}
