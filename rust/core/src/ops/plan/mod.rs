//! A pipeline compiled against the shape of the data: everything that can be decided once is decided here.

mod colour;
mod compile;
mod edit;
mod erase;
mod float;
mod geometry;
mod group;
mod noise;
mod op;
mod pad;
mod place;
mod policy;
mod reads;
mod resize;
mod state;
mod volume;
mod warp;
mod work;

use std::sync::Mutex;

use self::float::FloatWork;
use self::op::{Draw, FloatOp, Numbered, PixelOp};
use self::work::{Buffers, Work};
use super::ahead::Ahead;
use super::dtype::{DType, Output};
use super::shape::SampleShape;
use super::steps::Step;
use super::write::Writer;
use super::write::stores::{self, Stores};
use crate::Result;
use crate::random::Key;

/// A compiled pipeline. Running it allocates nothing per sample once its buffers are warm, and cannot fail.
#[derive(Debug)]
pub struct Plan {
    input: SampleShape,
    /// Spatial axes, and their lengths at the end (D = 1 for images).
    spatial_dims: usize,
    len: [usize; 3],
    channels: usize,
    dtype: DType,
    channels_last: bool,
    pixel: Vec<Numbered<dyn PixelOp>>,
    writer: Writer,
    float: Option<FloatTail>,
    /// What each step became, for people.
    lines: Vec<String>,
    /// Buffers of threads that are done; a thread takes some and puts them back.
    pool: Mutex<Vec<Scratch>>,
}

/// What is left to do on `float32` values, after the writer.
#[derive(Debug)]
struct FloatTail {
    ops: Vec<Numbered<dyn FloatOp>>,
    /// Lengths of what the writer makes.
    len: [usize; 3],
    /// The largest number of elements on the way.
    most: usize,
    /// All steps work in place and the batch takes their answer as it is.
    in_batch: bool,
}

#[derive(Debug, Default)]
struct Scratch {
    buffers: Buffers,
    floats: [Vec<f32>; 2],
}

impl Plan {
    /// Compiles `steps` for samples of `shape`; `to_rgb` repeats the channel of grey samples three times.
    pub fn compile(steps: &[Step], shape: SampleShape, to_rgb: bool, output: Output) -> Result<Self> {
        compile::compile(steps, shape, to_rgb, output)
    }

    /// Shape of the samples it takes.
    #[must_use]
    pub fn input_shape(&self) -> SampleShape {
        self.input
    }

    /// Axes of the samples it makes: channels and spatial axes, in the order of its layout.
    #[must_use]
    pub fn output_axes(&self) -> Vec<usize> {
        let spatial = &self.len[3 - self.spatial_dims..];
        if self.channels_last { [spatial, &[self.channels]].concat() } else { [&[self.channels], spatial].concat() }
    }

    /// Type of the elements it makes.
    #[must_use]
    pub fn output_dtype(&self) -> DType {
        self.dtype
    }

    /// Bytes of one sample it makes.
    #[must_use]
    pub fn output_len(&self) -> usize {
        self.channels * self.len.iter().product::<usize>() * self.dtype.size()
    }

    /// Runs on the samples `indices` of `images` (whole samples, one after the other) and writes them to `out` in
    /// that order. What is random about a sample depends on `key` and its index alone.
    ///
    /// # Panics
    /// If an index is beyond `images`, or `out` is no aligned block of whole samples.
    pub fn fill(&self, images: &[u8], indices: impl Iterator<Item = u32>, key: Key, out: &mut [u8]) {
        self.fill_samples(indices, self.samples_of(images, 0), key, |_| {}, Stores::to(out.len(), false), out);
    }

    /// As [`Plan::fill`] on all of `images`, as if they were those of `indices`.
    ///
    /// # Panics
    /// If there are fewer of them, or `out` is no aligned block of whole samples.
    pub fn fill_in_order(&self, images: &[u8], indices: std::ops::Range<u32>, key: Key, out: &mut [u8]) {
        let first = indices.start;
        self.fill_samples(indices, self.samples_of(images, first), key, |_| {}, Stores::to(out.len(), false), out);
    }

