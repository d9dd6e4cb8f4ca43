//! What `benches/instructions.py` runs under callgrind. Without arguments: the cases whose instructions can be counted,
//! a line each, with how much a run does and of what. With `NAME RUNS`: the runs of that case.

use micro_bench::{Failure, cases};

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let countable = cases()?.into_iter().filter(|case| case.is_countable);
    match &arguments[..] {
        [] => countable.for_each(|case| {
            let (amount, unit) = case.amount.parts();
            println!("{} {amount} {unit}", case.name);
        }),
        [name, runs] => {
            let mut run = countable.into_iter().find(|case| case.name == *name).ok_or("no such case")?.prepare()?;
            (0..runs.parse::<usize>()?).for_each(|_| run());
        }
        _ => return Err("give nothing, or a case and a number of runs".into()),
    }
    Ok(())
}
