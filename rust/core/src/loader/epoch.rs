//! One pass over the data as a consumer holds it.

use std::sync::Arc;
use std::time::Duration;

use super::data::Data;
use super::pass::Pass;
use super::pool::{Next, Pool};
use super::queue::Queue;
use crate::batch::Lent;
use crate::{Error, Result};

/// An iterator over the batches of one pass, for any number of consuming threads. Dropping it ends the pass.
#[derive(Debug)]
pub struct Epoch {
    pass: Arc<Pass>,
    pool: Arc<Pool>,
}

impl Epoch {
    pub(super) fn start(pool: Arc<Pool>, pass: Pass, queue: Queue) -> Self {
        let pass = Arc::new(pass);
        pool.add(Arc::clone(&pass), queue);
        Self { pass, pool }
    }

    /// The next batch; waits for it no longer than `patience`. A worker's failure arrives in its batch's place.
    pub fn next(&self, patience: Duration) -> Result<Next> {
        self.require_ours()?;
        Ok(self.pool.next(&self.pass, patience))
    }

    /// Adds a batch of the samples at `indices`, to a pass that was started without an order.
    pub fn give(&self, indices: Vec<u32>) -> Result<()> {
        self.require_ours()?;
        let len = self.pass.data.len();
        if let Some(&index) = indices.iter().find(|&&index| index as usize >= len) {
            return Err(Error::OutOfRange { index: index as usize, len });
        }
        self.pool.give(&self.pass, indices);
        Ok(())
    }

    /// Adds memory for one batch, to a pass that was started for lent memory. It comes back with the batch.
    pub fn lend(&self, memory: Lent) -> Result<()> {
        self.require_ours()?;
        self.pool.lend(&self.pass, memory);
        Ok(())
    }

    /// Batches that are known of and have not been yielded yet; none in a forked child.
    #[must_use]
    pub fn remaining(&self) -> usize {
        if self.pool.is_ours() { self.pool.remaining(&self.pass) } else { 0 }
    }

    /// What it reads.
    #[must_use]
    pub fn data(&self) -> &Data {
        &self.pass.data
    }

    fn require_ours(&self) -> Result<()> {
        if self.pool.is_ours() {
            return Ok(());
        }
        Err(Error::Worker(
            "this iterator was made before the process forked and its threads stayed there; iterate anew".into(),
        ))
    }
}

