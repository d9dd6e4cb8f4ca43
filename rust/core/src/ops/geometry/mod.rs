//! Where pixels go: crops, pads, flips, rotations and affine transforms, each byte for byte what Pillow, torchvision or
//! NumPy give. Nothing here draws a random number, and nothing allocates.

pub mod affine;
pub mod crop;
pub mod flips;
mod interpolate;
pub mod rotate;
pub mod volume;

#[cfg(test)]
mod tests;
