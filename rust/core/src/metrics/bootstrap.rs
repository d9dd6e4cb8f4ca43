//! Scores of resamples: how far they would be off with as many other samples (Efron, "Bootstrap methods", 1979).

use std::sync::atomic::{AtomicUsize, Ordering};

use super::scorer::{Measures, Scorer};
use crate::random::{Key, Purpose};
use crate::{Error, Result};

impl Scorer {
    /// The scores of `resamples` draws with replacement, each of as many samples as there are.
    ///
    /// Resample `r` is the same samples for every scorer of that many, so two models can be compared on it. Nothing is
    /// sorted again: a resample is how often each sample counts. `tell` is called with the resamples done, and ends the
    /// work by an error.
    pub fn bootstrap(
        &self,
        resamples: u32,
        seed: u64,
        threads: usize,
        tell: &(dyn Fn(u64, u64) -> Result<()> + Sync),
    ) -> Result<Vec<Measures>> {
        let next = AtomicUsize::new(0);
        let total = resamples as usize;
        let work = |is_first: bool| -> Result<Vec<(usize, Measures)>> {
            let mut counts = vec![0; self.samples as usize];
            let mut done = Vec::new();
            loop {
                let resample = next.fetch_add(1, Ordering::Relaxed);
                let Some(epoch) = u32::try_from(resample).ok().filter(|&epoch| epoch < resamples) else {
                    return Ok(done);
                };
                counts.fill(0);
                let mut stream = Key { seed, epoch }.stream(Purpose::Resample, 0);
                for _ in 0..self.samples {
                    counts[stream.below(self.samples) as usize] += 1;
                }
                done.push((resample, self.measure_counts(&counts)));
                if is_first {
                    // Stops the others too.
                    tell(resample as u64, total as u64).inspect_err(|_| next.store(total, Ordering::Relaxed))?;
                }
            }
        };
        let mut all = std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads.min(total))
                .filter_map(|_| {
                    std::thread::Builder::new().name("bootstrap".into()).spawn_scoped(scope, || work(false)).ok()
                })
                .collect();
            let mut all = work(true)?;
            for other in others {
                all.extend(other.join().map_err(|_| Error::Worker("a thread died in a bootstrap".into()))??);
            }
            Ok::<_, Error>(all)
        })?;
        all.sort_unstable_by_key(|(resample, _)| *resample);
        Ok(all.into_iter().map(|(_, measures)| measures).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Predictions, Task};
    use super::*;

    fn scorer() -> Scorer {
        let scores = [0.1, 0.4, 0.35, 0.8, 0.7, 0.2];
        Scorer::new(Predictions::new(Task::Binary, &[0, 0, 1, 1, 0, 1], 1, &scores, 1, 0.5).expect("they fit"))
            .expect("labels are 0 and 1")
    }

    #[test]
    fn threads_change_no_answer() {
        let [one, three] = [1, 3].map(|threads| scorer().bootstrap(50, 7, threads, &|_, _| Ok(())).expect("no Ctrl-C"));
        // As text, since NaN differs from itself.
        assert_eq!(format!("{one:?}"), format!("{three:?}"));
        assert_eq!(one.len(), 50);
        let other = scorer().bootstrap(50, 8, 1, &|_, _| Ok(())).expect("no Ctrl-C");
        assert_ne!(format!("{one:?}"), format!("{other:?}"));
    }

    #[test]
    fn an_interruption_ends_it() {
        let result = scorer().bootstrap(u32::MAX, 0, 2, &|done, _| {
            if done < 10 { Ok(()) } else { Err(Error::Interrupted("enough".into())) }
        });
        assert!(matches!(result, Err(Error::Interrupted(_))));
    }
}