impl Drop for Epoch {
    fn drop(&mut self) {
        if self.pool.is_ours() {
            self.pool.remove(&self.pass);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::any::Any;
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    use std::time::Instant;

    use super::super::pass::Draft;
    use super::super::queue::{Job, Task};
    use super::super::{Images, Labels, Loader, Options, Part};
    use super::*;
    use crate::batch::Lend;
    use crate::cache;
    use crate::ops::{Output, Plan, SampleShape};
    use crate::sampler::{Sampler, Shard};

    fn loader(threads: usize, lent_memory: bool) -> Loader {
        let shape = SampleShape::Image { height: 1, width: 1, channels: 1 };
        let plan = Arc::new(Plan::compile(&[], shape, false, Output::default()).expect("fits"));
        let count = threads + 9;
        let part = Part { images: Images::new(vec![0; count]), plan };
        let data = Data::new(vec![part], Labels::I64(vec![0; count]), 1, None).expect("fits");
        let options = Options { batch_size: 1, drop_last: false, seed: 0, threads, prefetch: 1, lent_memory };
        let sampler = Sampler::sequential(count).expect("few");
        Loader::new(data, sampler, Shard::whole(), options).expect("fits")
    }

    fn epoch(threads: usize, lent_memory: bool) -> Epoch {
        loader(threads, lent_memory).epoch(0, 0).expect("starts")
    }

    /// As in a forked child: another process number, and a lock that nobody will ever release.
    #[test]
    fn an_inherited_epoch_neither_hangs_nor_goes_on() {
        let mut inherited = epoch(2, false);
        inherited.pool = Pool::of_another_process(1).expect("starts");
        let pool = Arc::clone(&inherited.pool);
        let held = pool.hold();
        assert_eq!(inherited.remaining(), 0);
        for error in [inherited.next(Duration::ZERO).err(), inherited.give(vec![]).err()] {
            let error = error.expect("not this process's").to_string();
            assert!(error.contains("before the process forked"), "{error}");
        }
        drop(inherited);
        drop(held);
    }

    #[test]
    fn batches_that_take_long_have_a_share_for_each_thread() {
        let shares = |cpu: Duration| {
            // Without workers, which would count what they make.
            let epoch = epoch(0, false);
            epoch.pass.counters.filled(8);
            epoch.pass.counters.worked(cpu);
            let job = Job { number: 0, given: Some((0..8).collect()), lent: None };
            epoch.pass.begin(job, 4).expect("there is memory").shares()
        };
        let found = [100, 299, 301, 100_000].map(|micros| shares(Duration::from_micros(micros)));
        assert_eq!(found, [1, 1, 2, 4]);
    }

    fn experienced(cpu: Duration, away: Duration) -> Pass {
        let pass = Pass::near(8, cpu);
        pass.came_after(away);
        pass
    }

    fn draft(pass: &Pass, number: usize) -> Arc<Draft> {
        draft_for(4, pass, number)
    }

    fn draft_for(threads: usize, pass: &Pass, number: usize) -> Arc<Draft> {
        let job = Job { number, given: Some((0..8).collect()), lent: None };
        Arc::new(pass.begin(job, threads).expect("there is memory"))
    }

    #[test]
    fn batches_that_a_consumer_helps_with_have_a_share_for_it() {
        let shares = |cpu, away| draft(&experienced(Duration::from_micros(cpu), away), 0).shares();
        let near = Duration::from_micros(50);
        assert_eq!([100, 149, 151, 299, 451, 950].map(|cpu| shares(cpu, near)), [1, 1, 2, 2, 3, 4]);
        // Nobody is there, or nobody helps.
        assert_eq!(shares(151, Duration::from_millis(5)), 1);
        assert_eq!(shares(3100, near), 4);
    }

    #[test]
    fn a_consumer_helps_with_short_batches_and_longer_if_two_fit_into_the_last_cache() {
        let near = Duration::from_micros(50);
        // Memory that nobody touches costs nothing.
        for (slot_len, limit) in [(cache::last() / 2, 3000), (cache::last() / 2 + 1, 1000)] {
            let is_joint = |cpu, away| {
                let pass = Pass::near(slot_len, Duration::from_micros(cpu));
                pass.came_after(away);
                pass.is_joint()
            };
            assert!(is_joint(limit - 50, near), "{slot_len}");
            assert!(!is_joint(limit + 50, near), "{slot_len}");
            assert!(!is_joint(limit - 50, Duration::from_millis(5)), "{slot_len}");
        }
    }

    #[test]
    fn who_makes_a_batch_alone_writes_where_it_wrote_before() {
        let address = |draft: Arc<Draft>| {
            let batch = Arc::into_inner(draft).expect("the only one").finished();
            (batch.images.as_ref().as_ptr() as usize, batch)
        };
        // Of one share, and of several, which have no thread of their own.
        for (threads, is_own) in [(1, true), (4, false)] {
            let pass = Pass::near(8, Duration::from_micros(200));
            let draft = |number| draft_for(threads, &pass, number);
            let (first, kept) = address(draft(0));
            let (second, other) =
                std::thread::scope(|scope| scope.spawn(|| address(draft(1))).join()).expect("no panic");
            drop((kept, other));
            assert_eq!(address(draft(2)).0, if is_own { first } else { second });
        }
    }

    #[test]
    fn a_consumer_takes_the_same_share_of_each_batch_and_of_others_only_ahead() {
        let pass = Pass::near(8, Duration::from_micros(700));
        let mut queue = Queue::new(Some(3), 3, false);
        while let Some(job) = queue.take_up() {
            queue.open(draft(&pass, job.number));
        }
        let help = |queue: &mut Queue, ahead| match queue.help(ahead) {
            Some(Task::Share(draft, share)) => Some((draft.number, share)),
            _ => None,
        };
        assert_eq!(queue.take_share(0).map(|(draft, share)| (draft.number, share)), Some((0, 0)));
        let (batch, first) = help(&mut queue, false).expect("three are left");
        assert_eq!((batch, first > 0), (0, true));
        let mut left = [help(&mut queue, false), help(&mut queue, false)].map(|taken| taken.expect("two are left"));
        let last = left[1].1;
        left.sort_unstable();
        let others: Vec<_> = (1..4).filter(|&share| share != first).map(|share| (0, share)).collect();
        assert_eq!(left.to_vec(), others);
        assert_eq!(help(&mut queue, false), None);
        assert_eq!(help(&mut queue, true), Some((1, last)));
        assert_eq!(queue.helping, 4);
    }

    #[test]
    fn workers_take_the_same_share_of_each_batch_or_what_is_left() {
        let epoch = epoch(0, false);
        epoch.pass.counters.filled(8);
        epoch.pass.counters.worked(Duration::from_millis(100));
        let mut queue = Queue::new(Some(2), 2, false);
        for number in 0..2 {
            let job = Job { number, given: Some((0..8).collect()), lent: None };
            queue.open(Arc::new(epoch.pass.begin(job, 4).expect("there is memory")));
        }
        let mut share = |worker| queue.take_share(worker).map(|(draft, share)| (draft.number, share));
        assert_eq!([5, 3].map(&mut share), [Some((0, 1)), Some((0, 3))]);
        // The share of worker 1 is taken: it helps with another one of the batch that is needed first.
        let mut left = [1, 1].map(&mut share);
        left.sort_unstable();
        assert_eq!(left, [Some((0, 0)), Some((0, 2))]);
        assert_eq!([2, 2].map(&mut share).map(|taken| taken.map(|(number, _)| number)), [Some(1); 2]);
        assert_eq!(share(2).map(|(number, _)| number), Some(1));
        assert_eq!(share(2).map(|(number, _)| number), Some(1));
        assert_eq!(share(2), None);
    }

    /// Workers who look for the next pass, sleep already, or are about to.
    #[test]
    fn a_pass_that_begins_late_is_made_too() {
        let loader = loader(2, false);
        for pause in [0, 50, 150, 190, 200, 210, 250, 5000].into_iter().cycle().take(200) {
            std::thread::sleep(Duration::from_micros(pause));
            let epoch = loader.epoch(0, 0).expect("starts");
            while epoch.remaining() > 0 {
                assert!(matches!(epoch.next(Duration::from_secs(20)), Ok(Next::Batch(Ok(_)))));
            }
        }
    }

    #[test]
    fn patience_ends_although_others_are_woken() {
        // There is no memory: no batch will ever be made.
        let epoch = epoch(1, true);
        let enough = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let chatter = scope.spawn(|| {
                let start = Instant::now();
                while !enough.load(Ordering::Relaxed) && start.elapsed() < Duration::from_secs(20) {
                    epoch.pass.made.notify_all();
                    std::thread::sleep(Duration::from_millis(1));
                }
            });
            assert!(matches!(epoch.next(Duration::from_millis(50)), Ok(Next::Pending)));
            assert!(!chatter.is_finished(), "waited until nobody was woken any more");
            enough.store(true, Ordering::Relaxed);
        });
    }

