//! What each of the 256 pixel values becomes: the exact answer of the reference, computed once per plan.

/// The value of each `uint8` pixel after the pipeline's arithmetic, for one channel.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::ops) struct Table {
    /// By pixel value.
    pub values: [f32; 256],
    /// Mean and std, while it is no more than `ToTensor` and one `Normalize`.
    pub formula: Option<(f32, f32)>,
}

/// torchvision's `ToTensor`: division by 255 in `float32`.
#[allow(clippy::cast_precision_loss, reason = "0 to 255 are exact")]
pub(in crate::ops) fn to_tensor() -> Table {
    Table { values: std::array::from_fn(|value| value as f32 / 255.0), formula: Some((0.0, 1.0)) }
}

/// torchvision's `Normalize`: subtraction, then division, each rounded to `float32`.
pub(in crate::ops) fn normalize(table: &mut Table, mean: f32, std: f32) {
    for value in &mut table.values {
        *value = (*value - mean) / std;
    }
    table.formula = (table.formula == Some((0.0, 1.0))).then_some((mean, std));
}
