//! Flips, quarter turns and crops: of pixels they move a view and no byte, of `float32` values they copy.

use super::super::view::View;
use super::float::FloatWork;
use super::op::{Draw, FloatOp, PixelOp};
use super::reads::Reads;
use super::work::Work;
use crate::random::Stream;

/// What moves a view of pixels, after its draws.
pub(super) trait Move: std::fmt::Debug + Send + Sync {
    fn apply(&self, view: &mut View, stream: &mut Stream);
}

/// Mirrors each of some axes.
#[derive(Debug, Clone)]
pub(super) struct Flip {
    pub p: f64,
    pub axes: Vec<usize>,
}

impl Move for Flip {
    fn apply(&self, view: &mut View, stream: &mut Stream) {
        for &axis in &self.axes {
            if stream.chance(self.p) {
                view.flip(axis);
            }
        }
    }
}

/// One to three quarter turns in one of some planes.
#[derive(Debug, Clone)]
pub(super) struct Turn {
    pub p: f64,
    pub planes: Vec<[usize; 2]>,
}

impl Move for Turn {
    #[allow(clippy::cast_possible_truncation, reason = "at most three planes")]
    fn apply(&self, view: &mut View, stream: &mut Stream) {
        if stream.chance(self.p) {
            let turns = 1 + stream.below(3);
            let plane = if self.planes.len() > 1 { stream.below(self.planes.len() as u32) as usize } else { 0 };
            view.rot90(turns, self.planes[plane]);
        }
    }
}

/// A part of fixed lengths, at a fixed place or a random one.
#[derive(Debug, Clone)]
pub(super) struct Crop {
    pub size: [usize; 3],
    pub start: Option<[usize; 3]>,
}

impl Move for Crop {
    #[allow(clippy::cast_possible_truncation, reason = "axes are shorter than 2^32")]
    fn apply(&self, view: &mut View, stream: &mut Stream) {
        for axis in 0..3 {
            let start = match self.start {
                Some(start) => start[axis],
                None if view.len[axis] == self.size[axis] => 0,
                None => stream.below((view.len[axis] - self.size[axis]) as u32 + 1) as usize,
            };
            view.crop(axis, start, self.size[axis]);
        }
    }
}

/// A move of pixels.
#[derive(Debug)]
pub(super) struct Moved<M>(pub M);

impl<M: Move> PixelOp for Moved<M> {
    fn run(&self, work: &mut Work<'_>, draw: Draw) {
        self.0.apply(&mut work.view, &mut draw.stream());
    }

    fn reads(&self, view: &mut View, draw: Draw) -> Reads {
        self.0.apply(view, &mut draw.stream());
        Reads::Nothing
    }
}

impl<M: Move> FloatOp for Moved<M> {
    fn run(&self, work: &mut FloatWork<'_>, draw: Draw) {
        let mut view = View::packed(work.len, 1);
        self.0.apply(&mut view, &mut draw.stream());
        if view == View::packed(work.len, 1) {
            return;
        }
        work.map(view.len, |_, plane, out| {
            for (row, first) in out.chunks_exact_mut(view.len[2]).zip(view.rows()) {
                let mut at = first;
                for value in row {
                    *value = plane[at];
                    at = at.wrapping_add_signed(view.step[2]);
                }
            }
        });
    }

    fn in_place(&self) -> bool {
        false
    }
}
