//! Counter-based random numbers: a value depends on what it is for, never on who draws it or when.
//!
//! Philox4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC '11). The key is
//! the user's seed; the counter is (block, purpose, index, epoch). So neither threads nor batch borders change a draw.

const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];
const ROUNDS: usize = 10;

/// One application of Philox4x32-10.
#[must_use]
pub fn philox4x32(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for _ in 0..ROUNDS {
        let [low0, high0] = widening_mul(MULTIPLIERS[0], counter[0]);
        let [low1, high1] = widening_mul(MULTIPLIERS[1], counter[2]);
        counter = [high1 ^ counter[1] ^ key[0], low1, high0 ^ counter[3] ^ key[1], low0];
        key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
    }
    counter
}

#[allow(clippy::cast_possible_truncation, reason = "the two halves of a product")]
fn widening_mul(a: u32, b: u32) -> [u32; 2] {
    let product = u64::from(a) * u64::from(b);
    [product as u32, (product >> 32) as u32]
}

/// What a stream of draws is for; streams of different purposes are independent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The order of an epoch.
    Order,
    /// The transform at this position of a pipeline.
    Transform(u16),
    /// The samples of a bootstrap; its resamples are epochs.
    Resample,
}

impl Purpose {
    fn word(self) -> u32 {
        match self {
            Self::Order => u32::MAX,
            Self::Resample => u32::MAX - 1,
            Self::Transform(position) => u32::from(position),
        }
    }
}

/// The seed and epoch that all draws of one pass over the data share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// The user's seed.
    pub seed: u64,
    /// Which pass over the data, from 0.
    pub epoch: u32,
}

impl Key {
    /// The draws for one purpose and one index (of a sample in its data set; 0 where there is none).
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "the two halves of the seed")]
    pub fn stream(self, purpose: Purpose, index: u32) -> Stream {
        Stream {
            key: [self.seed as u32, (self.seed >> 32) as u32],
            counter: [0, purpose.word(), index, self.epoch],
            block: [0; 4],
            used: 4,
        }
    }
}

/// A sequence of draws; up to 2³⁴ of them.
#[derive(Debug, Clone)]
pub struct Stream {
    key: [u32; 2],
    counter: [u32; 4],
    block: [u32; 4],
    used: usize,
}

impl Stream {
    /// 32 random bits.
    pub fn next_u32(&mut self) -> u32 {
        if self.used == 4 {
            self.block = philox4x32(self.counter, self.key);
            self.counter[0] += 1;
            self.used = 0;
        }
        self.used += 1;
        self.block[self.used - 1]
    }

    /// `true` with probability `p`, exact to 2⁻³²; always for 1 and never for 0.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "p is in 0..=1")]
    pub fn chance(&mut self, p: f64) -> bool {
        u64::from(self.next_u32()) < (p * 2f64.powi(32)) as u64
    }

    /// A number in 0…1, 1 excluded, of 53 random bits.
    #[allow(clippy::cast_precision_loss, reason = "53 bits are exact")]
    pub fn unit(&mut self) -> f64 {
        let [high, low] = [self.next_u32(), self.next_u32()].map(u64::from);
        ((high << 32 | low) >> 11) as f64 * 2f64.powi(-53)
    }

