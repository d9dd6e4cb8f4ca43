//! Rotations and affine transforms, byte for byte what Pillow and torchvision give; of volumes as torch samples them.
//! Nothing here draws a random number, and nothing allocates.

pub(super) mod affine;
mod interpolate;
pub(super) mod rotate;
pub(super) mod volume;

#[cfg(test)]
mod tests;
