//! The loader as a consumer sees it: same bytes for any number of threads, slots reused and never shared, no hang.

use std::sync::Arc;
use std::time::Duration;

use medmnist_core::batch::{Batch, Lend, Place};
use medmnist_core::loader::{Data, Epoch, Images, Labels, Loader, Next, Options, Part};
use medmnist_core::ops::{Output, Plan, SampleShape, Step};
use medmnist_core::random::Key;
use medmnist_core::sampler::{Remainder, Sampler, Shard};

const SAMPLES: usize = 103;
const SHAPE: SampleShape = SampleShape::Image { height: 5, width: 4, channels: 3 };
const OPTIONS: Options =
    Options { batch_size: 10, drop_last: false, seed: 1, threads: 2, prefetch: 2, lent_memory: false };
const PATIENCE: Duration = Duration::from_secs(10);

fn pixels() -> Vec<u8> {
    (0..SAMPLES * SHAPE.byte_len()).map(|i| u8::try_from(i * 31 % 251).expect("below 251")).collect()
}

fn labels() -> Vec<i64> {
    (0..2 * i64::try_from(SAMPLES).expect("small")).collect()
}

fn plan() -> Arc<Plan> {
    let steps = [
        Step::random_horizontal_flip(0.5).expect("valid"),
        Step::ToTensor,
        Step::normalize(&[0.5], &[0.5]).expect("valid"),
    ];
    Arc::new(Plan::compile(&steps, SHAPE, false, Output::default()).expect("fits"))
}

fn data() -> Data {
    let part = Part { images: Images::new(pixels()), plan: plan() };
    Data::new(vec![part], Labels::I64(labels()), 2, None).expect("fits")
}

fn shuffled() -> Sampler {
    Sampler::shuffled(SAMPLES).expect("few")
}

fn loader(sampler: Sampler, options: Options) -> Loader {
    Loader::new(data(), sampler, Shard::whole(), options).expect("fits")
}

fn next(epoch: &Epoch) -> Option<Batch> {
    match epoch.next(PATIENCE).expect("this process's") {
        Next::Batch(batch) => Some(batch.expect("no failure")),
        Next::End => None,
        Next::Pending => panic!("a batch of ten samples takes ten seconds"),
    }
}

fn pairs(labels: &Labels) -> &[i64] {
    let Labels::I64(values) = labels else { panic!("{labels:?}") };
    values
}

fn used(batch: &Batch) -> Vec<u8> {
    batch.images.as_ref()[..batch.len * plan().output_len()].to_vec()
}

fn rest(epoch: &Epoch) -> Vec<(Vec<u8>, Vec<i64>)> {
    std::iter::from_fn(|| next(epoch)).map(|batch| (used(&batch), pairs(&batch.labels).to_vec())).collect()
}

fn in_order() -> Sampler {
    Sampler::sequential(SAMPLES).expect("few")
}

/// The used bytes and labels of every batch.
fn contents(loader: &Loader, number: u32) -> Vec<(Vec<u8>, Vec<i64>)> {
    rest(&loader.epoch(number, 0).expect("starts"))
}

#[test]
fn bytes_do_not_depend_on_threads_or_prefetch() {
    let expected = contents(&loader(shuffled(), Options { threads: 0, ..OPTIONS }), 3);
    assert_eq!(expected.len(), 11);
    for threads in [1, 2, 5, 11] {
        for prefetch in [1, 3] {
            assert_eq!(
                contents(&loader(shuffled(), Options { threads, prefetch, ..OPTIONS }), 3),
                expected,
                "{threads} threads"
            );
        }
    }
    assert_ne!(contents(&loader(shuffled(), OPTIONS), 4), expected, "another epoch");
    assert_ne!(contents(&loader(shuffled(), Options { seed: 2, ..OPTIONS }), 3), expected, "another seed");
}

