//! Times every case: `make bench-micro` (`ARGS="resize"` for those whose name has that in it).

use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_main};
use micro_bench::{Amount, cases};

fn benches() {
    // All of them in three minutes; criterion's options on the command line say otherwise.
    let criterion = Criterion::default().sample_size(50).warm_up_time(Duration::from_millis(500));
    let mut criterion = criterion.measurement_time(Duration::from_secs(2)).configure_from_args();
    for case in cases().expect("valid parameters") {
        let (group, name) = case.name.split_once('/').expect("group/what");
        let mut group = criterion.benchmark_group(group);
        group.throughput(match case.amount {
            Amount::Images(number) | Amount::Samples(number) => Throughput::Elements(number),
            Amount::Bytes(number) => Throughput::Bytes(number),
        });
        // Prepared when it is asked for, so that a filter saves the time of the others' data.
        let mut run = None;
        group.bench_function(name, |bencher| {
            let run = run.get_or_insert_with(|| case.prepare().expect("valid data"));
            bencher.iter(run);
        });
        group.finish();
    }
    criterion.final_summary();
}

criterion_main!(benches);
