//! Orders of an epoch, and its batches.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use medmnist_core::loader::{Data, Images, Labels, Loader, Next, Options, Part};
use medmnist_core::ops::{Output, Plan, SampleShape, Step};
use medmnist_core::random::Key;
use medmnist_core::sampler::{Sampler, Shard};

use crate::{Amount, Case, Failure, Run};

const SAMPLES: usize = 10_000;
const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) fn cases() -> Vec<Case> {
    let weights = || (1..=SAMPLES).map(|weight| weight as f64).collect::<Vec<_>>();
    vec![
        order("shuffle", || Ok(Sampler::shuffled(SAMPLES)?)),
        order("weighted", move || Ok(Sampler::weighted(&weights(), SAMPLES, true)?)),
        order("weighted_without_replacement", move || Ok(Sampler::weighted(&weights(), SAMPLES / 2, false)?)),
        order("balanced", || {
            let classes: Vec<i64> = (0..8).cycle().take(SAMPLES).collect();
            Ok(Sampler::balanced(&classes, SAMPLES)?)
        }),
        batches(28, 8192, 1),
        batches(28, 8192, 2),
        batches(224, 512, 1),
        batches(224, 512, 2),
    ]
}

fn order(name: &str, make: impl Fn() -> Result<Sampler, Failure> + 'static) -> Case {
    let count = if name.ends_with("without_replacement") { SAMPLES / 2 } else { SAMPLES };
    Case {
        name: format!("sampler/{name}"),
        amount: Amount::Samples(count as u64),
        is_countable: true,
        make: Box::new(move || {
            let sampler = make()?;
            Ok(Box::new(move || {
                let order = sampler.order(Key { seed: 0, epoch: 0 });
                (0..order.len()).for_each(|position| _ = black_box(order.get(position)));
            }))
        }),
    }
}

/// A whole epoch in batches of 128, shuffled, `ToTensor` and `Normalize`.
fn batches(side: usize, count: usize, threads: usize) -> Case {
    Case {
        name: format!("batch/{side}_{threads}_thread{}", if threads == 1 { "" } else { "s" }),
        amount: Amount::Images(count as u64),
        is_countable: false,
        make: Box::new(move || epoch(side, count, threads)),
    }
}

fn epoch(side: usize, count: usize, threads: usize) -> Result<Run, Failure> {
    let shape = SampleShape::Image { height: side, width: side, channels: 3 };
    let steps = [Step::ToTensor, Step::normalize(&[0.5], &[0.5])?];
    let plan = Arc::new(Plan::compile(&steps, shape, false, Output::default())?);
    let pixels: Vec<u8> =
        (0..count * shape.byte_len()).map(|at| (at.wrapping_mul(2_654_435_761) >> 13).to_le_bytes()[0]).collect();
    let labels = Labels::I64((0..i64::try_from(count)?).collect());
    let data = Data::new(vec![Part { images: Images::new(pixels), plan }], labels, 1, None)?;
    let options = Options { batch_size: 128, drop_last: false, seed: 0, threads, prefetch: 2, lent_memory: false };
    let loader = Loader::new(data, Sampler::shuffled(count)?, Shard::whole(), options)?;
    let mut number = 0;
    Ok(Box::new(move || {
        let epoch = loader.epoch(number, 0).expect("starts");
        number += 1;
        while let Next::Batch(batch) = epoch.next(PATIENCE).expect("this process's") {
            black_box(batch.expect("no failure"));
        }
    }))
}
