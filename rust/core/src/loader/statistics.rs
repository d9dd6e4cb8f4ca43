//! What a loader has done, for people.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Sums over all passes of a loader since it was made.
#[derive(Debug, Clone, Copy, Default)]
pub struct Statistics {
    /// Samples that consumers got.
    pub samples: u64,
    /// Batches that consumers got.
    pub batches: u64,
    /// Wall-clock time from the first request of a pass to the last batch it gave, over all passes.
    pub elapsed: Duration,
    /// The part of it in which a consumer waited.
    pub waited: Duration,
    /// CPU time of making batches.
    pub cpu: Duration,
    /// Batches whose memory is in use: in the making, made ahead, or alive in the consumer's hands.
    pub slots_in_use: usize,
}

/// What all threads of a loader add to. Without a lock, which a forked child might inherit held.
#[derive(Debug, Default)]
pub(super) struct Counters {
    samples: AtomicU64,
    batches: AtomicU64,
    elapsed: AtomicU64,
    waited: AtomicU64,
    cpu: AtomicU64,
    /// Samples that are in batches by now, also in those that no consumer has got yet.
    filled: AtomicU64,
}

impl Counters {
    pub(super) fn filled(&self, samples: usize) {
        self.filled.fetch_add(samples as u64, Relaxed);
    }

    pub(super) fn worked(&self, cpu: Duration) {
        self.cpu.fetch_add(nanoseconds(cpu), Relaxed);
    }

    pub(super) fn yielded(&self, samples: usize, elapsed: Duration, waited: Duration) {
        self.samples.fetch_add(samples as u64, Relaxed);
        self.batches.fetch_add(1, Relaxed);
        self.elapsed.fetch_add(nanoseconds(elapsed), Relaxed);
        self.waited.fetch_add(nanoseconds(waited), Relaxed);
    }

    /// CPU time that so many samples have taken on average, if any are made.
    pub(super) fn cpu_of(&self, samples: usize) -> Option<Duration> {
        let of_one = self.cpu.load(Relaxed).checked_div(self.filled.load(Relaxed))?;
        Some(Duration::from_nanos(of_one.saturating_mul(samples as u64)))
    }

    /// Samples of a batch on average, if consumers got any.
    pub(super) fn mean_len(&self) -> Option<usize> {
        let mean = self.samples.load(Relaxed).checked_div(self.batches.load(Relaxed))?;
        usize::try_from(mean).ok()
    }

    pub(super) fn read(&self, slots_in_use: usize) -> Statistics {
        let duration = |counter: &AtomicU64| Duration::from_nanos(counter.load(Relaxed));
        Statistics {
            samples: self.samples.load(Relaxed),
            batches: self.batches.load(Relaxed),
            elapsed: duration(&self.elapsed),
            waited: duration(&self.waited),
            cpu: duration(&self.cpu),
            slots_in_use,
        }
    }
}

/// 584 years fit.
fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
