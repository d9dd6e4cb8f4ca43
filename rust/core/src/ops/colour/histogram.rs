//! How often each value occurs.

/// Counts of the 256 values of one channel.
pub(in crate::ops) type Histogram = [u32; 256];

/// The histogram of each channel of `pixels`, of as many channels as `C`.
#[must_use]
pub(in crate::ops) fn histograms<const C: usize>(pixels: &[u8]) -> [Histogram; C] {
    // Two counters per value and channel, used in turns: adding to the same one twice in a row would wait for memory.
    let mut counts = [[[0; 256]; 2]; C];
    let (pairs, rest) = pixels.as_chunks::<C>().0.as_chunks::<2>();
    for pair in pairs {
        for (turn, pixel) in pair.iter().enumerate() {
            for (channel, &value) in pixel.iter().enumerate() {
                counts[channel][turn][usize::from(value)] += 1;
            }
        }
    }
    for pixel in rest {
        for (channel, &value) in pixel.iter().enumerate() {
            counts[channel][0][usize::from(value)] += 1;
        }
    }
    counts.map(|[mut counts, others]| {
        counts.iter_mut().zip(others).for_each(|(count, other)| *count += other);
        counts
    })
}

/// The smallest and the largest value of each channel of `pixels`; `None` without a pixel.
#[must_use]
pub(in crate::ops) fn extrema<const C: usize>(pixels: &[u8]) -> Option<[(u8, u8); C]> {
    /// Values that are compared together: a whole number of pixels of 1 and of 3 channels.
    const BLOCK: usize = 192;
    let (mut low, mut high) = ([u8::MAX; BLOCK], [u8::MIN; BLOCK]);
    let (blocks, rest) = pixels.as_chunks::<BLOCK>();
    for block in blocks {
        for i in 0..BLOCK {
            low[i] = low[i].min(block[i]);
            high[i] = high[i].max(block[i]);
        }
    }
    for (i, &value) in rest.iter().enumerate() {
        low[i] = low[i].min(value);
        high[i] = high[i].max(value);
    }
    let of_channel = |values: &[u8; BLOCK], channel: usize, pick: fn(u8, u8) -> u8| {
        values.iter().copied().skip(channel).step_by(C).reduce(pick).unwrap_or_default()
    };
    (pixels.len() >= C).then(|| {
        std::array::from_fn(|channel| (of_channel(&low, channel, u8::min), of_channel(&high, channel, u8::max)))
    })
}
