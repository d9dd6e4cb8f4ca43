//! Formulas that give the same 256 answers as a table, and vectorise. A formula is tried on all 256 values of every
//! channel when a plan is compiled; if one of them differs, the plan keeps the tables.

use super::block::Floats;
use super::table::Table;

/// The constants of a formula, as many as it takes.
pub(super) type Constants<V> = [V; 3];

/// What turns pixel values into their answers.
pub(super) trait Formula: Copy {
    fn apply<V: Floats>(self, constants: Constants<V>, values: V) -> V;
}

/// One multiply-add: rarely exact in `float32`, nearly always after rounding to 16 bits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Brief;

/// `x / 255` as below, then one multiply-add: exact where std is a power of two, as the usual 0.5.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scaled;

/// `x / 255`, minus mean, over std. The second division is a product with the reciprocal to twice the precision, in two
/// operations: nearly always the correctly rounded quotient.
#[derive(Debug, Clone, Copy)]
pub(super) struct Corrected;

impl Formula for Brief {
    #[inline(always)]
    fn apply<V: Floats>(self, [factor, term, _]: Constants<V>, values: V) -> V {
        values.mul_add(factor, term)
    }
}

impl Formula for Scaled {
    #[inline(always)]
    fn apply<V: Floats>(self, [factor, term, _]: Constants<V>, values: V) -> V {
        of_255(values).mul_add(factor, term)
    }
}

impl Formula for Corrected {
    #[inline(always)]
    fn apply<V: Floats>(self, [minus_mean, rounded, rest]: Constants<V>, values: V) -> V {
        divided(of_255(values).mul_add(V::splat(1.0 / 256.0), minus_mean), [rounded, rest])
    }
}

/// `256 x / 255`, correctly rounded, and so 256 times what `x / 255` is rounded to: it is `x + x / 255`, and what the reciprocal
/// lacks counts 256 times less.
#[inline(always)]
fn of_255<V: Floats>(values: V) -> V {
    values.mul_add(V::splat(1.0 / 255.0), values)
}

/// Quotients, by the reciprocal of the divisor. Adding -0 to a product changes nothing.
#[inline(always)]
fn divided<V: Floats>(values: V, [rounded, rest]: [V; 2]) -> V {
    values.mul_add(rounded, values.mul_add(rest, V::splat(-0.0)))
}

/// What dividing by a number multiplies with: its reciprocal, and what rounding that took away.
#[allow(clippy::cast_possible_truncation, reason = "what is lost is the rest")]
fn reciprocal(divisor: f32) -> [f32; 2] {
    let exact = 1.0 / f64::from(divisor);
    let rounded = exact as f32;
    [rounded, (exact - f64::from(rounded)) as f32]
}

/// A kind of formula, and its constants for each channel.
#[derive(Debug)]
pub(super) enum Formulas {
    Brief(Vec<Constants<f32>>),
    Scaled(Vec<Constants<f32>>),
    Corrected(Vec<Constants<f32>>),
}

impl Formulas {
    /// Formulas whose answers all agree with the tables'.
    pub(super) fn find(tables: &[Table], agree: impl Fn(f32, f32) -> bool) -> Option<Self> {
        let parameters: Vec<(f32, f32)> = tables.iter().map(|table| table.formula).collect::<Option<_>>()?;
        let constants = |of: fn(f32, f32) -> Constants<f32>| -> Vec<_> {
            parameters.iter().map(|&(mean, std)| of(mean, std)).collect()
        };
        let brief = constants(|mean, std| [1.0 / (255.0 * std), -mean / std, 0.0]);
        if all_agree(tables, Brief, &brief, &agree) {
            return Some(Self::Brief(brief));
        }
        let scaled = constants(|mean, std| [1.0 / (256.0 * std), -mean / std, 0.0]);
        if all_agree(tables, Scaled, &scaled, &agree) {
            return Some(Self::Scaled(scaled));
        }
        let corrected = constants(|mean, std| {
            let [rounded, rest] = reciprocal(std);
            [-mean, rounded, rest]
        });
        all_agree(tables, Corrected, &corrected, &agree).then_some(Self::Corrected(corrected))
    }
}

fn all_agree(
    tables: &[Table],
    formula: impl Formula,
    constants: &[Constants<f32>],
    agree: &impl Fn(f32, f32) -> bool,
) -> bool {
    tables.iter().zip(constants).all(|(table, &constants)| {
        (0..=255u8).all(|value| agree(formula.apply(constants, f32::from(value)), table.values[usize::from(value)]))
    })
}

#[cfg(test)]
mod tests {
    use super::of_255;

    #[test]
    fn quotients_by_255_are_correctly_rounded() {
        for value in 0..=255u8 {
            let value = f32::from(value);
            assert_eq!((of_255(value) / 256.0).to_bits(), (value / 255.0).to_bits(), "{value}");
        }
    }
}
