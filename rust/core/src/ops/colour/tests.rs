//! Against values computed with Pillow 13.0.0 and torchvision 0.29.2, and by property.

use proptest::prelude::*;

use super::histogram::{extrema, histograms};
use super::{blur, enhance, grey, hue, lookup, tables};
use crate::ops::image::{Image, ImageMut};
use crate::ops::simd::Simd;

/// `(60·y + 37·x + 83·channel) mod 256`, 4 rows of 5 pixels.
fn pattern(channels: usize) -> Vec<u8> {
    let pixels = (0..4).flat_map(|y| (0..5).map(move |x| 60 * y + 37 * x));
    pixels.flat_map(|pixel| (0..channels).map(move |channel| ((pixel + 83 * channel) % 256).to_le_bytes()[0])).collect()
}

fn looked_up(channels: usize, tables: &[tables::Table]) -> Vec<u8> {
    let mut pixels = pattern(channels);
    lookup::apply(&mut pixels, tables);
    pixels
}

#[test]
fn tables_are_those_of_pillow() {
    let [extrema] = extrema::<1>(&pattern(1)).expect("pixels");
    for (name, table, expected) in [
        (
            "brightness 1.7",
            enhance::brightness(1.7),
            [0, 62, 125, 188, 251, 102, 164, 227, 255, 255, 204, 255, 255, 255, 20, 255, 255, 255, 59, 122],
        ),
        (
            "autocontrast",
            tables::autocontrast(extrema),
            [0, 37, 74, 111, 148, 60, 97, 134, 171, 208, 120, 157, 194, 231, 12, 180, 217, 255, 35, 72],
        ),
        (
            "posterize 3",
            tables::posterize(3),
            [0, 32, 64, 96, 128, 32, 96, 128, 160, 192, 96, 128, 192, 224, 0, 160, 192, 224, 32, 64],
        ),
        (
            "solarize 100",
            tables::solarize(100.0),
            [0, 37, 74, 144, 107, 60, 97, 121, 84, 47, 135, 98, 61, 24, 12, 75, 38, 1, 35, 72],
        ),
    ] {
        assert_eq!(looked_up(1, &[table]), expected, "{name}");
    }
    let mean = enhance::mean_grey(&pattern(3), 3);
    let expected = [83, 112, 141, 96, 125, 154, 109, 138, 167, 122, 151, 91];
    assert_eq!(looked_up(3, &[enhance::contrast(mean, 0.35)])[..12], expected);
}

#[test]
fn equalize_is_that_of_pillow() {
    let counts = [(10, 100), (20, 5), (30, 300), (40, 2), (50, 90), (60, 23)];
    let pixels: Vec<u8> = counts.iter().flat_map(|&(value, count)| std::iter::repeat_n(value, count)).collect();
    let [histogram] = histograms::<1>(&pixels);
    let table = tables::equalize(&histogram);
    assert_eq!(counts.map(|(value, _)| table[usize::from(value)]), [0, 100, 105, 255, 255, 255]);
    assert_eq!(tables::equalize(&histograms::<1>(&pixels[..100])[0]), tables::IDENTITY);
    assert_eq!(tables::equalize(&[0; 256]), tables::IDENTITY);
}

#[test]
fn enhancements_are_those_of_pillow() {
    let mut pixels = pattern(3);
    enhance::colour(&mut pixels, 3, 1.9);
    let expected =
        [0, 96, 254, 0, 133, 255, 12, 170, 255, 76, 234, 0, 113, 255, 0, 0, 156, 255, 62, 220, 0, 99, 255, 0];
    assert_eq!(pixels[..24], expected);

    let pixels = pattern(3);
    let mut out = pixels.clone();
    let image = Image { pixels: &pixels, height: 4, width: 5, channels: 3 };
    enhance::sharpness(image, 1.6, &mut ImageMut { pixels: &mut out, height: 4, width: 5, channels: 3 });
    let changed =
        [97, 192, 0, 134, 240, 20, 183, 255, 69, 208, 35, 118, 120, 203, 30, 157, 255, 55, 206, 0, 104, 255, 34];
    assert_eq!(out[18..41], changed);
    assert_eq!((&out[..18], &out[42..]), (&pixels[..18], &pixels[42..]));
}

#[test]
fn grey_and_hue_are_those_of_pillow() {
    let mut pixels = pattern(3);
    let mut out = [0; 20];
    grey::from_rgb(&pixels, &mut out);
    let expected = [68, 105, 142, 149, 186, 128, 135, 172, 209, 96, 158, 195, 82, 119, 80, 68, 105, 142, 103, 140];
    assert_eq!(out, expected);
    let mut repeated = pixels.clone();
    grey::repeat_in_place(&mut repeated);
    assert!(repeated.as_chunks::<3>().0.iter().zip(expected).all(|(pixel, grey)| *pixel == [grey; 3]));
    hue::adjust(&mut pixels, hue::shift(0.2));
    let expected = [113, 0, 166, 150, 37, 203, 187, 74, 240, 21, 194, 135, 59, 231, 172, 173, 60, 226, 7, 180, 121];
    assert_eq!(pixels[..21], expected);
    assert_eq!([-0.5, 0.0, 0.5].map(hue::shift), [129, 0, 127]);
}

