//! Which part of an image becomes the result, and which passes that takes; Pillow's own decisions (`_imaging.c` and
//! `Resample.c`), because they show in the bytes.

use super::filter::Filter;
use crate::{Error, Result};

/// Lengths from here on are not exact as `f32`, in which Pillow computes boxes.
const TOO_LONG: usize = 1 << 24;

/// Whole pixels of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crop {
    /// First row.
    pub top: usize,
    /// First column.
    pub left: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

/// How the result is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Path {
    /// Whole pixels in the size they have.
    Copy { top: usize, left: usize },
    /// One pixel for each.
    Nearest,
    /// One or two passes of weighted sums.
    Passes { horizontal: bool, vertical: bool, rows_first: bool },
}

/// Sizes that fit each other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Geometry {
    /// (height, width) of the whole image.
    pub(super) image: (usize, usize),
    /// What filters can see of it.
    pub(super) view: Crop,
    /// Left, upper, right and lower edge of what becomes the result, in the view.
    pub(super) region: [f32; 4],
    /// (height, width) of the result.
    pub(super) to: (usize, usize),
    pub(super) path: Path,
}

impl Geometry {
    /// Resizes a part of an image, all of which is in view.
    pub(super) fn new(
        filter: Filter,
        image: (usize, usize),
        region: Option<[f32; 4]>,
        to: (usize, usize),
    ) -> Result<Self> {
        check_size("an image to resize", image)?;
        let view = Crop { top: 0, left: 0, height: image.0, width: image.1 };
        let region = match region {
            Some(region) => checked_region(region, image)?,
            None => whole(image),
        };
        Self::in_view(filter, image, view, region, to)
    }

    /// Resizes what is cut out of an image.
    pub(super) fn of_crop(filter: Filter, image: (usize, usize), crop: Crop, to: (usize, usize)) -> Result<Self> {
        let Crop { top, left, height, width } = crop;
        let fits = |start: usize, length: usize, whole| {
            length > 0 && start.checked_add(length).is_some_and(|end| end <= whole)
        };
        if !fits(top, height, image.0) || !fits(left, width, image.1) {
            return Err(Error::invalid(format!(
                "crop of {height} x {width} pixels at ({top}, {left}); allowed: at least 1 x 1 within an image of {} x {}",
                image.0, image.1
            )));
        }
        Self::in_view(filter, image, crop, whole((height, width)), to)
    }

    fn in_view(
        filter: Filter,
        image: (usize, usize),
        view: Crop,
        region: [f32; 4],
        to: (usize, usize),
    ) -> Result<Self> {
        check_size("size to resize to", to)?;
        let path = path(filter, (view.height, view.width), region, to);
        Ok(Self { image, view, region, to, path })
    }
}

fn check_size(what: &str, (height, width): (usize, usize)) -> Result<()> {
    let allowed = 1..TOO_LONG;
    if allowed.contains(&height) && allowed.contains(&width) {
        return Ok(());
    }
    let longest = TOO_LONG - 1;
    Err(Error::invalid(format!("{what}: {height} x {width} pixels; allowed: 1 to {longest} on each side")))
}

/// Pillow's rules: edges within the image, in order; a box may have no area (it is then one point or line).
fn checked_region(region: [f32; 4], image: (usize, usize)) -> Result<[f32; 4]> {
    let [left, upper, right, lower] = region;
    let [_, _, width, height] = whole(image);
    // Comparisons with NaN are false.
    if left >= 0.0 && upper >= 0.0 && right <= width && lower <= height && left <= right && upper <= lower {
        return Ok(region);
    }
    Err(Error::invalid(format!(
        "box ({left}, {upper}, {right}, {lower}); allowed: left, upper, right, lower edge with \
         0 <= left <= right <= {width} and 0 <= upper <= lower <= {height}"
    )))
}

#[allow(clippy::cast_precision_loss, reason = "lengths are below 2^24")]
fn whole((height, width): (usize, usize)) -> [f32; 4] {
    [0.0, 0.0, width as f32, height as f32]
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::float_cmp,
    reason = "the comparisons and casts of the reference; edges are at least 0"
)]
fn path(filter: Filter, view: (usize, usize), region: [f32; 4], to: (usize, usize)) -> Path {
    let [left, upper, right, lower] = region;
    let [_, _, width, height] = whole(to);
    if left.fract() == 0.0 && right - left == width && upper.fract() == 0.0 && lower - upper == height {
        return Path::Copy { top: upper as usize, left: left as usize };
    }
    if filter == Filter::Nearest {
        return Path::Nearest;
    }
    // More than twice as many rows as columns get lost; columns may also be won.
    let rows_first = view.0 > to.0 && view.0 + 2 * to.1 > to.0 + 2 * view.1;
    Path::Passes {
        horizontal: view.1 != to.1 || left != 0.0 || right != width,
        vertical: view.0 != to.0 || upper != 0.0 || lower != height,
        rows_first,
    }
}