#[test]
fn every_sample_comes_once_with_its_labels() {
    let mut seen: Vec<i64> =
        contents(&loader(shuffled(), OPTIONS), 0).into_iter().flat_map(|(_, labels)| labels).collect();
    assert_ne!(seen, labels());
    assert!(seen.chunks(2).all(|pair| pair[0] % 2 == 0 && pair[1] == pair[0] + 1));
    seen.sort_unstable();
    assert_eq!(seen, labels());
    let in_order = contents(&loader(in_order(), OPTIONS), 0);
    assert_eq!(in_order.into_iter().flat_map(|(_, labels)| labels).collect::<Vec<_>>(), labels());
}

#[test]
fn a_flip_is_keyed_by_the_sample_and_not_by_its_place() {
    let sequential = contents(&loader(in_order(), OPTIONS), 0);
    let shuffled = contents(&loader(shuffled(), Options { batch_size: 7, ..OPTIONS }), 0);
    let by_label = |batches: Vec<(Vec<u8>, Vec<i64>)>| {
        let sample_len = SHAPE.byte_len() * 4;
        let mut samples: Vec<(i64, Vec<u8>)> = batches
            .into_iter()
            .flat_map(|(bytes, labels)| {
                let samples: Vec<Vec<u8>> = bytes.chunks(sample_len).map(<[u8]>::to_vec).collect();
                labels.chunks(2).map(|pair| pair[0]).zip(samples).collect::<Vec<_>>()
            })
            .collect();
        samples.sort_unstable();
        samples
    };
    assert_eq!(by_label(sequential), by_label(shuffled));
}

#[test]
fn the_last_batch_is_smaller_or_left_out() {
    let sizes = |options| {
        contents(&loader(shuffled(), options), 0).iter().map(|(_, labels)| labels.len() / 2).collect::<Vec<_>>()
    };
    assert_eq!(sizes(OPTIONS), [[10; 10].as_slice(), &[3]].concat());
    assert_eq!(sizes(Options { drop_last: true, ..OPTIONS }), [10; 10]);
    assert_eq!(sizes(Options { batch_size: 1000, ..OPTIONS }), [103]);
    assert_eq!(sizes(Options { batch_size: 1000, drop_last: true, ..OPTIONS }), [0; 0]);
    assert_eq!(sizes(Options { batch_size: usize::MAX, ..OPTIONS }), [103]);
}

#[test]
fn slots_are_used_again_after_their_batch_is_dropped_and_not_before() {
    let loader = loader(shuffled(), OPTIONS);
    let address = |batch: &Batch| batch.images.as_ref().as_ptr() as usize;
    let mut addresses = std::collections::HashSet::new();
    for number in 0..20 {
        let epoch = loader.epoch(number, 0).expect("starts");
        while let Some(batch) = next(&epoch) {
            addresses.insert(address(&batch));
        }
    }
    // Each thread has some of its own, but together they have no more than are kept: for four batches made ahead, one made
    // by the consumer itself, and two in its hands.
    assert!(addresses.len() <= 7, "{} slots for 220 batches", addresses.len());

    let epoch = loader.epoch(0, 0).expect("starts");
    let kept: Vec<Batch> = std::iter::from_fn(|| next(&epoch)).collect();
    let distinct: std::collections::HashSet<usize> = kept.iter().map(address).collect();
    assert_eq!(distinct.len(), kept.len());
    assert_eq!(loader.statistics().slots_in_use, kept.len());
    for (batch, expected) in kept.iter().zip(contents(&loader, 0)) {
        assert_eq!(used(batch), expected.0);
    }
}

#[test]
fn an_abandoned_epoch_stops_and_two_run_side_by_side() {
    let loader = loader(shuffled(), OPTIONS);
    let expected = contents(&loader, 0);
    for taken in 0..4 {
        let epoch = loader.epoch(0, 0).expect("starts");
        for _ in 0..taken {
            next(&epoch);
        }
    }
    let [first, second] = [0, 0].map(|number| loader.epoch(number, 0).expect("starts"));
    for (bytes, _) in expected {
        for epoch in [&first, &second] {
            assert_eq!(used(&next(epoch).expect("not over")), bytes);
        }
    }
    assert_eq!((first.remaining(), second.remaining()), (0, 0));
}

