//! Affine transforms of volumes: `torch.nn.functional.affine_grid` and `grid_sample`, trilinear, `padding_mode="zeros"`,
//! `align_corners=False`, in one pass and without a grid in memory.

/// Rows for x, y, z, each in terms of (x, y, z, 1): torch's `theta` for one volume. Coordinates run from -1 to 1 over an
/// axis, x along the width and z along the depth, and map positions in the output to positions in the input.
pub(in crate::ops) type Theta = [[f32; 4]; 3];

/// Writes the transform of a volume of `axes` (depth, height, width) to `out`, a volume of `out_axes`. Beyond the volume
/// there are zeros. Agrees with torch to 1e-5 of the range of values: torch builds its grid first, in another order of
/// operations.
///
/// # Panics
/// If the lengths of `voxels` and `out` are not those of their axes.
#[allow(clippy::cast_precision_loss, reason = "axes are far below 2^24")]
pub(in crate::ops) fn affine<T: Copy + Into<f32>>(
    voxels: &[T],
    axes: [usize; 3],
    theta: &Theta,
    out: &mut [f32],
    out_axes: [usize; 3],
) {
    assert_eq!(voxels.len(), axes.iter().product::<usize>(), "voxels of the input");
    assert_eq!(out.len(), out_axes.iter().product::<usize>(), "voxels of the output");
    let [depth, height, width] = out_axes;
    if out.is_empty() || voxels.is_empty() {
        out.fill(0.0);
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
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a fraction, and positions inside a volume")]
fn sample<T: Copy + Into<f32>>(voxels: &[T], [depth, height, width]: [usize; 3], position: [f64; 3]) -> f32 {
    let sizes = [width, height, depth];
    // A NaN is nowhere, too.
    if !(0..3).all(|axis| position[axis] > -1.0 && position[axis] < sizes[axis] as f64) {
        return 0.0;
    }
    let below = position.map(|value| if value < 0.0 { -1 } else { value as i32 });
    let beyond: [f32; 3] = std::array::from_fn(|axis| (position[axis] - f64::from(below[axis])) as f32);
    let [x, y, z] = below;
    let mut corners = [[[0.0; 2]; 2]; 2];
    if (0..3).all(|axis| below[axis] >= 0 && below[axis] as usize + 1 < sizes[axis]) {
        let first = (z as usize * height + y as usize) * width + x as usize;
        for (slice, first) in corners.iter_mut().zip([first, first + height * width]) {
            for (row, first) in slice.iter_mut().zip([first, first + width]) {
                *row = [voxels[first].into(), voxels[first + 1].into()];
            }
        }
    } else {
        // What is not in the volume stays 0.
        let inside = |index: i32, size| usize::try_from(index).ok().filter(|&index| index < size);
        for (slice, z) in corners.iter_mut().zip([z, z + 1]) {
            for (row, y) in slice.iter_mut().zip([y, y + 1]) {
                for (corner, x) in row.iter_mut().zip([x, x + 1]) {
                    if let (Some(x), Some(y), Some(z)) = (inside(x, width), inside(y, height), inside(z, depth)) {
                        *corner = voxels[(z * height + y) * width + x].into();
                    }
                }
            }
        }
    }
    let mean = |[low, high]: [f32; 2], beyond: f32| low + (high - low) * beyond;
    let [beyond_x, beyond_y, beyond_z] = beyond;
    mean(corners.map(|slice| mean(slice.map(|row| mean(row, beyond_x)), beyond_y)), beyond_z)
}
