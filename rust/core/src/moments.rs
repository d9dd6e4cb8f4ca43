//! Sums over the pixels of each channel, exact: what a mean and a standard deviation are made of.

/// Bytes that are added side by side: whole pixels of one channel and of three.
const LANES: usize = 48;

/// Bytes until 32-bit sums of squares could be full: `u32::MAX / 255²` per lane.
const BLOCK: usize = LANES * 66_051;

/// Sum and sum of squares of one channel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moments {
    /// Sum of the values.
    pub sum: u64,
    /// Sum of their squares.
    pub squares: u64,
}

/// Of each channel of interleaved pixels, on so many threads.
///
/// # Panics
/// If `CHANNELS` does not divide 48.
#[must_use]
pub fn of<const CHANNELS: usize>(pixels: &[u8], threads: usize) -> [Moments; CHANNELS] {
    assert!(LANES.is_multiple_of(CHANNELS), "{CHANNELS} channels");
    let share = pixels.len().div_ceil(threads.max(1)).next_multiple_of(LANES).max(LANES);
    let mut total = [Moments::default(); CHANNELS];
    std::thread::scope(|scope| {
        let mut parts = pixels.chunks(share);
        let own = parts.next().unwrap_or_default();
        let others: Vec<_> = parts.map(|part| scope.spawn(move || sums::<CHANNELS>(part))).collect();
        add(&mut total, sums(own));
        for other in others {
            add(&mut total, other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
    });
    total
}

fn sums<const CHANNELS: usize>(pixels: &[u8]) -> [Moments; CHANNELS] {
    let mut total = [Moments::default(); CHANNELS];
    for block in pixels.chunks(BLOCK) {
        let (mut sums, mut squares) = ([0_u32; LANES], [0_u32; LANES]);
        let groups = block.chunks_exact(LANES);
        let rest = groups.remainder();
        for group in groups {
            for ((sum, square), &value) in sums.iter_mut().zip(&mut squares).zip(group) {
                let value = u32::from(value);
                *sum += value;
                *square += value * value;
            }
        }
        for ((sum, square), &value) in sums.iter_mut().zip(&mut squares).zip(rest) {
            let value = u32::from(value);
            *sum += value;
            *square += value * value;
        }
        for (lane, (sum, square)) in sums.into_iter().zip(squares).enumerate() {
            add_one(&mut total[lane % CHANNELS], Moments { sum: sum.into(), squares: square.into() });
        }
    }
    total
}

fn add<const CHANNELS: usize>(total: &mut [Moments; CHANNELS], more: [Moments; CHANNELS]) {
    for (one, other) in total.iter_mut().zip(more) {
        add_one(one, other);
    }
}

fn add_one(total: &mut Moments, more: Moments) {
    total.sum += more.sum;
    total.squares += more.squares;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naive<const CHANNELS: usize>(pixels: &[u8]) -> [Moments; CHANNELS] {
        let mut total = [Moments::default(); CHANNELS];
        for (at, &value) in pixels.iter().enumerate() {
            let value = u64::from(value);
            add_one(&mut total[at % CHANNELS], Moments { sum: value, squares: value * value });
        }
        total
    }

    #[test]
    fn sums_are_exact_for_any_length_and_threads() {
        let pixels: Vec<u8> = (0..30_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        for len in (0..300).step_by(3).chain([4_800, 29_997, 30_000]) {
            for threads in [0, 1, 2, 7] {
                assert_eq!(of::<1>(&pixels[..len], threads), naive::<1>(&pixels[..len]), "{len} {threads}");
                assert_eq!(of::<3>(&pixels[..len], threads), naive::<3>(&pixels[..len]), "{len} {threads}");
            }
        }
    }

    #[test]
    fn no_sum_overflows() {
        let white = vec![255; 2 * BLOCK + LANES];
        let count = white.len() as u64;
        assert_eq!(of::<1>(&white, 1), [Moments { sum: 255 * count, squares: 65_025 * count }]);
    }
}
