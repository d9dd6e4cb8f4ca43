//! Colours: tables, and kernels that need their neighbours.

use super::super::steps::Step;
use super::op::{Draw, PixelOp};
use super::state::State;
use super::work::Work;
use crate::{Error, Result};

/// Grey to three channels.
#[derive(Debug)]
pub(super) struct Expand;

impl PixelOp for Expand {
    fn run(&self, work: &mut Work<'_>, _draw: Draw) {
        let [_, height, width] = work.view.len;
        work.map([height, width], 3, |image, out, _| {
            for (pixel, grey) in out.pixels.as_chunks_mut::<3>().0.iter_mut().zip(image.pixels) {
                *pixel = [*grey; 3];
            }
        });
    }
}

/// RGB to its luma, in 1 or 3 channels.
#[derive(Debug)]
pub(super) struct Grey {
    pub channels: usize,
}
impl PixelOp for Grey {
    fn run(&self, _work: &mut Work<'_>, _draw: Draw) {}
}

pub(super) fn add(state: &mut State, step: &Step) -> Result<String> {
    let _ = state.by_table();
    Err(Error::invalid(format!("{}", step.name())))
}