    /// A number in `low..high`, uniformly; `low` where they are equal.
    pub fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Two independent numbers of the standard normal distribution (Box and Muller's transform).
    pub fn normals(&mut self) -> [f64; 2] {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        let (sin, cos) = (std::f64::consts::TAU * self.unit()).sin_cos();
        [radius * cos, radius * sin]
    }

    /// A number of the gamma distribution of scale 1 (Marsaglia and Tsang, "A simple method for generating gamma
    /// variables", 2000).
    pub fn gamma(&mut self, shape: f64) -> f64 {
        let boost = if shape < 1.0 { (1.0 - self.unit()).powf(1.0 / shape) } else { 1.0 };
        let d = if shape < 1.0 { shape + 1.0 } else { shape } - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let [x, _] = self.normals();
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && (1.0 - self.unit()).ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return boost * d * v;
            }
        }
    }

    /// Puts `items` into a random order (Durstenfeld).
    #[allow(clippy::cast_possible_truncation, reason = "nothing here has 2³² items")]
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u32 + 1) as usize);
        }
    }

    /// A number in `0..bound`, without bias (Lemire, "Fast random integer generation in an interval", 2019).
    ///
    /// # Panics
    /// If `bound` is 0.
    pub fn below(&mut self, bound: u32) -> u32 {
        let threshold = bound.wrapping_neg() % bound;
        loop {
            let [low, high] = widening_mul(self.next_u32(), bound);
            if low >= threshold {
                return high;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `kat_vectors` of the authors' Random123 library, lines `philox4x32 10`.
    #[test]
    fn known_answers() {
        let ones = u32::MAX;
        for (counter, key, expected) in [
            ([0; 4], [0; 2], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
            ([ones; 4], [ones; 2], [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
            (
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
                [0xa409_3822, 0x299f_31d0],
                [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1],
            ),
        ] {
            assert_eq!(philox4x32(counter, key), expected);
        }
    }

    #[test]
    fn streams_differ_by_every_part_of_their_name() {
        let key = Key { seed: 1, epoch: 2 };
        let draw = |mut stream: Stream| [stream.next_u32(), stream.next_u32()];
        let base = draw(key.stream(Purpose::Transform(0), 3));
        assert_eq!(base, draw(key.stream(Purpose::Transform(0), 3)));
        for other in [
            key.stream(Purpose::Transform(1), 3),
            key.stream(Purpose::Order, 3),
            key.stream(Purpose::Transform(0), 4),
            Key { epoch: 3, ..key }.stream(Purpose::Transform(0), 3),
            Key { seed: 1 << 32 | 1, ..key }.stream(Purpose::Transform(0), 3),
        ] {
            assert_ne!(base, draw(other));
        }
    }

    #[test]
    fn chance_keeps_its_ends_and_its_rate() {
        let mut stream = Key { seed: 7, epoch: 0 }.stream(Purpose::Order, 0);
        assert!((0..1000).all(|_| stream.chance(1.0)));
        assert!(!(0..1000).any(|_| stream.chance(0.0)));
        let hits = (0..100_000).filter(|_| stream.chance(0.3)).count();
        // Six standard deviations of the binomial: 6 * sqrt(1e5 * .3 * .7) = 870.
        assert!(hits.abs_diff(30_000) < 870, "{hits}");
    }

    /// Mean and variance of a sample of 20,000, held to six standard errors.
    fn moments(mut draw: impl FnMut() -> f64) -> (f64, f64) {
        let values: Vec<f64> = (0..20_000).map(|_| draw()).collect();
        let mean = values.iter().sum::<f64>() / 2e4;
        (mean, values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 2e4)
    }

    #[test]
    fn distributions_have_their_moments() {
        let mut stream = Key { seed: 7, epoch: 0 }.stream(Purpose::Order, 0);
        let (mean, variance) = moments(|| stream.uniform(2.0, 5.0));
        assert!((mean - 3.5).abs() < 0.04 && (variance - 0.75).abs() < 0.03, "{mean} {variance}");
        let (mean, variance) = moments(|| stream.normals()[0]);
        assert!(mean.abs() < 0.043 && (variance - 1.0).abs() < 0.06, "{mean} {variance}");
        for shape in [0.3, 1.0, 4.0] {
            let (mean, variance) = moments(|| stream.gamma(shape));
            assert!((mean / shape - 1.0).abs() < 0.08 && (variance / shape - 1.0).abs() < 0.25, "{mean} {variance}");
        }
    }

    #[test]
    fn below_is_uniform() {
        let mut stream = Key { seed: 7, epoch: 0 }.stream(Purpose::Order, 0);
        let mut counts = [0u32; 6];
        for _ in 0..60_000 {
            counts[stream.below(6) as usize] += 1;
        }
        // Six standard deviations of each cell: 6 * sqrt(6e4 / 6 * 5 / 6) = 548.
        assert!(counts.iter().all(|count| count.abs_diff(10_000) < 548), "{counts:?}");
        assert!((0..100).all(|_| stream.below(1) == 0));
    }
}
