//! What a loader reads: samples of one or more arrays with their labels, as one data set.

use std::cell::Cell;
use std::sync::Arc;

use crate::ops::{Plan, Stores};
use crate::random::Key;
use crate::{Error, Result};

/// `uint8` samples in memory, whoever owns them.
pub struct Images(Box<dyn AsRef<[u8]> + Send + Sync>);

impl Images {
    /// Samples lie in `owner` one after the other.
    pub fn new(owner: impl AsRef<[u8]> + Send + Sync + 'static) -> Self {
        Self(Box::new(owner))
    }

    fn bytes(&self) -> &[u8] {
        (*self.0).as_ref()
    }
}

impl std::fmt::Debug for Images {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Images({} bytes)", self.bytes().len())
    }
}

/// Samples of one shape and what makes batches of them.
#[derive(Debug)]
pub struct Part {
    /// The samples.
    pub images: Images,
    /// Compiled for their shape.
    pub plan: Arc<Plan>,
}

/// The labels of samples, one after the other.
#[derive(Debug, Clone, PartialEq)]
pub enum Labels {
    /// Classes, or whether each of several findings is there.
    I64(Vec<i64>),
    /// Quantities.
    F32(Vec<f32>),
    /// Quantities.
    F64(Vec<f64>),
}

impl Labels {
    fn len(&self) -> usize {
        match self {
            Self::I64(values) => values.len(),
            Self::F32(values) => values.len(),
            Self::F64(values) => values.len(),
        }
    }

    /// The labels of the samples at `rows`, `row_len` each.
    fn gather(&self, row_len: usize, rows: impl ExactSizeIterator<Item = usize>) -> Self {
        fn gather<T: Copy>(values: &[T], row_len: usize, rows: impl ExactSizeIterator<Item = usize>) -> Vec<T> {
            let mut gathered = Vec::with_capacity(rows.len() * row_len);
            rows.for_each(|row| gathered.extend_from_slice(&values[row * row_len..(row + 1) * row_len]));
            gathered
        }
        match self {
            Self::I64(values) => Self::I64(gather(values, row_len, rows)),
            Self::F32(values) => Self::F32(gather(values, row_len, rows)),
            Self::F64(values) => Self::F64(gather(values, row_len, rows)),
        }
    }
}

/// A data set: its sample `i` is sample `selection[i]` of all parts one after the other, or sample `i` without one.
#[derive(Debug)]
pub struct Data {
    parts: Vec<Part>,
    /// Number of the first sample of each part, and of all samples together.
    starts: Vec<usize>,
    labels: Labels,
    labels_per_sample: usize,
    selection: Option<Vec<u32>>,
}

impl Data {
    /// Checks that the parts fit together. `labels` holds `labels_per_sample` values for each sample of the parts.
    pub fn new(
        parts: Vec<Part>,
        labels: Labels,
        labels_per_sample: usize,
        selection: Option<Vec<u32>>,
    ) -> Result<Self> {
        let mut starts = vec![0];
        for part in &parts {
            starts.push(starts[starts.len() - 1] + part.images.bytes().len() / part.plan.input_shape().byte_len());
        }
        let samples = starts[parts.len()];
        let first = parts.first().filter(|_| samples > 0 && selection.as_ref().is_none_or(|chosen| !chosen.is_empty()));
        let Some(first) = first else {
            return Err(Error::invalid("the data set is empty: 0 samples; allowed: 1 or more"));
        };
        let made = |part: &Part| (part.plan.output_axes(), part.plan.output_dtype());
        if let Some(other) = parts.iter().find(|part| made(part) != made(first)) {
            return Err(Error::invalid(format!(
                "the parts of the data set give samples of shapes {:?} ({}) and {:?} ({}), which make no batch; allowed: \
                 one shape and type",
                first.plan.output_axes(),
                first.plan.output_dtype().name(),
                other.plan.output_axes(),
                other.plan.output_dtype().name(),
            )));
        }
        if samples.checked_mul(labels_per_sample) != Some(labels.len()) {
            let rows = labels.len() / labels_per_sample.max(1);
            return Err(Error::invalid(format!(
                "{samples} images but {rows} rows of labels; allowed: as many of each"
            )));
        }
        let chosen = selection.iter().flatten().map(|&index| index as usize);
        if let Some(index) = chosen.max().filter(|&index| index >= samples) {
            return Err(Error::OutOfRange { index, len: samples });
        }
        let data = Self { parts, starts, labels, labels_per_sample, selection };
        u32::try_from(data.len()).map_err(|_| Error::invalid(format!("{samples} samples; at most {}", u32::MAX)))?;
        Ok(data)
    }

    /// Number of samples.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "never empty")]
    pub fn len(&self) -> usize {
        self.selection.as_ref().map_or(self.starts[self.parts.len()], Vec::len)
    }

    /// Number of labels of each sample.
    #[must_use]
    pub fn labels_per_sample(&self) -> usize {
        self.labels_per_sample
    }

    /// The plan of the first part; those of the others give the same shape and type.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.parts[0].plan
    }

    /// The labels of samples.
    pub(super) fn labels(&self, indices: &[u32]) -> Labels {
        self.labels.gather(self.labels_per_sample, indices.iter().map(|&index| self.row(index)))
    }

    /// Writes samples to `out`, one after the other; `stores` says where its memory is. `current` always holds the index
    /// that is worked on.
    pub(super) fn fill(&self, indices: &[u32], key: Key, current: &Cell<Option<u32>>, stores: Stores, out: &mut [u8]) {
        let sample_len = self.plan().output_len();
        let mut filled = 0;
        // Neighbours from the same part in one go: with one part, the whole batch.
        for run in indices.chunk_by(|&a, &b| self.part_of(a) == self.part_of(b)) {
            let number = self.part_of(run[0]);
            let (Part { images, plan }, start) = (&self.parts[number], self.starts[number]);
            let (pixels, len) = (images.bytes(), plan.input_shape().byte_len());
            let sample = |index: u32| pixels.get((self.row(index) - start) * len..)?.get(..len);
            let end = filled + run.len() * sample_len;
            let begin = |index| current.set(Some(index));
            plan.fill_samples(run.iter().copied(), sample, key, begin, stores, &mut out[filled..end]);
            filled = end;
        }
    }

    /// Where a sample lies among those of all parts.
    fn row(&self, index: u32) -> usize {
        self.selection.as_ref().map_or(index, |selection| selection[index as usize]) as usize
    }

    fn part_of(&self, index: u32) -> usize {
        if self.parts.len() == 1 { 0 } else { self.starts.partition_point(|&start| start <= self.row(index)) - 1 }
    }
}
