//! Images as PNG files.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use png::{BitDepth, ColorType, Compression, Encoder};

use crate::{Error, Result};

/// Height, width and channels (1 or 3) of images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Lines.
    pub height: u32,
    /// Pixels of a line.
    pub width: u32,
    /// Whether a pixel is red, green and blue, not grey.
    pub is_rgb: bool,
}

impl Shape {
    fn byte_len(self) -> Option<usize> {
        let pixels = (self.height as usize).checked_mul(self.width as usize)?;
        pixels.checked_mul(if self.is_rgb { 3 } else { 1 })
    }
}

/// Write each image to its path, on so many threads. Files of those names are overwritten; after an error no more are
/// begun.
pub fn write(images: &[u8], shape: Shape, paths: &[PathBuf], threads: usize) -> Result<()> {
    let len = shape.byte_len().filter(|&len| len > 0 && len.checked_mul(paths.len()) == Some(images.len()));
    let len = len
        .ok_or_else(|| Error::invalid(format!("{} bytes are not {} images of {shape:?}", images.len(), paths.len())))?;
    let next = AtomicUsize::new(0);
    let work = || {
        // Memory for one file, used again for the next.
        let mut file = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let (Some(path), Some(image)) = (paths.get(index), images.chunks_exact(len).nth(index)) else {
                return Ok(());
            };
            file.clear();
            let done = encode(image, shape, &mut file)
                .and_then(|()| fs::write(path, &file).map_err(|source| Error::Io { path: path.clone(), source }));
            if done.is_err() {
                next.store(paths.len(), Ordering::Relaxed);
                return done;
            }
        }
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads.min(paths.len())).map(|_| scope.spawn(work)).collect();
        let own = work();
        others
            .into_iter()
            .map(|other| other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .fold(own, Result::and)
    })
}

fn encode(image: &[u8], shape: Shape, file: &mut Vec<u8>) -> Result<()> {
    let mut encoder = Encoder::new(file, shape.width, shape.height);
    encoder.set_color(if shape.is_rgb { ColorType::Rgb } else { ColorType::Grayscale });
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Fast);
    let written = encoder.write_header().and_then(|mut writer| {
        writer.write_image_data(image)?;
        writer.finish()
    });
    written.map_err(|error| Error::invalid(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(path: &PathBuf) -> (ColorType, Vec<u8>) {
        let file = std::io::BufReader::new(fs::File::open(path).expect("written"));
        let mut reader = png::Decoder::new(file).read_info().expect("a PNG file");
        let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
        let info = reader.next_frame(&mut pixels).expect("an image");
        (info.color_type, pixels)
    }

    #[test]
    fn files_hold_the_pixels() {
        let folder = std::env::temp_dir().join(format!("medmnist-pictures-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let pixels: Vec<u8> = (0..5 * 7 * 3 * 4_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        for (is_rgb, count, threads) in [(true, 4, 1), (true, 4, 3), (false, 12, 2), (false, 12, 0)] {
            let shape = Shape { height: 5, width: 7, is_rgb };
            let paths: Vec<PathBuf> = (0..count).map(|index| folder.join(format!("{index}.png"))).collect();
            write(&pixels, shape, &paths, threads).expect("files");
            let colour = if is_rgb { ColorType::Rgb } else { ColorType::Grayscale };
            for (path, image) in paths.iter().zip(pixels.chunks(pixels.len() / count)) {
                assert_eq!(decode(path), (colour, image.to_vec()));
            }
        }
        fs::remove_dir_all(&folder).expect("removed");
    }

    #[test]
    fn what_cannot_be_written_is_named() {
        let shape = Shape { height: 1, width: 2, is_rgb: false };
        let nowhere = [PathBuf::from("no/such/folder/0.png")];
        let error = write(&[1, 2], shape, &nowhere, 2).expect_err("no folder");
        assert!(error.to_string().contains("no/such/folder/0.png"), "{error}");
        assert!(write(&[1, 2, 3], shape, &nowhere, 1).is_err());
        assert!(write(&[], Shape { height: 0, ..shape }, &nowhere, 1).is_err());
    }
}