#[test]
fn several_consumers_share_an_epoch_without_loss() {
    let loader = loader(shuffled(), Options { batch_size: 1, ..OPTIONS });
    let epoch = loader.epoch(0, 0).expect("starts");
    let mut seen: Vec<i64> = std::thread::scope(|scope| {
        let consumers: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    std::iter::from_fn(|| next(&epoch)).map(|batch| pairs(&batch.labels)[0]).collect::<Vec<_>>()
                })
            })
            .collect();
        consumers.into_iter().flat_map(|consumer| consumer.join().expect("no panic")).collect()
    });
    seen.sort_unstable();
    assert_eq!(seen, labels().into_iter().step_by(2).collect::<Vec<_>>());
}

/// Pixels that vanish after the loader has measured them: the fault of a worker's memory, injected.
struct Vanishing(std::sync::atomic::AtomicUsize, Vec<u8>);

impl AsRef<[u8]> for Vanishing {
    fn as_ref(&self) -> &[u8] {
        if self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0 { &self.1 } else { &[] }
    }
}

#[test]
fn a_workers_panic_arrives_as_an_error_in_its_batchs_place() {
    for threads in [0, 2] {
        let part = Part { images: Images::new(Vanishing(0.into(), pixels())), plan: plan() };
        let data = Data::new(vec![part], Labels::I64(labels()), 2, None).expect("measures once");
        let loader = Loader::new(data, in_order(), Shard::whole(), Options { threads, ..OPTIONS }).expect("fits");
        let epoch = loader.epoch(3, 0).expect("starts");
        for number in 0..11 {
            let Next::Batch(Err(error)) = epoch.next(PATIENCE).expect("ours") else { panic!("no pixels") };
            let sample = number * 10;
            let expected = format!(
                "batch {number} of epoch 3, sample {sample}: its worker panicked: sample {sample} is not among the images"
            );
            assert_eq!(error.to_string(), expected);
        }
        assert!(matches!(epoch.next(Duration::ZERO), Ok(Next::End)));
        // The threads have survived.
        assert!(matches!(loader.epoch(0, 0).expect("starts").next(PATIENCE), Ok(Next::Batch(Err(_)))));
    }
}

/// 3 MiB each as floats: a batch of twelve is worth two threads.
const LARGE: SampleShape = SampleShape::Image { height: 512, width: 512, channels: 3 };

fn large(images: Images, threads: usize) -> Loader {
    let plan = Arc::new(Plan::compile(&[Step::ToTensor], LARGE, false, Output::default()).expect("fits"));
    let data = Data::new(vec![Part { images, plan }], Labels::I64((0..30).collect()), 1, None).expect("fits");
    let sampler = Sampler::shuffled(30).expect("few");
    Loader::new(data, sampler, Shard::whole(), Options { batch_size: 12, threads, ..OPTIONS }).expect("fits")
}

#[test]
fn large_batches_are_made_by_several_threads_together() {
    let pixels: Vec<u8> = (0..30 * LARGE.byte_len()).map(|i| u8::try_from(i * 7 % 253).expect("small")).collect();
    let contents = |threads| {
        let loader = large(Images::new(pixels.clone()), threads);
        let epoch = loader.epoch(1, 0).expect("starts");
        let batches: Vec<Batch> = std::iter::from_fn(|| next(&epoch)).collect();
        let len = LARGE.byte_len() * 4;
        batches.iter().map(|batch| (batch.images.as_ref()[..batch.len * len].to_vec(), batch.labels.clone())).collect()
    };
    let expected: Vec<(Vec<u8>, Labels)> = contents(0);
    for threads in [1, 2, 5] {
        assert!(contents(threads) == expected, "{threads} threads");
    }
    for taken in 0..3 {
        let loader = large(Images::new(pixels.clone()), 3);
        let epoch = loader.epoch(1, 0).expect("starts");
        (0..taken).for_each(|_| drop(next(&epoch)));
    }
    let loader = large(Images::new(Vanishing(0.into(), pixels)), 3);
    let epoch = loader.epoch(1, 0).expect("starts");
    for number in 0..3 {
        let Next::Batch(Err(error)) = epoch.next(PATIENCE).expect("ours") else { panic!("no pixels") };
        assert!(error.to_string().starts_with(&format!("batch {number} of epoch 1, sample ")), "{error}");
    }
    assert!(matches!(epoch.next(PATIENCE), Ok(Next::End)));
}

