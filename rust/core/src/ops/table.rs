//! What each of the 256 pixel values becomes: the exact answer of the reference, computed once per plan.

/// The value of each `uint8` pixel after the pipeline's arithmetic, for one channel.
pub(super) type Table = [f32; 256];

/// torchvision's `ToTensor`: division by 255 in `float32`.
#[allow(clippy::cast_precision_loss, reason = "0 to 255 are exact")]
pub(super) fn to_tensor() -> Table {
    std::array::from_fn(|value| value as f32 / 255.0)
}

/// torchvision's `Normalize`: subtraction, then division, each rounded to `float32`.
pub(super) fn normalize(table: &mut Table, mean: f32, std: f32) {
    for value in table {
        *value = (*value - mean) / std;
    }
}
