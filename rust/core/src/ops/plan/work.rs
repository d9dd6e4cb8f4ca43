//! One sample on its way through the steps on `uint8`: where its bytes are, and what is still to be done to them.

use std::ops::Range;

use super::super::colour::tables;
use super::super::image::{Image, ImageMut};
use super::super::resize::Resize;
use super::super::view::View;
use super::super::write::Writer;
use super::gather::gather;
use super::resize::Resizers;

/// Bytes of a resized image that are made, and written, at a time. While a strip leaves for memory past the caches the
/// next one is computed: at 224 pixels a quarter of the time for both.
const STRIP: usize = 8 << 10;

/// Kernels make this many rows at a time.
const ROWS: usize = 4;

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

/// A resize whose rows are still to be made; crops, flips and turns of its result are already in the view.
#[derive(Debug)]
struct Resizing {
    /// Where the resizer belongs.
    slot: usize,
    resize: Resize,
    /// First byte of the packed image that it is made of.
    start: usize,
}

/// The sample. Crops, flips and quarter turns are kept as a view and tables are composed until a step needs the bytes.
#[derive(Debug)]
pub(in crate::ops) struct Work<'a> {
    source: &'a [u8],
    pub buffers: &'a mut Buffers,
    place: Place,
    pub view: View,
    pub channels: usize,
    resizing: Option<Resizing>,
    /// What pixel values have yet to become.
    luts: Option<Luts>,
}

impl<'a> Work<'a> {
    /// A packed sample.
    pub(in crate::ops) fn new(source: &'a [u8], len: [usize; 3], channels: usize, buffers: &'a mut Buffers) -> Self {
        let view = View::packed(len, channels);
        Self { source, buffers, place: Place::Source, view, channels, resizing: None, luts: None }
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
        let len = height * width * channels;
        let mut out = self.free_buffer(len);
        let mut kernel = std::mem::take(&mut self.buffers.kernel);
        map(self.image(), ImageMut { pixels: &mut out[..len], height, width, channels }, &mut kernel);
        self.buffers.kernel = kernel;
        self.buffers.pixels[next] = out;
        self.place = Place::Buffer(next);
        self.channels = channels;
        self.view = View::packed([1, height, width], channels);
    }

    /// Resizes the image by what was taken from a slot. The rows of the result are made when they are needed.
    pub(in crate::ops) fn resize(&mut self, slot: usize, resize: Resize) {
        self.settle();
        let mut kernel = std::mem::take(&mut self.buffers.kernel);
        resize.begin(self.image(), &mut kernel);
        self.buffers.kernel = kernel;
        let (height, width) = resize.size();
        self.resizing = Some(Resizing { slot, resize, start: self.view.offset });
        self.view = View::packed([1, height, width], self.channels);
    }

    /// The last pass: writes the sample to `out`.
    pub(super) fn write(&mut self, writer: &Writer, past_caches: bool, out: &mut [u8]) {
        if let Some(resizing) = self.resizing.take_if(|resizing| {
            let pitch = resizing.resize.size().1 * self.channels;
            self.luts.is_none() && has_rows_of(&self.view, self.channels, pitch)
        }) {
            self.write_strips(resizing, writer, past_caches, out);
        } else {
            let (bytes, view) = self.finish();
            writer.write(bytes, &view, 0, past_caches, out);
        }
    }

    /// Makes the rows of a resized image that are in view, and writes each strip of them at once.
    fn write_strips(&mut self, resizing: Resizing, writer: &Writer, past_caches: bool, out: &mut [u8]) {
        let View { offset, len: [_, height, width], step } = self.view;
        let pitch = resizing.resize.size().1 * self.channels;
        let (first, column) = (offset / pitch, offset % pitch);
        let backwards = step[1] < 0;
        let rows = if backwards { first + 1 - height..first + 1 } else { first..first + height };
        let count = (STRIP / pitch).max(1).next_multiple_of(ROWS);
        let mut strip = self.free_buffer(count * pitch);
        for start in rows.clone().step_by(count) {
            let end = rows.end.min(start + count);
            let strip = &mut strip[..(end - start) * pitch];
            self.make_rows(&resizing, start..end, strip);
            let (top, before) = if backwards { (end - start - 1, rows.end - end) } else { (0, start - rows.start) };
            let view = View { offset: top * pitch + column, len: [1, end - start, width], step };
            writer.write(strip, &view, before * width, past_caches, out);
        }
        self.buffers.pixels[self.place.other()] = strip;
        self.buffers.resizers.put_back(resizing.slot, resizing.resize);
    }

    /// Makes all rows of a resized image.
    fn finish_resize(&mut self) {
        let Some(resizing) = self.resizing.take() else { return };
        let (height, width) = resizing.resize.size();
        let len = height * width * self.channels;
        let mut out = self.free_buffer(len);
        self.make_rows(&resizing, 0..height, &mut out[..len]);
        let next = self.place.other();
        self.buffers.pixels[next] = out;
        self.place = Place::Buffer(next);
        self.buffers.resizers.put_back(resizing.slot, resizing.resize);
    }

    fn make_rows(&self, resizing: &Resizing, rows: Range<usize>, out: &mut [u8]) {
        let (bytes, _, channels, _) = self.parts();
        let (height, width) = resizing.resize.image_size();
        let pixels = &bytes[resizing.start..][..height * width * channels];
        resizing.resize.rows(Image { pixels, height, width, channels }, &self.buffers.kernel, rows, out);
    }

    /// The buffer that is free, of `len` bytes or more.
    fn free_buffer(&mut self, len: usize) -> Vec<u8> {
        let mut out = std::mem::take(&mut self.buffers.pixels[self.place.other()]);
        if out.len() < len {
            out.resize(len, 0);
        }
        out
    }

    /// The bytes and the view of them whose rows run forwards or backwards.
    fn finish(&mut self) -> (&[u8], View) {
        self.finish_resize();
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
        self.finish_resize();
        if self.luts.is_some() || !self.view.is_packed(self.channels) {
            self.copy();
        }
    }

    /// Copies the view into the free buffer, through the tables.
    fn copy(&mut self) {
        let next = self.place.other();
        let len = self.view.pixels() * self.channels;
        let mut out = self.free_buffer(len);
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

/// Whether each row of a view is part of a row of an image of `pitch` bytes, and neighbours are neighbours.
fn has_rows_of(view: &View, channels: usize, pitch: usize) -> bool {
    let [_, height, width] = view.len;
    view.step[2].unsigned_abs() == channels
        && width * channels <= pitch
        && (height == 1 || view.step[1].unsigned_abs() == pitch)
}
