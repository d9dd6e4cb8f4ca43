//! Affine transforms of volumes: `torch.nn.functional.affine_grid` and `grid_sample`, trilinear, `padding_mode="zeros"`,
//! `align_corners=False`, in one pass and without a grid in memory.

/// Rows for x, y, z, each in terms of (x, y, z, 1): torch's `theta` for one volume. Coordinates run from -1 to 1 over an
/// axis, x along the width and z along the depth, and map positions in the output to positions in the input.
pub type Theta = [[f32; 4]; 3];

/// Writes the transform of a volume of `axes` (depth, height, width) to `out`, a volume of `out_axes`. Beyond the volume
/// there are zeros. Agrees with torch to 1e-5 of the range of values: torch builds its grid first, in another order of
/// operations.
///
/// # Panics
/// If the lengths of `voxels` and `out` are not those of their axes.
#[allow(clippy::cast_precision_loss, reason = "axes are far below 2^24")]
pub fn affine<T: Copy + Into<f32>>(
    voxels: &[T],
    axes: [usize; 3],
    theta: &Theta,
    out: &mut [f32],
    out_axes: [usize; 3],
) {
    assert_eq!(voxels.len(), axes.iter().product::<usize>(), "voxels of the input");
    assert_eq!(out.len(), out_axes.iter().product::<usize>(), "voxels of the output");
    let [depth, height, width] = out_axes;
    if out.is_empty() {
        return;
    }
    // In which position of the input is the voxel (x, y, z) of the output? Both changes of units are affine, too.
    let sizes = [axes[2], axes[1], axes[0]].map(|axis| axis as f64);
    let out_sizes = [width, height, depth].map(|axis| axis as f64);
    let rows: [[f64; 4]; 3] = std::array::from_fn(|axis| {
        let row = theta[axis].map(f64::from);
        let to_voxels = sizes[axis] / 2.0;
        let steps: [f64; 3] = std::array::from_fn(|from| row[from] * 2.0 / out_sizes[from] * to_voxels);
        // At voxel 0 a coordinate is 1 / size - 1, and coordinate 0 lies at (size - 1) / 2.
        let origin: f64 = (0..3).map(|from| row[from] * (1.0 / out_sizes[from] - 1.0)).sum::<f64>() + row[3];
        [steps[0], steps[1], steps[2], origin * to_voxels + (sizes[axis] - 1.0) / 2.0]
    });
    for (z, slice) in out.chunks_exact_mut(height * width).enumerate() {
        for (y, row) in slice.chunks_exact_mut(width).enumerate() {
            let start = rows.map(|[_, by_y, by_z, origin]| by_y * y as f64 + by_z * z as f64 + origin);
            for (x, value) in row.iter_mut().enumerate() {
                let position = std::array::from_fn(|axis| start[axis] + rows[axis][0] * x as f64);
                *value = sample(voxels, axes, position);
            }
        }
    }
}

/// The trilinear mean of the eight voxels around a position, in voxels along x, y, z.
#[allow(clippy::cast_precision_loss, reason = "axes are far below 2^24")]
#[allow(clippy::cast_possible_truncation, reason = "a fraction, and positions inside a volume")]
fn sample<T: Copy + Into<f32>>(voxels: &[T], [depth, height, width]: [usize; 3], position: [f64; 3]) -> f32 {
    let sizes = [width, height, depth];
    // A NaN is nowhere, too.
    if !(0..3).all(|axis| position[axis] > -1.0 && position[axis] < sizes[axis] as f64) {
        return 0.0;
    }
    // Per axis: the two neighbours and their weights; 0 where there is none.
    let neighbours: [[(usize, f32); 2]; 3] = std::array::from_fn(|axis| {
        let value = position[axis];
        let below = if value < 0.0 { -1 } else { value as isize };
        let beyond = (value - below as f64) as f32;
        [(below, 1.0 - beyond), (below + 1, beyond)].map(|(index, weight)| match usize::try_from(index) {
            Ok(index) if index < sizes[axis] => (index, weight),
            _ => (0, 0.0),
        })
    });
    let [along_x, along_y, along_z] = neighbours;
    let mut sum = 0.0;
    for (z, of_z) in along_z {
        for (y, of_y) in along_y {
            let row = (z * height + y) * width;
            let [left, right] = along_x.map(|(x, of_x)| voxels[row + x].into() * of_x);
            sum += (left + right) * (of_y * of_z);
        }
    }
    sum
}
