//! The loader as a consumer sees it: same bytes for any number of threads, slots reused and never shared, no hang.

use std::sync::Arc;
use std::time::Duration;

use medmnist_core::batch::Batch;
use medmnist_core::loader::{Epoch, Images, Loader, Next, Options};
use medmnist_core::ops::{Output, Plan, SampleShape, Step};

const SAMPLES: usize = 103;
const SHAPE: SampleShape = SampleShape::Image { height: 5, width: 4, channels: 3 };
const OPTIONS: Options = Options { batch_size: 10, shuffle: true, drop_last: false, seed: 1, threads: 2, prefetch: 2 };

fn pixels() -> Vec<u8> {
    (0..SAMPLES * SHAPE.byte_len()).map(|i| u8::try_from(i * 31 % 251).expect("below 251")).collect()
}

fn labels() -> Vec<i64> {
    (0..2 * i64::try_from(SAMPLES).expect("small")).collect()
}

fn loader(options: Options) -> Arc<Loader> {
    let steps = [
        Step::random_horizontal_flip(0.5).expect("valid"),
        Step::ToTensor,
        Step::normalize(&[0.5], &[0.5]).expect("valid"),
    ];
    let plan = Plan::compile(&steps, SHAPE, false, Output::default()).expect("fits");
    Loader::new(Images::new(pixels()), labels(), 2, Arc::new(plan), options).expect("fits")
}

fn next(epoch: &Epoch) -> Option<Batch> {
    match epoch.next(Duration::from_secs(10)).expect("no failure") {
        Next::Batch(batch) => Some(batch),
        Next::End => None,
        Next::Pending => panic!("a batch of ten samples takes ten seconds"),
    }
}

/// The used bytes and labels of every batch.
fn contents(loader: &Arc<Loader>, number: u32) -> Vec<(Vec<u8>, Vec<i64>)> {
    let epoch = loader.epoch(number).expect("starts");
    let len = loader.plan().output_len();
    std::iter::from_fn(|| next(&epoch))
        .map(|batch| (batch.images.as_ref()[..batch.len * len].to_vec(), batch.labels.clone()))
        .collect()
}

#[test]
fn bytes_do_not_depend_on_threads_or_prefetch() {
    let expected = contents(&loader(Options { threads: 0, ..OPTIONS }), 3);
    assert_eq!(expected.len(), 11);
    for threads in [1, 2, 5, 11] {
        for prefetch in [1, 3] {
            assert_eq!(contents(&loader(Options { threads, prefetch, ..OPTIONS }), 3), expected, "{threads} threads");
        }
    }
    assert_ne!(contents(&loader(OPTIONS), 4), expected, "another epoch");
    assert_ne!(contents(&loader(Options { seed: 2, ..OPTIONS }), 3), expected, "another seed");
}

#[test]
fn every_sample_comes_once_with_its_labels() {
    let mut seen: Vec<i64> = contents(&loader(OPTIONS), 0).into_iter().flat_map(|(_, labels)| labels).collect();
    assert_ne!(seen, labels());
    assert!(seen.chunks(2).all(|pair| pair[0] % 2 == 0 && pair[1] == pair[0] + 1));
    seen.sort_unstable();
    assert_eq!(seen, labels());
    let in_order = contents(&loader(Options { shuffle: false, ..OPTIONS }), 0);
    assert_eq!(in_order.into_iter().flat_map(|(_, labels)| labels).collect::<Vec<_>>(), labels());
}

#[test]
fn a_flip_is_keyed_by_the_sample_and_not_by_its_place() {
    let sequential = contents(&loader(Options { shuffle: false, ..OPTIONS }), 0);
    let shuffled = contents(&loader(Options { batch_size: 7, ..OPTIONS }), 0);
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
    let sizes = |options| contents(&loader(options), 0).iter().map(|(_, labels)| labels.len() / 2).collect::<Vec<_>>();
    assert_eq!(sizes(OPTIONS), [[10; 10].as_slice(), &[3]].concat());
    assert_eq!(sizes(Options { drop_last: true, ..OPTIONS }), [10; 10]);
    assert_eq!(sizes(Options { batch_size: 1000, ..OPTIONS }), [103]);
    assert_eq!(sizes(Options { batch_size: 1000, drop_last: true, ..OPTIONS }), [0; 0]);
    assert_eq!(sizes(Options { batch_size: usize::MAX, ..OPTIONS }), [103]);
}

