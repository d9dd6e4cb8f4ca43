//! The kernel: one sample, channels last, into one sample of a batch, channels first.

use super::shape::SampleShape;

/// Writes each channel of `sample` as a plane of `out`, mapping every byte with the channel's function and mirroring
/// rows on the way. One function more than the sample has channels repeats its only channel (grey to RGB).
pub(super) fn write<T, F: Fn(u8) -> T>(sample: &[u8], shape: SampleShape, mirror: bool, channels: &[F], out: &mut [T]) {
    for (channel, (plane, map)) in out.chunks_exact_mut(shape.plane_len()).zip(channels).enumerate() {
        match shape.channels() {
            3 => write_plane::<3, T>(sample, channel, shape.width(), mirror, map, plane),
            _ => write_plane::<1, T>(sample, 0, shape.width(), mirror, map, plane),
        }
    }
}

fn write_plane<const CHANNELS: usize, T>(
    sample: &[u8],
    channel: usize,
    width: usize,
    mirror: bool,
    map: impl Fn(u8) -> T,
    plane: &mut [T],
) {
    let (pixels, _) = sample.as_chunks::<CHANNELS>();
    if mirror {
        for (row, pixels) in plane.chunks_exact_mut(width).zip(pixels.chunks_exact(width)) {
            for (value, pixel) in row.iter_mut().zip(pixels.iter().rev()) {
                *value = map(pixel[channel]);
            }
        }
    } else {
        for (value, pixel) in plane.iter_mut().zip(pixels) {
            *value = map(pixel[channel]);
        }
    }
}
