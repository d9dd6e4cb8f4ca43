//! A pipeline compiled against the shape of the data: everything that can be decided once is decided here.

use super::planes;
use super::shape::SampleShape;
use super::step::Step;
use super::table::{self, Table};
use crate::random::{Key, Purpose};
use crate::{Error, Result};

/// Type of the elements of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DType {
    /// Pixels as they are in the file.
    U8,
    /// `float32`.
    F32,
}

impl DType {
    /// Bytes of one element.
    #[must_use]
    pub fn size(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::F32 => 4,
        }
    }
}

/// A compiled pipeline. Running it allocates nothing per sample and cannot fail.
#[derive(Debug)]
pub struct Plan {
    shape: SampleShape,
    channels: usize,
    /// Position in the pipeline (it names the random stream) and probability of each flip.
    flips: Vec<(u16, f64)>,
    /// One table per output channel; `None` leaves pixels as they are.
    tables: Option<Vec<Table>>,
}

impl Plan {
    /// Compiles `steps` for samples of `shape`; `to_rgb` repeats the channel of grey samples three times.
    pub fn compile(steps: &[Step], shape: SampleShape, to_rgb: bool) -> Result<Self> {
        let channels = if to_rgb { 3 } else { shape.channels() };
        let mut flips = Vec::new();
        let mut tables: Option<Vec<Table>> = None;
        for (position, step) in steps.iter().enumerate() {
            let refuse = |why: String| Error::invalid(format!("step {} of the transform, {why}", position + 1));
            match step {
                Step::RandomHorizontalFlip { p } => {
                    let stream = u16::try_from(position).map_err(|_| refuse("is one too many".into()))?;
                    flips.push((stream, *p));
                }
                Step::ToTensor if tables.is_some() => {
                    return Err(refuse("ToTensor: got float32; it takes uint8, so it can stand only once".into()));
                }
                Step::ToTensor => tables = Some(vec![table::to_tensor(); channels]),
                Step::Normalize { mean, std } => {
                    let tables = tables.as_mut().ok_or_else(|| {
                        refuse("Normalize: got uint8; it takes float32, so put ToTensor before it".into())
                    })?;
                    if mean.len() != 1 && mean.len() != channels {
                        let given = mean.len();
                        return Err(refuse(format!(
                            "Normalize: {given} values of mean and std for {channels}-channel data; \
                             allowed: 1 or {channels}"
                        )));
                    }
                    for (channel, table) in tables.iter_mut().enumerate() {
                        let parameter = if mean.len() == 1 { 0 } else { channel };
                        table::normalize(table, mean[parameter], std[parameter]);
                    }
                }
            }
        }
        Ok(Self { shape, channels, flips, tables })
    }

    /// Shape of the samples it takes.
    #[must_use]
    pub fn input_shape(&self) -> SampleShape {
        self.shape
    }

    /// Axes of the samples it makes: channels, then the spatial axes.
    #[must_use]
    pub fn output_axes(&self) -> Vec<usize> {
        [vec![self.channels], self.shape.spatial()].concat()
    }

    /// Type of the elements it makes.
    #[must_use]
    pub fn output_dtype(&self) -> DType {
        if self.tables.is_some() { DType::F32 } else { DType::U8 }
    }

    /// Bytes of one sample it makes.
    #[must_use]
    pub fn output_len(&self) -> usize {
        self.channels * self.shape.plane_len() * self.output_dtype().size()
    }

    /// Runs on the samples `indices` of `images` (whole samples, one after the other) and writes them to `out` in
    /// that order. What is random about a sample depends on `key` and its index alone.
    ///
    /// # Panics
    /// If an index is beyond `images`, or `out` is no aligned block of whole samples.
    pub fn fill(&self, images: &[u8], indices: impl Iterator<Item = u32>, key: Key, out: &mut [u8]) {
        match &self.tables {
            None => {
                let as_is = vec![|value: u8| value; self.channels];
                self.fill_with(images, indices, key, &as_is, out);
            }
            Some(tables) => {
                let maps: Vec<_> = tables.iter().map(|table| |value: u8| table[usize::from(value)]).collect();
                self.fill_with(images, indices, key, &maps, bytemuck::cast_slice_mut::<u8, f32>(out));
            }
        }
    }

    fn fill_with<T, F: Fn(u8) -> T>(
        &self,
        images: &[u8],
        indices: impl Iterator<Item = u32>,
        key: Key,
        channels: &[F],
        out: &mut [T],
    ) {
        let sample_len = self.shape.byte_len();
        let samples = out.chunks_exact_mut(self.channels * self.shape.plane_len());
        for (index, out) in indices.zip(samples) {
            let start = index as usize * sample_len;
            let sample = &images[start..start + sample_len];
            planes::write(sample, self.shape, self.is_mirrored(key, index), channels, out);
        }
    }

