use super::*;

const KEY: Key = Key { seed: 6, epoch: 2 };

fn indices(sampler: &Sampler, key: Key) -> Vec<u32> {
    let order = sampler.order(key);
    (0..order.len()).map(|position| order.get(position)).collect()
}

fn samplers() -> Vec<Sampler> {
    let weights: Vec<f64> = (0..20).map(f64::from).collect();
    let classes: Vec<i64> = (0..20).map(|item| item % 3).collect();
    [
        Sampler::sequential(20),
        Sampler::shuffled(20),
        Sampler::reshuffled(20, 45),
        Sampler::weighted(&weights, 30, true),
        Sampler::weighted(&weights, 15, false),
        Sampler::balanced(&classes, 25),
    ]
    .map(|sampler| sampler.expect("fits"))
    .into()
}

#[test]
fn orders_depend_on_seed_and_epoch_alone() {
    for sampler in samplers() {
        let order = indices(&sampler, KEY);
        assert_eq!(order.len(), sampler.len());
        assert_eq!(order, indices(&sampler, KEY), "{sampler:?}");
        for key in [Key { seed: 7, ..KEY }, Key { epoch: 3, ..KEY }] {
            assert_eq!(order == indices(&sampler, key), matches!(sampler.kind, Kind::Sequential), "{sampler:?}");
        }
    }
}

#[test]
fn a_subset_has_the_same_order_over_its_indices() {
    let part: Vec<u32> = (0..20).map(|item| 1000 - 3 * item).collect();
    // A data set of 1001 samples that is a part of a larger one itself.
    let outer: Vec<u32> = (0..1001).map(|item| item + 50).collect();
    for sampler in samplers() {
        assert_eq!(sampler.largest(), Some(19));
        let subset = sampler.subset(part.clone()).expect("fits");
        assert_eq!((subset.len(), subset.largest()), (sampler.len(), Some(1000)));
        let expected: Vec<u32> = indices(&sampler, KEY).into_iter().map(|item| 1000 - 3 * item).collect();
        assert_eq!(indices(&subset, KEY), expected);
        let nested = subset.subset(outer.clone()).expect("covers");
        assert_eq!(indices(&nested, KEY), expected.iter().map(|index| index + 50).collect::<Vec<_>>());
    }
}

#[test]
fn samples_without_replacement_are_the_first_of_whole_rounds() {
    let all = indices(&Sampler::shuffled(10).expect("fits"), KEY);
    assert_eq!(indices(&Sampler::reshuffled(10, 4).expect("fits"), KEY), all[..4]);
    let rounds = indices(&Sampler::reshuffled(10, 25).expect("fits"), KEY);
    assert_eq!(rounds[..10], all);
    let mut second = rounds[10..20].to_vec();
    assert_ne!(second, all);
    second.sort_unstable();
    assert_eq!(second, (0..10).collect::<Vec<_>>());
}

#[test]
fn nothing_to_sample_is_an_empty_order() {
    for sampler in [Sampler::sequential(0), Sampler::shuffled(0)] {
        let sampler = sampler.expect("fits");
        assert_eq!((sampler.len(), sampler.largest(), indices(&sampler, KEY)), (0, None, vec![]));
        assert_eq!(sampler.subset(vec![]).expect("fits").largest(), None);
    }
}

#[test]
#[should_panic(expected = "position 20 of an order of 20")]
fn positions_end_at_the_length() {
    let _ = Sampler::sequential(20).expect("fits").order(KEY).get(20);
}

#[test]
fn what_cannot_be_sampled_is_refused() {
    let nan = f64::NAN;
    let subset = Sampler::sequential(2).and_then(|sampler| sampler.subset(vec![0, 7])).expect("fits");
    for (result, expected) in [
        (Sampler::sequential(1 << 32), "items = 4294967296; allowed: at most 4294967295"),
        (Sampler::shuffled(1 << 32), "items = 4294967296; allowed: at most 4294967295"),
        (Sampler::reshuffled(3, 0), "num_samples = 0; allowed: 1 or more"),
        (Sampler::reshuffled(0, 3), "items = 0; allowed: 1 or more"),
        (Sampler::reshuffled(3, 1 << 32), "num_samples = 4294967296; allowed: at most 4294967295"),
        (Sampler::weighted(&[1.0], 0, true), "num_samples = 0; allowed: 1 or more"),
        (Sampler::weighted(&[1.0, nan], 1, true), "weights[1] = NaN; allowed: finite numbers of at least 0"),
        (Sampler::weighted(&[f64::INFINITY], 1, true), "weights[0] = inf; allowed: finite numbers of at least 0"),
        (Sampler::weighted(&[1.0, -0.5], 1, false), "weights[1] = -0.5; allowed: finite numbers of at least 0"),
        (Sampler::weighted(&[0.0; 3], 1, true), "none of 3 weights is above 0; allowed: at least one"),
        (Sampler::weighted(&[], 1, true), "none of 0 weights is above 0; allowed: at least one"),
        (
            Sampler::weighted(&[1.0, 0.0, 2.0], 3, false),
            "num_samples = 3 without replacement; allowed: 1 to 2, the weights above 0",
        ),
        (Sampler::balanced(&[1], 0), "num_samples = 0; allowed: 1 or more"),
        (Sampler::balanced(&[], 1), "items = 0; allowed: 1 or more"),
        (
            Sampler::shuffled(3).and_then(|sampler| sampler.subset(vec![1])),
            "1 indices for 3 items; allowed: as many of each",
        ),
        (subset.subset(vec![0; 7]), "7 indices; allowed: more than 7, which is asked for"),
    ] {
        assert_eq!(result.expect_err(expected).to_string(), expected);
    }
}
