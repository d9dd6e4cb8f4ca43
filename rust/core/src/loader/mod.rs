//! Batches: samples in an epoch's order, through a plan, into slots, on threads.

mod epoch;

use std::sync::{Arc, Mutex, PoisonError};

pub use epoch::{Epoch, Next};

use crate::batch::{Batch, SlotPool};
use crate::ops::Plan;
use crate::random::Key;
use crate::sampler::Order;
use crate::{Error, Result};

/// How a loader cuts an epoch into batches and who makes them.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Samples per batch, at least 1.
    pub batch_size: usize,
    /// A new random order each epoch, instead of the file's.
    pub shuffle: bool,
    /// Leaves out a last batch that is smaller than the others.
    pub drop_last: bool,
    /// Names the random order and the random transforms.
    pub seed: u64,
    /// Worker threads; 0 makes each batch in the thread that asks for it.
    pub threads: usize,
    /// Batches per thread made ahead of the consumer, at least 1.
    pub prefetch: usize,
}

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

/// Everything that stays the same from epoch to epoch.
#[derive(Debug)]
pub struct Loader {
    images: Images,
    labels: Vec<i64>,
    labels_per_sample: usize,
    samples: usize,
    plan: Arc<Plan>,
    options: Options,
    slots: Mutex<Arc<SlotPool>>,
}

impl Loader {
    /// Checks that the parts fit together. `labels` holds `labels_per_sample` values for each sample.
    pub fn new(
        images: Images,
        labels: Vec<i64>,
        labels_per_sample: usize,
        plan: Arc<Plan>,
        options: Options,
    ) -> Result<Arc<Self>> {
        let positive = |name: &str, value: usize| match value {
            0 => Err(Error::invalid(format!("{name} = 0; allowed: 1 or more"))),
            _ => Ok(()),
        };
        positive("batch_size", options.batch_size)?;
        positive("prefetch_factor", options.prefetch)?;
        let samples = images.bytes().len() / plan.input_shape().byte_len();
        if samples == 0 {
            return Err(Error::invalid("the data set is empty: 0 samples; allowed: 1 or more"));
        }
        if samples.checked_mul(labels_per_sample) != Some(labels.len()) {
            let rows = labels.len() / labels_per_sample.max(1);
            return Err(Error::invalid(format!(
                "{samples} images but {rows} rows of labels; allowed: as many of each"
            )));
        }
        // A batch larger than the data set is never filled.
        let slot_len = options.batch_size.min(samples).checked_mul(plan.output_len()).ok_or_else(|| {
            Error::invalid(format!("batch_size = {}: a batch does not fit into memory", options.batch_size))
        })?;
        // Beside the batches made ahead, a training loop holds the one it works on and, until the assignment of the
        // loop variable, the one before.
        let capacity = ahead(options).saturating_add(2);
        let slots = Mutex::new(SlotPool::new(slot_len, capacity));
        Ok(Arc::new(Self { images, labels, labels_per_sample, samples, plan, options, slots }))
    }

    /// Batches in an epoch.
    #[must_use]
    pub fn batches(&self) -> usize {
        match self.options {
            Options { batch_size, drop_last: true, .. } => self.samples / batch_size,
            Options { batch_size, .. } => self.samples.div_ceil(batch_size),
        }
    }

    /// Number of labels of each sample.
    #[must_use]
    pub fn labels_per_sample(&self) -> usize {
        self.labels_per_sample
    }

    /// What makes batches of samples.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Starts an epoch; the same number gives the same bytes.
    pub fn epoch(self: &Arc<Self>, epoch: u32) -> Result<Epoch> {
        let key = Key { seed: self.options.seed, epoch };
        let order =
            if self.options.shuffle { Order::shuffled(self.samples, key) } else { Order::sequential(self.samples) }?;
        Epoch::start(Arc::clone(self), key, order)
    }

    fn slots(&self) -> Arc<SlotPool> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        *slots = slots.of_this_process();
        Arc::clone(&slots)
    }

    fn make(&self, number: usize, order: &Order, key: Key, slots: &Arc<SlotPool>) -> Result<Batch> {
        let start = number * self.options.batch_size;
        let end = start.saturating_add(self.options.batch_size).min(self.samples);
        let len = end - start;
        let mut images = slots.take()?;
        let used = len * self.plan.output_len();
        self.plan.fill(self.images.bytes(), order.indices(start..end), key, &mut images.as_mut()[..used]);
        let mut labels = Vec::with_capacity(len * self.labels_per_sample);
        for index in order.indices(start..end) {
            let row = index as usize * self.labels_per_sample;
            labels.extend_from_slice(&self.labels[row..row + self.labels_per_sample]);
        }
        Ok(Batch { images, labels, len })
    }
}

/// Batches that may be made or waiting before the consumer asks for them.
fn ahead(options: Options) -> usize {
    options.threads.saturating_mul(options.prefetch)
}