    /// Two flips undo each other.
    fn is_mirrored(&self, key: Key, index: u32) -> bool {
        self.flips.iter().fold(false, |mirrored, &(position, p)| {
            mirrored ^ key.stream(Purpose::Transform(position), index).chance(p)
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: Key = Key { seed: 5, epoch: 1 };
    const GREY: SampleShape = SampleShape::Image { height: 2, width: 3, channels: 1 };
    const RGB: SampleShape = SampleShape::Image { height: 1, width: 2, channels: 3 };

    fn run(steps: &[Step], shape: SampleShape, to_rgb: bool, image: &[u8]) -> Vec<u8> {
        let plan = Plan::compile(steps, shape, to_rgb).expect("fits");
        let mut out = vec![0f32; plan.output_len().div_ceil(4)];
        let bytes = &mut bytemuck::cast_slice_mut(&mut out)[..plan.output_len()];
        plan.fill(image, std::iter::once(0), KEY, bytes);
        bytes.to_vec()
    }

    fn floats(bytes: &[u8]) -> Vec<f32> {
        bytes.as_chunks().0.iter().copied().map(f32::from_ne_bytes).collect()
    }

    #[test]
    fn channels_come_first_and_grey_becomes_rgb() {
        assert_eq!(run(&[], RGB, false, &[1, 2, 3, 4, 5, 6]), [1, 4, 2, 5, 3, 6]);
        assert_eq!(run(&[], GREY, true, &[1, 2, 3, 4, 5, 6]), [1, 2, 3, 4, 5, 6].repeat(3));
    }

    #[test]
    fn flips_mirror_rows_and_undo_each_other() {
        let flips = [Step::RandomHorizontalFlip { p: 1.0 }, Step::RandomHorizontalFlip { p: 1.0 }];
        let volume = SampleShape::Volume { depth: 2, height: 1, width: 3 };
        assert_eq!(run(&flips[..1], GREY, false, &[1, 2, 3, 4, 5, 6]), [3, 2, 1, 6, 5, 4]);
        assert_eq!(run(&flips[..1], RGB, false, &[1, 2, 3, 4, 5, 6]), [4, 1, 5, 2, 6, 3]);
        assert_eq!(run(&flips[..1], volume, false, &[1, 2, 3, 4, 5, 6]), [3, 2, 1, 6, 5, 4]);
        assert_eq!(run(&flips, GREY, false, &[1, 2, 3, 4, 5, 6]), [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    #[allow(clippy::float_cmp, reason = "exactness is the point")]
    fn normalises_each_channel_in_the_order_of_the_reference() {
        let normalize = Step::normalize(&[0.5, 0.25, 0.0], &[0.5, 0.25, 2.0]).expect("valid");
        let out = floats(&run(&[Step::ToTensor, normalize], RGB, false, &[0, 51, 255, 102, 204, 7]));
        let expected = [
            (0.0 - 0.5) / 0.5,
            (102.0 / 255.0 - 0.5) / 0.5,
            (51.0 / 255.0 - 0.25) / 0.25,
            (204.0 / 255.0 - 0.25) / 0.25,
            0.5,
            (7.0f32 / 255.0) / 2.0,
        ];
        assert_eq!(out, expected);
    }

    #[test]
    fn refuses_what_does_not_fit_and_names_the_step() {
        let three = Step::normalize(&[0.5; 3], &[0.5; 3]).expect("valid");
        for (steps, message) in [
            (vec![three.clone()], "step 1 of the transform, Normalize: got uint8"),
            (vec![Step::ToTensor, three], "step 2 of the transform, Normalize: 3 values of mean and std for 1-channel"),
            (vec![Step::ToTensor, Step::ToTensor], "step 2 of the transform, ToTensor: got float32"),
        ] {
            let error = Plan::compile(&steps, GREY, false).expect_err(message).to_string();
            assert!(error.contains(message), "{error}");
        }
        for step in [
            Step::normalize(&[], &[]),
            Step::normalize(&[0.5], &[0.5, 0.5]),
            Step::normalize(&[f64::NAN], &[0.5]),
            Step::normalize(&[0.5], &[0.0]),
            // Rounds to 0 in float32.
            Step::normalize(&[0.5], &[1e-60]),
            Step::random_horizontal_flip(-0.1),
            Step::random_horizontal_flip(f64::NAN),
        ] {
            let error = step.expect_err("out of range").to_string();
            assert!(error.contains("allowed"), "{error}");
        }
    }

    proptest! {
        /// Each sample of a batch is what it is alone, wherever it stands.
        #[test]
        fn a_sample_does_not_depend_on_its_batch(
            (height, width, channels) in (1usize..6, 1usize..6, prop_oneof![Just(1usize), Just(3)]),
            indices in prop::collection::vec(0u32..4, 1..9),
            bytes in prop::collection::vec(any::<u8>(), 4 * 5 * 5 * 3),
        ) {
            let shape = SampleShape::Image { height, width, channels };
            let steps = [Step::RandomHorizontalFlip { p: 0.5 }, Step::RandomHorizontalFlip { p: 0.5 }];
            let plan = Plan::compile(&steps, shape, false).expect("fits");
            let images = &bytes[..4 * shape.byte_len()];
            let mut batch = vec![0; indices.len() * plan.output_len()];
            plan.fill(images, indices.iter().copied(), KEY, &mut batch);
            for (index, sample) in indices.iter().zip(batch.chunks_exact(plan.output_len())) {
                let mut alone = vec![0; plan.output_len()];
                plan.fill(images, std::iter::once(*index), KEY, &mut alone);
                prop_assert_eq!(sample, alone);
            }
        }
    }
}