#[test]
fn slots_are_used_again_after_their_batch_is_dropped_and_not_before() {
    let loader = loader(OPTIONS);
    let address = |batch: &Batch| batch.images.as_ref().as_ptr() as usize;
    let mut addresses = std::collections::HashSet::new();
    for number in 0..20 {
        let epoch = loader.epoch(number).expect("starts");
        while let Some(batch) = next(&epoch) {
            addresses.insert(address(&batch));
        }
    }
    // Four made ahead and one in the consumer's hands.
    assert!(addresses.len() <= 5, "{} slots for 220 batches", addresses.len());

    let epoch = loader.epoch(0).expect("starts");
    let kept: Vec<Batch> = std::iter::from_fn(|| next(&epoch)).collect();
    let distinct: std::collections::HashSet<usize> = kept.iter().map(address).collect();
    assert_eq!(distinct.len(), kept.len());
    let len = loader.plan().output_len();
    for (batch, expected) in kept.iter().zip(contents(&loader, 0)) {
        assert_eq!(batch.images.as_ref()[..batch.len * len], expected.0);
    }
}

#[test]
fn an_abandoned_epoch_stops_and_two_run_side_by_side() {
    let loader = loader(OPTIONS);
    let expected = contents(&loader, 0);
    for taken in 0..4 {
        let epoch = loader.epoch(0).expect("starts");
        for _ in 0..taken {
            next(&epoch);
        }
    }
    let [first, second] = [0, 0].map(|number| loader.epoch(number).expect("starts"));
    let len = loader.plan().output_len();
    for (bytes, _) in expected {
        for epoch in [&first, &second] {
            let batch = next(epoch).expect("not over");
            assert_eq!(batch.images.as_ref()[..batch.len * len], bytes);
        }
    }
    assert_eq!((first.remaining(), second.remaining()), (0, 0));
}

#[test]
fn several_consumers_share_an_epoch_without_loss() {
    let loader = loader(Options { batch_size: 1, ..OPTIONS });
    let epoch = loader.epoch(0).expect("starts");
    let mut seen: Vec<i64> = std::thread::scope(|scope| {
        let consumers: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| std::iter::from_fn(|| next(&epoch)).map(|batch| batch.labels[0]).collect::<Vec<_>>())
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
        let plan = Arc::new(Plan::compile(&[], SHAPE, false, Output::default()).expect("fits"));
        let images = Images::new(Vanishing(0.into(), pixels()));
        let options = Options { shuffle: false, threads, ..OPTIONS };
        let loader = Loader::new(images, labels(), 2, plan, options).expect("measures once");
        let epoch = loader.epoch(0).expect("starts");
        for number in 0..11 {
            let error = epoch.next(Duration::from_secs(10)).expect_err("no pixels").to_string();
            assert_eq!(error, format!("batch {number}: its worker panicked"));
        }
        assert!(matches!(epoch.next(Duration::ZERO), Ok(Next::End)));
    }
}

#[test]
fn parts_that_do_not_fit_are_refused() {
    let new = |images: Vec<u8>, labels: Vec<i64>, options: Options| {
        let plan = Arc::new(Plan::compile(&[], SHAPE, false, Output::default()).expect("fits"));
        Loader::new(Images::new(images), labels, 2, plan, options).expect_err("does not fit").to_string()
    };
    let zero = |options| new(pixels(), labels(), options);
    assert_eq!(zero(Options { batch_size: 0, ..OPTIONS }), "batch_size = 0; allowed: 1 or more");
    assert_eq!(zero(Options { prefetch: 0, ..OPTIONS }), "prefetch_factor = 0; allowed: 1 or more");
    assert_eq!(new(vec![], vec![], OPTIONS), "the data set is empty: 0 samples; allowed: 1 or more");
    assert_eq!(new(pixels(), vec![0; 4], OPTIONS), "103 images but 2 rows of labels; allowed: as many of each");
}