    /// Memory that makes whoever begins to write to it wait.
    #[derive(Debug)]
    struct Gated {
        bytes: Vec<u8>,
        /// Passed on the way in, and on the way out.
        gates: [Arc<Barrier>; 2],
    }

    impl AsRef<[u8]> for Gated {
        fn as_ref(&self) -> &[u8] {
            &self.bytes
        }
    }

    impl AsMut<[u8]> for Gated {
        fn as_mut(&mut self) -> &mut [u8] {
            for gate in &self.gates {
                gate.wait();
            }
            &mut self.bytes
        }
    }

    impl Lend for Gated {
        fn into_any(self: Box<Self>) -> Box<dyn Any> {
            self
        }
    }

    #[test]
    fn who_waits_for_a_small_batch_makes_it() {
        let long = Duration::from_secs(20);
        let loader = loader(1, true);
        let small = loader.epoch(0, 0).expect("starts");
        let lend =
            || small.lend(Box::new(Gated { bytes: vec![0], gates: [1, 1].map(|few| Arc::new(Barrier::new(few))) }));
        // Now batches are known to be small; of the first one alone that may not be true.
        for _ in 0..5 {
            lend().expect("this process's");
            assert!(matches!(small.next(long), Ok(Next::Batch(Ok(_)))));
        }
        let other = loader.epoch(0, 0).expect("starts");
        let gates = [2, 2].map(|few| Arc::new(Barrier::new(few)));
        other.lend(Box::new(Gated { bytes: vec![0], gates: gates.clone() })).expect("this process's");
        gates[0].wait();
        // The only worker is busy.
        lend().expect("this process's");
        let made = small.next(long);
        gates[1].wait();
        assert!(matches!(made, Ok(Next::Batch(Ok(_)))), "{made:?}");
    }

    /// How many threads write to memory like this at once.
    #[derive(Debug, Default)]
    struct Crowd {
        now: AtomicUsize,
        most: AtomicUsize,
    }

    #[derive(Debug)]
    struct Crowded {
        bytes: Vec<u8>,
        crowd: Arc<Crowd>,
    }

    impl AsRef<[u8]> for Crowded {
        fn as_ref(&self) -> &[u8] {
            &self.bytes
        }
    }

    impl AsMut<[u8]> for Crowded {
        fn as_mut(&mut self) -> &mut [u8] {
            let now = self.crowd.now.fetch_add(1, Ordering::Relaxed) + 1;
            self.crowd.most.fetch_max(now, Ordering::Relaxed);
            // Long enough for all that may to come in; it takes no CPU time.
            std::thread::sleep(Duration::from_millis(20));
            self.crowd.now.fetch_sub(1, Ordering::Relaxed);
            &mut self.bytes
        }
    }

    impl Lend for Crowded {
        fn into_any(self: Box<Self>) -> Box<dyn Any> {
            self
        }
    }

    #[test]
    fn small_batches_are_made_by_no_more_threads_than_there_are_processors() {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let threads = processors + 2;
        let loader = loader(threads, true);
        let run = |lend: &dyn Fn() -> Lent| {
            let epoch = loader.epoch(0, 0).expect("starts");
            let batches = epoch.remaining();
            (0..batches).for_each(|_| epoch.lend(lend()).expect("this process's"));
            for _ in 0..batches {
                assert!(matches!(epoch.next(Duration::from_secs(20)), Ok(Next::Batch(Ok(_)))));
            }
        };
        // Now batches are known to be small.
        run(&|| Box::new(Gated { bytes: vec![0], gates: [1, 1].map(|few| Arc::new(Barrier::new(few))) }));
        let crowd = Arc::new(Crowd::default());
        run(&|| Box::new(Crowded { bytes: vec![0], crowd: Arc::clone(&crowd) }));
        let most = crowd.most.load(Ordering::Relaxed);
        assert!(most <= processors.max(2), "{most} threads on {processors} processors");
    }
}