    /// The samples of a block, counted from `first` on.
    fn samples_of<'a>(&self, images: &'a [u8], first: u32) -> impl Fn(u32) -> Option<&'a [u8]> {
        let len = self.input.byte_len();
        move |index| images.get((index - first) as usize * len..)?.get(..len)
    }

    /// As [`Plan::fill`] on samples wherever they are in memory: `sample` says where, and `begin` is told the index of each
    /// when its turn comes. `stores` says where the memory of `out` is.
    ///
    /// # Panics
    /// If `sample` does not know one of `indices` or gives another length than `input_shape().byte_len()`, or `out` is no
    /// aligned block of whole samples.
    pub fn fill_samples<'a>(
        &self,
        indices: impl Iterator<Item = u32>,
        sample: impl Fn(u32) -> Option<&'a [u8]>,
        key: Key,
        mut begin: impl FnMut(u32),
        stores: Stores,
        out: &mut [u8],
    ) {
        // A lock that a forked child inherits may be held for ever, so it is never waited for.
        let pooled = self.pool.try_lock().ok().and_then(|mut pool| pool.pop());
        let mut scratch = pooled.unwrap_or_default();
        let mut indices = indices.peekable();
        for out in out.chunks_exact_mut(self.output_len()) {
            let Some(index) = indices.next() else { break };
            begin(index);
            let pixels = sample(index).unwrap_or_else(|| panic!("sample {index} is not among the images"));
            let next = indices.peek().and_then(|&next| Some((next, sample(next)?)));
            let ahead = next.map(|(next, pixels)| self.ahead(pixels, key, next, stores)).unwrap_or_default();
            self.run(pixels, ahead, (key, index), &mut scratch, stores, out);
        }
        if stores == Stores::Past {
            stores::finish();
        }
        if let Ok(mut pool) = self.pool.try_lock() {
            pool.push(scratch);
        }
    }

    fn run(
        &self,
        sample: &[u8],
        ahead: Ahead<'_>,
        draws: (Key, u32),
        scratch: &mut Scratch,
        stores: Stores,
        out: &mut [u8],
    ) {
        let (key, index) = draws;
        let mut work = Work::new(sample, self.input.len(), self.input.channels(), ahead, &mut scratch.buffers);
        for numbered in &self.pixel {
            numbered.op.run(&mut work, Draw::new(key, index, numbered.number));
        }
        if self.writer.copies() && stores != Stores::Past && work.copy_to(out) {
            return;
        }
        let written = if self.float.is_some() { DType::F32 } else { self.dtype };
        let (mut source, view) = work.finish(written.size());
        let Some(tail) = &self.float else {
            self.writer.write(&mut source, &view, stores, out);
            return;
        };
        let [first, second] = &mut scratch.floats;
        if tail.in_batch {
            self.writer.write(&mut source, &view, Stores::Near, out);
            tail.run(key, index, bytemuck::cast_slice_mut(out), &mut [], self.channels);
            return;
        }
        for floats in [&mut *first, &mut *second] {
            if floats.len() < tail.most {
                floats.resize(tail.most, 0.0);
            }
        }
        let made = self.channels * tail.len.iter().product::<usize>();
        self.writer.write(&mut source, &view, Stores::Near, bytemuck::cast_slice_mut(&mut first[..made]));
        let values = tail.run(key, index, first, second, self.channels);
        float::store(values, self.channels, self.channels_last, self.dtype, out);
    }
}

impl FloatTail {
    fn run<'a>(&self, key: Key, index: u32, values: &'a mut [f32], other: &'a mut [f32], channels: usize) -> &'a [f32] {
        let mut work = FloatWork::new(values, other, self.len, channels);
        for numbered in &self.ops {
            numbered.op.run(&mut work, Draw::new(key, index, numbered.number));
        }
        work.finish()
    }
}

impl std::fmt::Display for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.lines.join("\n"))
    }
}

#[cfg(test)]
mod tests;
