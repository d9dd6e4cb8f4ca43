//! What a compiled step can do, and where its randomness comes from.

use std::fmt::Debug;

use super::super::view::View;
use super::float::FloatWork;
use super::reads::Reads;
use super::work::Work;
use crate::random::{Key, Purpose, Stream};

/// The random numbers of one step for one sample.
#[derive(Debug, Clone, Copy)]
pub(super) struct Draw {
    key: Key,
    index: u32,
    number: u16,
}

impl Draw {
    pub(super) fn new(key: Key, index: u32, number: u16) -> Self {
        Self { key, index, number }
    }

    pub(super) fn stream(self) -> Stream {
        self.key.stream(Purpose::Transform(self.number), self.index)
    }

    /// Those of another step for the same sample.
    pub(super) fn of<O: ?Sized>(self, step: &Numbered<O>) -> Self {
        Self { number: step.number, ..self }
    }
}

/// A compiled step on `uint8` pixels.
pub(super) trait PixelOp: Debug + Send + Sync {
    fn run(&self, work: &mut Work<'_>, draw: Draw);

    /// What it will read, of the pixels in view, which it moves if it reads none.
    fn reads(&self, _view: &mut View, _draw: Draw) -> Reads {
        Reads::View
    }
}

/// A compiled step on `float32` values.
pub(super) trait FloatOp: Debug + Send + Sync {
    fn run(&self, work: &mut FloatWork<'_>, draw: Draw);

    /// Whether it needs no second buffer.
    fn in_place(&self) -> bool {
        true
    }
}

/// A compiled step and its position in the pipeline, which names its random numbers; steps inside others count too.
#[derive(Debug)]
pub(super) struct Numbered<O: ?Sized> {
    pub number: u16,
    pub op: Box<O>,
}
