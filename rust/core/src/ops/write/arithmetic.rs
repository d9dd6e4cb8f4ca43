//! Formulas that give the same 256 answers as a table, and vectorise. A formula is tried on all 256 values of every
//! channel when a plan is compiled; if one of them differs, the plan keeps the tables.

use super::table::Table;

/// What turns a pixel value into its answer.
pub(super) trait Formula: Copy {
    fn apply(self, value: f32) -> f32;
}

/// One multiply-add: rarely exact in `float32`, nearly always after rounding to 16 bits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Brief {
    factor: f32,
    term: f32,
}

/// `x / 255`, minus mean, over std. Both divisions are products with the reciprocal, corrected by the remainder
/// (Markstein, "Computation of elementary functions on the IBM RISC System/6000 processor", 1990): the correctly rounded
/// quotient in three operations.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Corrected {
    mean: f32,
    std: f32,
    reciprocal: f32,
}

impl Formula for Brief {
    #[inline(always)]
    fn apply(self, value: f32) -> f32 {
        value.mul_add(self.factor, self.term)
    }
}

impl Formula for Corrected {
    #[inline(always)]
    fn apply(self, value: f32) -> f32 {
        divide(divide(value, 255.0, 1.0 / 255.0) - self.mean, self.std, self.reciprocal)
    }
}

#[inline(always)]
fn divide(value: f32, by: f32, reciprocal: f32) -> f32 {
    let quotient = value * reciprocal;
    quotient.mul_add(-by, value).mul_add(reciprocal, quotient)
}

/// One formula per channel, all of one kind.
#[derive(Debug)]
pub(super) enum Formulas {
    Brief(Vec<Brief>),
    Corrected(Vec<Corrected>),
}

impl Formulas {
    /// Formulas whose answers all agree with the tables'.
    pub(super) fn find(tables: &[Table], agree: impl Fn(f32, f32) -> bool) -> Option<Self> {
        let parameters: Vec<(f32, f32)> = tables.iter().map(|table| table.formula).collect::<Option<_>>()?;
        let brief = |&(mean, std): &(f32, f32)| Brief { factor: 1.0 / (255.0 * std), term: -mean / std };
        let corrected = |&(mean, std): &(f32, f32)| Corrected { mean, std, reciprocal: 1.0 / std };
        let briefs: Vec<Brief> = parameters.iter().map(brief).collect();
        if all_agree(tables, &briefs, &agree) {
            return Some(Self::Brief(briefs));
        }
        let correcteds: Vec<Corrected> = parameters.iter().map(corrected).collect();
        all_agree(tables, &correcteds, &agree).then_some(Self::Corrected(correcteds))
    }
}

fn all_agree(tables: &[Table], formulas: &[impl Formula], agree: &impl Fn(f32, f32) -> bool) -> bool {
    tables.iter().zip(formulas).all(|(table, formula)| {
        (0..=255u8).all(|value| agree(formula.apply(f32::from(value)), table.values[usize::from(value)]))
    })
}