#[test]
fn blur_is_that_of_torchvision() {
    let pixels = pattern(3);
    let (mut along_x, mut along_y) = ([0.0; 3], [0.0; 5]);
    blur::weights(0.8, &mut along_x);
    blur::weights(1.3, &mut along_y);
    let image = Image { pixels: &pixels, height: 4, width: 5, channels: 3 };
    let mut scratch = vec![f32::NAN; blur::scratch_len(image, 3)];
    let mut out = vec![0; pixels.len()];
    let mut target = ImageMut { pixels: &mut out, height: 4, width: 5, channels: 3 };
    blur::gaussian_blur(image, &along_x, &along_y, &mut scratch, &mut target);
    let expected = [
        70, 153, 127, 89, 160, 111, 126, 171, 99, 151, 167, 93, 156, 151, 93, 90, 147, 117, 109, 152, 106, 140, 157,
        103, 149, 153, 108, 145, 142, 112, 126, 147, 93, 145, 141, 95, 167, 122, 111, 147, 118, 135, 121, 120, 148,
        145, 146, 82, 165, 136, 87, 182, 108, 112, 146, 104, 149, 111, 109, 168,
    ];
    assert_eq!(out, expected);
}

#[test]
fn nothing_is_an_image_too() {
    assert_eq!(extrema::<3>(&[]), None);
    assert_eq!(enhance::mean_grey(&[], 3), 0);
    assert_eq!(histograms::<3>(&[]), [[0; 256]; 3]);
    enhance::colour(&mut [], 3, 0.5);
    hue::adjust(&mut [], 3);
    lookup::apply(&mut [], &[tables::IDENTITY; 3]);
}

proptest! {
    #[test]
    fn back_ends_agree(bytes in prop::collection::vec(any::<u8>(), 0..900), factor in -1.0f32..4.0, shift in any::<u8>()) {
        let pixels = &bytes[..bytes.len() / 9 * 9];
        let outcome = |simd: Simd| {
            let (mut coloured, mut turned, mut greys) = (pixels.to_vec(), pixels.to_vec(), vec![0; pixels.len() / 3]);
            enhance::colour_of_rgb(simd, &mut coloured, factor);
            hue::adjust_version(simd, &mut turned, shift);
            grey::from_rgb_version(simd, pixels, &mut greys);
            let mut repeated = pixels.to_vec();
            grey::repeat_version(simd, &mut repeated);
            let sums = [1, 3].map(|channels| grey::sum_version(simd, pixels, channels));
            let mut smooth = vec![0; (pixels.len() / 3).saturating_sub(2)];
            if let [above, row, below] = pixels.chunks_exact(pixels.len().max(3) / 3).collect::<Vec<_>>()[..] {
                enhance::smooth_row(simd, [above, row, below], 1, factor, &mut smooth);
            }
            let (mut stretched, mut divided) = (tables::IDENTITY, tables::IDENTITY);
            tables::stretch(simd, f64::from(factor), f64::from(shift), &mut stretched);
            let counts = tables::IDENTITY.map(|value| u32::from(value) * u32::from(shift));
            tables::divide(simd, &counts, u32::from(shift / 2) + 1, &mut divided);
            (coloured, turned, [greys, repeated], sums, smooth, stretched, divided)
        };
        let reference = outcome(Simd::Scalar);
        for simd in Simd::available() {
            prop_assert_eq!(outcome(simd), reference.clone());
        }
    }

    /// The way through a table is the way through arithmetic, and two tables are one.
    #[test]
    fn tables_are_functions(value in any::<u8>(), bits in 1u32..9, threshold in 0.0..256.0) {
        let [posterize, solarize] = [tables::posterize(bits), tables::solarize(threshold)];
        let direct = value >> (8 - bits) << (8 - bits);
        prop_assert_eq!(posterize[usize::from(value)], direct);
        let direct = if f64::from(direct) < threshold { direct } else { 255 - direct };
        prop_assert_eq!(tables::then(&posterize, &solarize)[usize::from(value)], direct);
        prop_assert_eq!(tables::then(&tables::invert(), &tables::invert()), tables::IDENTITY);
        prop_assert_eq!(enhance::brightness(1.0), tables::IDENTITY);
        prop_assert_eq!(enhance::contrast(value, 0.0), [value; 256]);
    }

    #[test]
    fn histograms_count(bytes in prop::collection::vec(any::<u8>(), 3..700)) {
        let pixels = &bytes[..bytes.len() / 3 * 3];
        let counts = histograms::<3>(pixels);
        let extrema = extrema::<3>(pixels).expect("pixels");
        for channel in 0..3 {
            let values = || pixels.iter().copied().skip(channel).step_by(3);
            for value in [0, 128, 255, pixels[channel]] {
                let expected = values().filter(|&other| other == value).count();
                prop_assert_eq!(counts[channel][usize::from(value)] as usize, expected);
            }
            prop_assert_eq!(Some(extrema[channel].0), values().min());
            prop_assert_eq!(Some(extrema[channel].1), values().max());
        }
    }
}
