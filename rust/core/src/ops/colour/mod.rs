//! What colours become: the enhancements, tables and conversions of Pillow and torchvision, byte for byte. Nothing here
//! draws a random number, and nothing allocates.
//!
//! Operations that treat every value of a channel alike are [`tables::Table`]s, so that several of them can be made one
//! ([`tables::then`]) before a pixel is touched.

pub(super) mod blur;
pub(super) mod enhance;
pub(super) mod grey;
pub(super) mod histogram;
pub(super) mod hue;
pub(super) mod lookup;
pub(super) mod tables;

#[cfg(test)]
mod tests;
