//! What will be read of a sample, before its turn comes: what its steps draw does not depend on others.

use super::Plan;
use super::op::Draw;
use crate::ops::ahead::{AT_ONCE, Ahead, NEAREST, prefetch};
use crate::ops::resize::Crop;
use crate::ops::view::View;
use crate::ops::write::stores::Stores;
use crate::random::Key;

/// What a step reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reads {
    /// Nothing, as it only moves the view.
    Nothing,
    /// All pixels, in the view's order.
    View,
    /// A part of the packed image, in any order.
    Part(Crop),
}

impl Reads {
    /// All of the packed image, in any order.
    pub(super) fn all(view: &View) -> Self {
        let [_, height, width] = view.len;
        Self::Part(Crop { top: 0, left: 0, height, width })
    }
}

impl Plan {
    /// What will be read of a sample, to be asked for meanwhile. What is small is asked for at once, and so is the beginning
    /// of what a processor guesses then, if it has no stores to fetch lines for.
    pub(super) fn ahead<'a>(&self, sample: &'a [u8], key: Key, index: u32, stores: Stores) -> Ahead<'a> {
        if sample.len() <= AT_ONCE {
            prefetch::<NEAREST>(sample);
            return Ahead::default();
        }
        let channels = self.input.channels();
        let (view, is_in_order) = self.reads(key, index);
        if !(stores == Stores::Past && is_in_order && view.is_one_run(channels)) {
            return Ahead::new(sample, &view, channels);
        }
        let run = &sample[view.in_memory_order().offset..][..view.pixels() * channels];
        let len = run.len().min(AT_ONCE);
        prefetch::<NEAREST>(if view.step[2] < 0 { &run[run.len() - len..] } else { &run[..len] });
        Ahead::default()
    }

    /// The pixels that a sample's first step to read any reads, or the last pass, and whether it does so in the view's order.
    fn reads(&self, key: Key, index: u32) -> (View, bool) {
        let channels = self.input.channels();
        let mut view = View::packed(self.input.len(), channels);
        let mut steps = self.pixel.iter().map(|step| step.op.reads(&mut view, Draw::new(key, index, step.number)));
        let reads = steps.find(|&reads| reads != Reads::Nothing);
        match reads {
            Some(Reads::Part(Crop { top, left, height, width })) if view.is_packed(channels) => {
                view.crop(1, top, height);
                view.crop(2, left, width);
                (view, false)
            }
            // What is not packed is packed first, in the view's order.
            _ => (view, true),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ops::{Filter, Output, Policy, SampleShape, Size, Step};

    const SIDE: usize = 24;

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let crop = |size: usize| Step::random_resized_crop([size; 2], [0.1, 0.6], [0.5, 2.0], Filter::Bilinear);
        let policy = Policy { rand: None, bins: 31, filter: Filter::Nearest, fill: vec![0.0] };
        let steps = [
            Step::random_horizontal_flip(0.5),
            Step::random_vertical_flip(0.5),
            Step::random_rotate90(0.5, None),
            Step::random_crop(vec![9, 9], None, false, vec![0.0], crate::ops::PadMode::Constant),
            Step::center_crop(vec![12, 12]),
            Step::resize(Size::Exactly(vec![16, 16]), Filter::Bilinear, None),
            crop(20),
            Step::random_rotation([-90.0, 90.0], Filter::Nearest, None, vec![0.0]),
            Step::random_policy(policy),
            Step::random_invert(0.5),
        ];
        let steps = steps.map(|step| step.expect("valid")).to_vec();
        let nested = [
            Step::random_apply(0.5, steps[..2].to_vec()),
            Step::random_choice(vec![1.0, 1.0], vec![vec![steps[1].clone()], vec![steps[7].clone()]]),
            Step::random_order(vec![vec![steps[0].clone()], vec![steps[7].clone()]]),
        ];
        let nested = nested.map(|step| step.expect("valid"));
        prop::collection::vec(prop::sample::select([&steps[..], &nested].concat()), 0..4)
    }

    proptest! {
        /// What is outside changes nothing; of what is only moved, nothing is outside.
        #[test]
        fn nothing_else_is_read(steps in steps(), channels in prop::sample::select(vec![1, 3]), seed: u64, index: u32) {
            let shape = SampleShape::Image { height: SIDE, width: SIDE, channels };
            let Ok(plan) = Plan::compile(&steps, shape, false, Output::default()) else { return Ok(()) };
            let key = Key { seed, epoch: 0 };
            let (view, _) = plan.reads(key, index);
            let sample: Vec<u8> = (0..shape.byte_len()).map(|at| (at * 167 % 253).to_le_bytes()[0]).collect();
            let mut other: Vec<u8> = sample.iter().map(|value| !value).collect();
            for row in view.rows() {
                for x in 0..view.len[2] {
                    let at = row.wrapping_add_signed(view.step[2] * x.cast_signed());
                    other[at..at + channels].copy_from_slice(&sample[at..at + channels]);
                }
            }
            let run = |sample: &[u8]| {
                let mut out = vec![0u8; plan.output_len()];
                plan.fill_samples(std::iter::once(index), |_| Some(sample), key, |_| {}, Stores::Near, &mut out);
                out
            };
            let made = run(&sample);
            prop_assert!(made == run(&other), "{plan:?}");
            let draw = |number| Draw::new(key, index, number);
            let mut all = plan.pixel.iter().map(|step| step.op.reads(&mut view.clone(), draw(step.number)));
            if all.all(|reads| reads == Reads::Nothing) {
                prop_assert_eq!(view.pixels() * channels, made.len());
            }
        }
    }
}