#[test]
fn parts_that_do_not_fit_are_refused() {
    let zero = |options| Loader::new(data(), shuffled(), Shard::whole(), options).expect_err("zero").to_string();
    assert_eq!(zero(Options { batch_size: 0, ..OPTIONS }), "batch_size = 0; allowed: 1 or more");
    assert_eq!(zero(Options { prefetch: 0, ..OPTIONS }), "prefetch_factor = 0; allowed: 1 or more");
    let sampler = Sampler::sequential(SAMPLES + 1).expect("few");
    let error = Loader::new(data(), sampler, Shard::whole(), OPTIONS).expect_err("one too many").to_string();
    assert_eq!(error, "sample 103; allowed: 0 to 102");
    let new = |parts, labels, selection| {
        Data::new(parts, Labels::I64(labels), 2, selection).expect_err("does not fit").to_string()
    };
    let part = |images: Vec<u8>| Part { images: Images::new(images), plan: plan() };
    let empty = "the data set is empty: 0 samples; allowed: 1 or more";
    assert_eq!(new(vec![part(vec![])], vec![], None), empty);
    assert_eq!(new(vec![], vec![], None), empty);
    assert_eq!(new(vec![part(pixels())], labels(), Some(vec![])), empty);
    assert_eq!(
        new(vec![part(pixels())], vec![0; 4], None),
        "103 images but 2 rows of labels; allowed: as many of each"
    );
    assert_eq!(new(vec![part(pixels())], labels(), Some(vec![7, 103])), "sample 103; allowed: 0 to 102");
    let bytes = Arc::new(Plan::compile(&[], SHAPE, false, Output::default()).expect("fits"));
    let other = Part { images: Images::new(pixels()), plan: bytes };
    let error = new(vec![part(pixels()), other], labels(), None);
    assert!(error.contains("[3, 5, 4] (float32) and [3, 5, 4] (uint8)"), "{error}");
}

#[test]
fn a_pass_goes_on_from_any_position_and_is_dealt_out_to_any_ranks() {
    let all: Vec<i64> = contents(&loader(shuffled(), OPTIONS), 5).into_iter().flat_map(|(_, labels)| labels).collect();
    for start in [0, 1, 20, 99, SAMPLES] {
        let rest_of_it = rest(&loader(shuffled(), OPTIONS).epoch(5, start).expect("starts"));
        assert_eq!(rest_of_it.into_iter().flat_map(|(_, labels)| labels).collect::<Vec<_>>(), all[2 * start..]);
    }
    for world_size in [2, 3] {
        let mut seen: Vec<i64> = (0..world_size)
            .flat_map(|rank| {
                let shard = Shard::new(rank, world_size, Remainder::Keep).expect("valid");
                let loader = Loader::new(data(), shuffled(), shard, OPTIONS).expect("fits");
                let labels = rest(&loader.epoch(5, 20).expect("starts")).into_iter().flat_map(|(_, labels)| labels);
                labels.collect::<Vec<_>>()
            })
            .collect();
        let mut expected = all[40..].to_vec();
        seen.sort_unstable();
        expected.sort_unstable();
        assert_eq!(seen, expected);
    }
}

#[test]
fn batches_that_are_handed_in_are_those_of_the_epoch() {
    let expected = contents(&loader(shuffled(), OPTIONS), 2);
    let order = shuffled().order(Key { seed: OPTIONS.seed, epoch: 2 });
    let indices: Vec<u32> = (0..SAMPLES).map(|position| order.get(position)).collect();
    for threads in [0, 1, 3] {
        let loader = loader(in_order(), Options { threads, ..OPTIONS });
        let epoch = loader.pass(2).expect("starts");
        assert!(matches!(epoch.next(Duration::ZERO), Ok(Next::End)), "nothing is handed in yet");
        for (batch, expected) in indices.chunks(10).zip(&expected) {
            epoch.give(batch.to_vec()).expect("inside");
            let batch = next(&epoch).expect("it is known of");
            assert_eq!((used(&batch), pairs(&batch.labels)), (expected.0.clone(), &expected.1[..]));
        }
        let larger: Vec<u32> = indices.iter().copied().chain([0]).collect();
        epoch.give(larger).expect("more than a batch of the loader");
        assert_eq!(next(&epoch).expect("it is known of").len, SAMPLES + 1);
        assert_eq!(epoch.give(vec![103]).expect_err("outside").to_string(), "sample 103; allowed: 0 to 102");
    }
}

