//! Steps made of steps.

use super::super::view::View;
use super::float::FloatWork;
use super::op::{Draw, FloatOp, Numbered, PixelOp};
use super::reads::Reads;
use super::work::Work;

/// Which of the steps inside run, and in which order.
#[derive(Debug)]
pub(super) enum Rule {
    /// All with this probability, or none.
    Apply(f64),
    /// One branch, by these weights.
    Choice(Vec<f64>),
    /// All branches in random order; there are at most 64.
    Order,
}

#[derive(Debug)]
pub(super) struct Group<O: ?Sized> {
    pub rule: Rule,
    pub branches: Vec<Vec<Numbered<O>>>,
}

impl<O: ?Sized> Group<O> {
    fn each(&self, draw: Draw, mut run: impl FnMut(&Numbered<O>)) {
        let mut stream = draw.stream();
        match &self.rule {
            Rule::Apply(p) => {
                if stream.chance(*p) {
                    self.branches.iter().flatten().for_each(run);
                }
            }
            Rule::Choice(weights) => {
                let mut left = stream.unit() * weights.iter().sum::<f64>();
                let chosen = weights.iter().position(|weight| {
                    left -= weight;
                    left < 0.0
                });
                // Rounding can leave a trifle; then it is the last one that can be chosen at all.
                let chosen = chosen.or_else(|| weights.iter().rposition(|weight| *weight > 0.0));
                chosen.iter().flat_map(|&chosen| &self.branches[chosen]).for_each(run);
            }
            Rule::Order => {
                let mut order: [usize; 64] = std::array::from_fn(|branch| branch);
                let order = &mut order[..self.branches.len()];
                stream.shuffle(order);
                for &branch in &*order {
                    self.branches[branch].iter().for_each(&mut run);
                }
            }
        }
    }
}

impl PixelOp for Group<dyn PixelOp> {
    fn run(&self, work: &mut Work<'_>, draw: Draw) {
        self.each(draw, |step| step.op.run(work, draw.of(step)));
    }

    fn reads(&self, view: &mut View, draw: Draw) -> Reads {
        let mut reads = Reads::Nothing;
        self.each(draw, |step| {
            if reads == Reads::Nothing {
                reads = step.op.reads(view, draw.of(step));
            }
        });
        reads
    }
}

impl FloatOp for Group<dyn FloatOp> {
    fn run(&self, work: &mut FloatWork<'_>, draw: Draw) {
        self.each(draw, |step| step.op.run(work, draw.of(step)));
    }

    fn in_place(&self) -> bool {
        self.branches.iter().flatten().all(|step| step.op.in_place())
    }
}
