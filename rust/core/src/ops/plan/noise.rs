//! Noise and factors on values.

use super::float::FloatWork;
use super::op::{Draw, FloatOp, PixelOp};
use super::work::Work;

/// torchvision's v2 `GaussianNoise`.
#[derive(Debug, Clone)]
pub(super) struct Noise {
    pub mean: f64,
    pub sigma: f64,
    pub clip: bool,
}

impl PixelOp for Noise {
    /// Noise of mean and sigma × 255, truncated, and added; without `clip` the sum wraps around.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "as the reference does")]
    fn run(&self, work: &mut Work<'_>, draw: Draw) {
        let mut stream = draw.stream();
        work.edit(|image| {
            for pair in image.pixels.chunks_mut(2) {
                for (value, normal) in pair.iter_mut().zip(stream.normals()) {
                    let noise = (self.mean * 255.0 + normal * self.sigma * 255.0) as i16;
                    let sum = i32::from(*value) + i32::from(noise);
                    *value = if self.clip { sum.clamp(0, 255) as u8 } else { sum as u8 };
                }
            }
        });
    }
}

impl FloatOp for Noise {
    #[allow(clippy::cast_possible_truncation, reason = "noise is float32")]
    fn run(&self, work: &mut FloatWork<'_>, draw: Draw) {
        let mut stream = draw.stream();
        for pair in work.values().chunks_mut(2) {
            for (value, normal) in pair.iter_mut().zip(stream.normals()) {
                *value += (self.mean + normal * self.sigma) as f32;
                if self.clip {
                    *value = value.clamp(0.0, 1.0);
                }
            }
        }
    }
}

/// `(x - mean) / std` where a step before it left no table to put it into.
#[derive(Debug)]
pub(super) struct Normalize {
    pub mean: Vec<f32>,
    pub std: Vec<f32>,
}

impl FloatOp for Normalize {
    fn run(&self, work: &mut FloatWork<'_>, _draw: Draw) {
        let last = self.mean.len() - 1;
        for (channel, plane) in work.planes().enumerate() {
            let (mean, std) = (self.mean[channel.min(last)], self.std[channel.min(last)]);
            for value in plane {
                *value = (*value - mean) / std;
            }
        }
    }
}

/// The `Transform3D` of the MedMNIST experiments: times a number of 0…1, or one half.
#[derive(Debug)]
pub(super) struct Scale {
    pub train: bool,
}

impl FloatOp for Scale {
    #[allow(clippy::cast_possible_truncation, reason = "the factor of float32 values")]
    fn run(&self, work: &mut FloatWork<'_>, draw: Draw) {
        let factor = if self.train { draw.stream().unit() as f32 } else { 0.5 };
        work.values().iter_mut().for_each(|value| *value *= factor);
    }
}
