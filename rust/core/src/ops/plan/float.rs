//! A sample on its way through the steps on `float32`: planes of channels, one behind the other.

use half::{bf16, f16};

use super::super::dtype::DType;

/// The sample, D × H × W per channel, and a second buffer for steps that cannot work in place.
#[derive(Debug)]
pub(super) struct FloatWork<'a> {
    values: &'a mut [f32],
    other: &'a mut [f32],
    pub len: [usize; 3],
    pub channels: usize,
}

impl<'a> FloatWork<'a> {
    pub(super) fn new(values: &'a mut [f32], other: &'a mut [f32], len: [usize; 3], channels: usize) -> Self {
        Self { values, other, len, channels }
    }

    fn used(&self) -> usize {
        self.channels * self.len.iter().product::<usize>()
    }

    /// All values.
    pub(super) fn values(&mut self) -> &mut [f32] {
        let used = self.used();
        &mut self.values[..used]
    }

    /// The values of each channel.
    pub(super) fn planes(&mut self) -> impl Iterator<Item = &mut [f32]> {
        let plane = self.len.iter().product();
        self.values().chunks_exact_mut(plane)
    }

    /// Makes planes of other lengths, one by one.
    pub(super) fn map(&mut self, len: [usize; 3], mut map: impl FnMut(usize, &[f32], &mut [f32])) {
        let (from, to): (usize, usize) = (self.len.iter().product(), len.iter().product());
        let planes = self.values[..self.channels * from].chunks_exact(from);
        for (channel, (plane, out)) in planes.zip(self.other.chunks_exact_mut(to)).enumerate() {
            map(channel, plane, out);
        }
        std::mem::swap(&mut self.values, &mut self.other);
        self.len = len;
    }

    /// The answer.
    pub(super) fn finish(self) -> &'a [f32] {
        let used = self.used();
        &self.values[..used]
    }
}

/// Writes planes into a batch, in its type and layout.
pub(super) fn store(values: &[f32], channels: usize, channels_last: bool, dtype: DType, out: &mut [u8]) {
    match dtype {
        DType::F16 => arrange(values, channels, channels_last, bytemuck::cast_slice_mut(out), f16::from_f32),
        DType::BF16 => arrange(values, channels, channels_last, bytemuck::cast_slice_mut(out), bf16::from_f32),
        DType::F32 | DType::U8 => {
            arrange(values, channels, channels_last, bytemuck::cast_slice_mut(out), |value: f32| value);
        }
    }
}

fn arrange<T>(values: &[f32], channels: usize, channels_last: bool, out: &mut [T], map: impl Fn(f32) -> T) {
    if !channels_last || channels == 1 {
        out.iter_mut().zip(values).for_each(|(to, from)| *to = map(*from));
        return;
    }
    for (channel, plane) in values.chunks_exact(values.len() / channels).enumerate() {
        for (pixel, value) in out.chunks_exact_mut(channels).zip(plane) {
            pixel[channel] = map(*value);
        }
    }
}
