//! Ranges of parameters.

use crate::{Error, Result};

/// A number as Python prints it.
pub(super) fn number(value: f64) -> String {
    if value.is_nan() { "nan".into() } else { format!("{value:?}") }
}

/// Refuses what `allowed` does not describe.
pub(super) fn require(holds: bool, step: &str, found: impl std::fmt::Display, allowed: &str) -> Result<()> {
    if holds { Ok(()) } else { Err(Error::invalid(format!("{step}: {found}; allowed: {allowed}"))) }
}

/// A probability.
pub(super) fn probability(step: &str, p: f64) -> Result<f64> {
    require((0.0..=1.0).contains(&p), step, format!("p = {p}"), "a probability in 0 to 1")?;
    Ok(p)
}

/// Two finite numbers in ascending order, both within `least` to `most`.
pub(super) fn range(step: &str, name: &str, [low, high]: [f64; 2], least: f64, most: f64) -> Result<[f64; 2]> {
    let allowed = match (least.is_finite(), most.is_finite()) {
        (true, true) => format!(" in {least} to {most}"),
        (true, false) => format!(" of at least {least}"),
        _ => String::new(),
    };
    require(
        low.is_finite() && high.is_finite() && low <= high && low >= least && high <= most,
        step,
        format!("{name} = ({}, {})", number(low), number(high)),
        &format!("two finite numbers{allowed}, the smaller one first"),
    )?;
    Ok([low, high])
}

/// Lengths of at least 1, one for all axes or one for each of 2 or 3.
pub(super) fn size(step: &str, size: Vec<usize>) -> Result<Vec<usize>> {
    let fits = (1..=3).contains(&size.len()) && size.iter().all(|&length| (1..=1 << 20).contains(&length));
    require(fits, step, format!("size = {size:?}"), "1 to 3 lengths of at least 1 and at most 1048576")?;
    Ok(size)
}

/// Values outside an image: one, or one per channel.
pub(super) fn fill(step: &str, fill: Vec<f64>) -> Result<Vec<f64>> {
    let fits = matches!(fill.len(), 1 | 3) && fill.iter().all(|value| value.is_finite());
    require(fits, step, format!("fill = {fill:?}"), "a finite number, or one per channel")?;
    Ok(fill)
}
