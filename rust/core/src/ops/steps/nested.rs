//! Steps made of steps.

use super::Step;
use super::check::{probability, require};
use crate::Result;

/// Branches of one step.
const MOST: usize = 64;

impl Step {
    /// All of `steps` with probability `p`, or none.
    pub fn random_apply(p: f64, steps: Vec<Self>) -> Result<Self> {
        Ok(Self::RandomApply { p: probability("RandomApply", p)?, steps })
    }

    /// One of the branches, by its weight.
    pub fn random_choice(weights: Vec<f64>, branches: Vec<Vec<Self>>) -> Result<Self> {
        const NAME: &str = "RandomChoice";
        let count = branches.len();
        require((1..=MOST).contains(&count), NAME, format!("{count} transforms"), "1 to 64")?;
        let fits = weights.len() == count && weights.iter().all(|weight| weight.is_finite() && *weight >= 0.0);
        let allowed = "a number of at least 0 for each transform, not all 0";
        require(fits && weights.iter().sum::<f64>() > 0.0, NAME, format!("p = {weights:?}"), allowed)?;
        Ok(Self::RandomChoice { weights, branches })
    }

    /// All branches, in random order.
    pub fn random_order(branches: Vec<Vec<Self>>) -> Result<Self> {
        let count = branches.len();
        require(count <= MOST, "RandomOrder", format!("{count} transforms"), "at most 64")?;
        Ok(Self::RandomOrder { branches })
    }
}
