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

/// `x / 255` as below, then one multiply-add: exact where std is a power of two, as the usual 0.5.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scaled {
    factor: f32,
    term: f32,
}

/// `x / 255`, minus mean, over std. Both divisions are products with the reciprocal to twice the precision, in two
/// operations: nearly always the correctly rounded quotient.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Corrected {
    mean: f32,
    std: Reciprocal,
}

impl Formula for Brief {
    #[inline(always)]
    fn apply(self, value: f32) -> f32 {
        value.mul_add(self.factor, self.term)
    }
}

impl Formula for Scaled {
    #[inline(always)]
    fn apply(self, value: f32) -> f32 {
        (value / const { Reciprocal::of(255.0) }).mul_add(self.factor, self.term)
    }
}

impl Formula for Corrected {
    #[inline(always)]
    fn apply(self, value: f32) -> f32 {
        (value / const { Reciprocal::of(255.0) } - self.mean) / self.std
    }
}

/// What dividing by a number multiplies with: its reciprocal, and what rounding that took away.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Reciprocal {
    rounded: f32,
    rest: f32,
}

impl Reciprocal {
    #[allow(clippy::cast_possible_truncation, reason = "what is lost is the rest")]
    const fn of(divisor: f32) -> Self {
        let exact = 1.0 / divisor as f64;
        let rounded = exact as f32;
        Self { rounded, rest: (exact - rounded as f64) as f32 }
    }
}

impl std::ops::Div<Reciprocal> for f32 {
    type Output = Self;

    #[inline(always)]
    #[allow(clippy::suspicious_arithmetic_impl, reason = "that is what a reciprocal is for")]
    fn div(self, by: Reciprocal) -> Self {
        self.mul_add(by.rounded, self * by.rest)
    }
}

/// One formula per channel, all of one kind.
#[derive(Debug)]
pub(super) enum Formulas {
    Brief(Vec<Brief>),
    Scaled(Vec<Scaled>),
    Corrected(Vec<Corrected>),
}

impl Formulas {
    /// Formulas whose answers all agree with the tables'.
    pub(super) fn find(tables: &[Table], agree: impl Fn(f32, f32) -> bool) -> Option<Self> {
        let parameters: Vec<(f32, f32)> = tables.iter().map(|table| table.formula).collect::<Option<_>>()?;
        let brief = |&(mean, std): &(f32, f32)| Brief { factor: 1.0 / (255.0 * std), term: -mean / std };
        let scaled = |&(mean, std): &(f32, f32)| Scaled { factor: 1.0 / std, term: -mean / std };
        let corrected = |&(mean, std): &(f32, f32)| Corrected { mean, std: Reciprocal::of(std) };
        let briefs: Vec<Brief> = parameters.iter().map(brief).collect();
        if all_agree(tables, &briefs, &agree) {
            return Some(Self::Brief(briefs));
        }
        let scaleds: Vec<Scaled> = parameters.iter().map(scaled).collect();
        if all_agree(tables, &scaleds, &agree) {
            return Some(Self::Scaled(scaleds));
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
