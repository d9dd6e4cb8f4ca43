//! Who works on a pass: workers, and consumers that help them.

use super::pass::Pass;
use super::queue::Queue;

/// How many threads there are, and how many may be at work.
#[derive(Debug, Clone, Copy)]
pub(super) struct Crew {
    pub workers: usize,
    /// Processors beside the one that a consumer runs on, or 1 if there are none.
    pub spare: usize,
}

impl Crew {
    /// So many workers on this machine.
    pub(super) fn of(workers: usize) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { workers, spare: (processors - 1).max(1) }
    }

    /// How many more workers may work on a pass. Where consumers take part, one processor is left to them: batches wait for
    /// whoever is in the middle of one and has lost its processor to another thread.
    pub(super) fn room(self, pass: &Pass, queue: &Queue) -> usize {
        if pass.is_joint() { self.spare.saturating_sub(queue.workers) } else { usize::MAX }
    }

    /// How many workers may be awake after work on a pass, with or without something to do: no more than processors, of which
    /// one is left to consumers that take part.
    pub(super) fn most_awake(self, pass: &Pass) -> usize {
        self.spare + usize::from(!pass.is_joint())
    }

    /// How many threads make a batch of a pass together.
    pub(super) fn hands(self, pass: &Pass) -> usize {
        if pass.is_joint() { self.workers.min(self.spare) + 1 } else { self.workers }
    }

    /// Whether one more slot beside those in use would drive others out of the last cache, while a consumer is about to give
    /// one back and meanwhile all have something to do with one batch.
    pub(super) fn is_crowded(self, pass: &Pass, queue: &Queue) -> bool {
        self.hands(pass) == 2 && pass.is_halved() && !pass.slots.has_cache(queue.beginning())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn one_processor_is_left_to_a_consumer_that_helps() {
        let pass = Pass::near(1, Duration::from_micros(400));
        let mut queue = Queue::new(Some(9), 4, false);
        let crew = Crew { workers: 4, spare: 2 };
        let mut room = |workers, away| {
            queue.workers = workers;
            pass.came_after(away);
            crew.room(&pass, &queue)
        };
        assert_eq!([0, 1, 2, 3].map(|workers| room(workers, Duration::ZERO)), [2, 1, 0, 0]);
        assert_eq!(room(2, Duration::from_millis(1)), usize::MAX);
        assert_eq!((crew.hands(&pass), crew.most_awake(&pass)), (4, 3));
        pass.came_after(Duration::ZERO);
        assert_eq!((crew.hands(&pass), crew.most_awake(&pass)), (3, 2));
    }
}