#[test]
fn parts_and_a_selection_are_one_data_set() {
    let (pixels, len) = (pixels(), SHAPE.byte_len());
    let part = |samples: std::ops::Range<usize>| Part {
        images: Images::new(pixels[samples.start * len..samples.end * len].to_vec()),
        plan: plan(),
    };
    let selection: Vec<u32> = (0..u32::try_from(SAMPLES).expect("few")).rev().collect();
    let parts = vec![part(0..40), part(40..41), part(41..SAMPLES)];
    let data = Data::new(parts, Labels::I64(labels()), 2, Some(selection)).expect("fits");
    let in_parts = Loader::new(data, in_order(), Shard::whole(), OPTIONS).expect("fits");
    let reversed: Vec<u8> = pixels.chunks(len).rev().flatten().copied().collect();
    let labels: Vec<i64> = labels().chunks(2).rev().flatten().copied().collect();
    let part = Part { images: Images::new(reversed), plan: plan() };
    let data = Data::new(vec![part], Labels::I64(labels), 2, None).expect("fits");
    let as_one = Loader::new(data, in_order(), Shard::whole(), OPTIONS).expect("fits");
    assert_eq!(contents(&in_parts, 7), contents(&as_one, 7));
}

/// Somebody else's memory.
struct Block(Vec<u8>);

impl AsRef<[u8]> for Block {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl AsMut<[u8]> for Block {
    fn as_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

impl Lend for Block {
    fn into_any(self: Box<Self>) -> Box<dyn std::any::Any> {
        self
    }
}

#[test]
fn lent_memory_comes_back_with_its_batch_and_is_waited_for() {
    let expected = contents(&loader(shuffled(), OPTIONS), 0);
    let loader = loader(shuffled(), Options { lent_memory: true, ..OPTIONS });
    let epoch = loader.epoch(0, 0).expect("starts");
    assert!(matches!(epoch.next(Duration::from_millis(20)), Ok(Next::Pending)), "there is no memory yet");
    // Of floats, so that it is aligned.
    let block = || Box::new(Block(vec![0; loader.slot_len()]));
    for (bytes, _) in expected {
        epoch.lend(block()).expect("ours");
        let batch = next(&epoch).expect("not over");
        assert_eq!(used(&batch), bytes);
        let Place::Lent(memory) = batch.images else { panic!("a slot") };
        assert!(memory.into_any().downcast::<Block>().is_ok());
    }
    let epoch = loader.epoch(0, 0).expect("starts");
    epoch.lend(Box::new(Block(vec![0; 8]))).expect("ours");
    let Next::Batch(Err(error)) = epoch.next(PATIENCE).expect("ours") else { panic!("8 bytes are enough") };
    assert!(error.to_string().starts_with("8 bytes of memory for a batch; it needs"), "{error}");
}

#[test]
fn statistics_count_what_consumers_got() {
    let loader = loader(shuffled(), OPTIONS);
    let epoch = loader.epoch(0, 0).expect("starts");
    let kept = [next(&epoch), next(&epoch)];
    let statistics = loader.statistics();
    assert_eq!((statistics.samples, statistics.batches), (20, 2));
    assert!(statistics.waited <= statistics.elapsed && statistics.slots_in_use >= kept.len());
    drop((kept, epoch));
    contents(&loader, 1);
    let statistics = loader.statistics();
    assert_eq!((statistics.samples, statistics.batches, statistics.slots_in_use), (123, 13, 0));
    assert!(statistics.cpu > Duration::ZERO);
}
