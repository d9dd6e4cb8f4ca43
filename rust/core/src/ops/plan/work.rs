//! One sample on its way through the steps on `uint8`: where its bytes are, and what is still to be done to them.

use super::super::colour::tables;
use super::super::image::{Image, ImageMut};
use super::super::view::View;
use super::gather::gather;
use super::resize::Resizers;

/// A table for each of up to three channels.
pub(in crate::ops) type Luts = [[u8; 256]; 3];

/// Memory that a sample passes through; grown once and used for the next one.
#[derive(Debug, Default)]
pub(in crate::ops) struct Buffers {
    pixels: [Vec<u8>; 2],
    /// What kernels need for themselves.
    pub kernel: Vec<u8>,
    /// What steps compute in `float32`.
    pub floats: Vec<f32>,
    /// An image that a step needs again.
    pub kept: Vec<u8>,
    /// Weights that change from sample to sample.
    pub resizers: Resizers,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Source,
    Buffer(usize),
}

impl Place {
    /// The buffer that is free.
    fn other(self) -> usize {
        usize::from(self == Self::Buffer(0))
    }
}

/// The sample. Crops, flips and quarter turns are kept as a view and tables are composed until a step needs the bytes.
#[derive(Debug)]
pub(in crate::ops) struct Work<'a> {
    source: &'a [u8],
    pub buffers: &'a mut Buffers,
    place: Place,
    pub view: View,
    pub channels: usize,
    /// What pixel values have yet to become.
    luts: Option<Luts>,
}

impl<'a> Work<'a> {
    /// A packed sample.
    pub(in crate::ops) fn new(source: &'a [u8], len: [usize; 3], channels: usize, buffers: &'a mut Buffers) -> Self {
        Self { source, buffers, place: Place::Source, view: View::packed(len, channels), channels, luts: None }
    }

    /// Maps the values of each channel, after all that was asked for before.
    pub(in crate::ops) fn look_up(&mut self, next: &Luts) {
        match &mut self.luts {
            None => self.luts = Some(*next),
            Some(luts) => {
                for (lut, next) in luts.iter_mut().zip(next) {
                    *lut = tables::then(lut, next);
                }
            }
        }
    }

    /// The image, packed, with everything done to it.
    pub(in crate::ops) fn image(&mut self) -> Image<'_> {
        self.settle();
        let (bytes, view, channels, _) = self.parts();
        let start = view.offset;
        let [_, height, width] = view.len;
        Image { pixels: &bytes[start..start + view.pixels() * channels], height, width, channels }
    }

    /// Puts another packed image of the same size in its place.
    pub(in crate::ops) fn replace(&mut self, pixels: &[u8]) {
        self.luts = None;
        self.edit(|image| image.pixels.copy_from_slice(pixels));
    }

    /// Edits the packed image in place.
    pub(in crate::ops) fn edit(&mut self, edit: impl FnOnce(ImageMut<'_>)) {
        self.settle();
        if self.place == Place::Source {
            self.copy();
        }
        let Place::Buffer(place) = self.place else { unreachable!("copied above") };
        let [_, height, width] = self.view.len;
        let (start, len, channels) = (self.view.offset, self.view.pixels() * self.channels, self.channels);
        let pixels = &mut self.buffers.pixels[place][start..start + len];
        edit(ImageMut { pixels, height, width, channels });
    }

    /// Makes another image of `height` × `width` of the packed one; the third argument is the kernels' memory.
    pub(in crate::ops) fn map(
        &mut self,
        [height, width]: [usize; 2],
        channels: usize,
        map: impl FnOnce(Image<'_>, ImageMut<'_>, &mut Vec<u8>),
    ) {
        self.settle();
        let next = self.place.other();
        let mut out = std::mem::take(&mut self.buffers.pixels[next]);
        let len = height * width * channels;
        if out.len() < len {
            out.resize(len, 0);
        }
        let mut kernel = std::mem::take(&mut self.buffers.kernel);
        map(self.image(), ImageMut { pixels: &mut out[..len], height, width, channels }, &mut kernel);
        self.buffers.kernel = kernel;
        self.buffers.pixels[next] = out;
        self.place = Place::Buffer(next);
        self.channels = channels;
        self.view = View::packed([1, height, width], channels);
    }

    /// The bytes and the view of them whose rows run forwards or backwards, for the last pass.
    pub(in crate::ops) fn finish(&mut self) -> (&[u8], View) {
        if self.luts.is_some() || self.view.step[2].unsigned_abs() != self.channels && self.view.len[2] > 1 {
            self.copy();
        }
        let (bytes, view, ..) = self.parts();
        (bytes, view)
    }

    fn parts(&self) -> (&[u8], View, usize, Option<&Luts>) {
        let bytes = match self.place {
            Place::Source => self.source,
            Place::Buffer(place) => &self.buffers.pixels[place],
        };
        (bytes, self.view, self.channels, self.luts.as_ref())
    }

    /// Packs the view and applies the tables, if there is anything of that to do.
    fn settle(&mut self) {
        if self.luts.is_some() || !self.view.is_packed(self.channels) {
            self.copy();
        }
    }

    /// Copies the view into the free buffer, through the tables.
    fn copy(&mut self) {
        let next = self.place.other();
        let mut out = std::mem::take(&mut self.buffers.pixels[next]);
        let len = self.view.pixels() * self.channels;
        if out.len() < len {
            out.resize(len, 0);
        }
        let (bytes, view, channels, luts) = self.parts();
        match channels {
            3 => gather::<3>(bytes, &view, luts, &mut out[..len]),
            _ => gather::<1>(bytes, &view, luts, &mut out[..len]),
        }
        self.buffers.pixels[next] = out;
        self.place = Place::Buffer(next);
        self.luts = None;
        self.view = View::packed(self.view.len, self.channels);
    }
}
