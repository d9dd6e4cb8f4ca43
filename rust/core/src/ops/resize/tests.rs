//! Pillow's own answers, the other back-ends beside the scalar one, and what is refused.

use proptest::prelude::*;

use super::*;

const FILTERS: [Filter; 6] =
    [Filter::Nearest, Filter::Box, Filter::Bilinear, Filter::Hamming, Filter::Bicubic, Filter::Lanczos];

fn run(resize: &Resize, pixels: &[u8], channels: usize) -> Vec<u8> {
    let (height, width) = resize.geometry.image;
    let (out_height, out_width) = resize.size();
    let mut out = vec![77; out_height * out_width * channels];
    let image = Image { pixels, height, width, channels };
    let to = ImageMut { pixels: &mut out, height: out_height, width: out_width, channels };
    resize.run(image, &mut Vec::new(), to);
    out
}

/// Bytes without a pattern to the eye.
fn noise(len: usize, seed: u32) -> Vec<u8> {
    let word = |index: u32| index.wrapping_mul(2_654_435_761).wrapping_add(seed) >> 13;
    (0..).map(word).map(|word| word.to_le_bytes()[0]).take(len).collect()
}

#[test]
fn equals_pillow_13() {
    let pixels = noise(30, 0);
    let whole = [
        [0, 119, 239, 86, 205, 69, 1, 120, 240, 87, 206, 70],
        [116, 77, 167, 52, 205, 103, 117, 78, 168, 53, 206, 104],
        [103, 109, 167, 87, 126, 133, 99, 114, 161, 89, 128, 131],
        [91, 106, 171, 83, 141, 120, 91, 108, 171, 85, 142, 120],
        [106, 106, 171, 84, 129, 132, 100, 111, 165, 87, 129, 133],
        [111, 102, 172, 78, 130, 134, 102, 111, 162, 86, 127, 140],
    ];
    let part = [
        [171, 102, 222, 154, 86, 17, 137, 69, 1, 188, 52, 240],
        [171, 68, 222, 154, 86, 111, 137, 69, 1, 154, 52, 240],
        [112, 84, 150, 143, 63, 116, 147, 113, 73, 150, 87, 175],
        [130, 80, 153, 141, 70, 96, 158, 92, 40, 160, 79, 201],
        [122, 61, 169, 140, 48, 120, 161, 98, 65, 171, 65, 185],
        [132, 28, 196, 136, 28, 138, 163, 86, 70, 187, 43, 191],
    ];
    for simd in Simd::available() {
        for ((filter, whole), part) in FILTERS.into_iter().zip(whole).zip(part) {
            let mut resize = Resize::with(simd, filter, (6, 5), None, (4, 3)).expect("fits");
            assert_eq!(run(&resize, &pixels, 1), whole, "{filter:?} {simd:?}");
            resize.set_region(Some([0.25, 1.5, 4.75, 4.0]), (3, 4)).expect("fits");
            assert_eq!(run(&resize, &pixels, 1), part, "{filter:?} {simd:?}, part");
        }
    }
}

#[test]
fn rows_come_first_where_many_of_them_go() {
    let resize = Resize::new(Filter::Bilinear, (9, 3), None, (2, 2)).expect("fits");
    assert_eq!(run(&resize, &noise(81, 7), 3), [100, 145, 120, 99, 135, 126, 108, 145, 118, 98, 144, 126]);
}

#[test]
fn a_crop_hides_what_is_around_it_and_a_box_does_not() {
    let pixels = noise(81, 7);
    let mut resize = Resize::new(Filter::Bicubic, (9, 3), Some([1.0, 2.0, 3.0, 6.0]), (3, 3)).expect("fits");
    assert_eq!(run(&resize, &pixels, 3)[..6], [80, 92, 194, 96, 102, 128]);
    resize.set_crop(Crop { top: 2, left: 1, height: 4, width: 2 }, (3, 3)).expect("fits");
    assert_eq!(run(&resize, &pixels, 3)[..6], [66, 76, 213, 95, 105, 133]);
}

#[test]
fn weights_that_are_kept_are_those_that_are_computed() {
    let from = (19, 23);
    let pixels = noise(from.0 * from.1 * 3, 5);
    for (simd, filter) in Simd::available().flat_map(|simd| FILTERS.map(|filter| (simd, filter))) {
        for to in [(12, 12), (17, 30)] {
            let new = || Resize::with(simd, filter, from, None, to).expect("fits");
            let (mut kept, mut computed) = (new().for_crops(), new());
            assert_eq!(run(&kept, &pixels, 3), run(&computed, &pixels, 3));
            // Twice, so that all are found; each width with another height.
            for width in (1..=from.1).chain(1..=from.1) {
                let crop = Crop { top: 0, left: from.1 - width, height: 1 + width * 7 % from.0, width };
                kept.set_crop(crop, to).expect("fits");
                computed.set_crop(crop, to).expect("fits");
                assert_eq!(kept.is_kept, filter != Filter::Nearest);
                assert!(run(&kept, &pixels, 3) == run(&computed, &pixels, 3), "{crop:?} {to:?} {filter:?} {simd:?}");
            }
            // Other sizes, and boxes, have weights of their own.
            let crop = Crop { top: 1, left: 2, height: 9, width: 8 };
            kept.set_crop(crop, (10, 10)).expect("fits");
            computed.set_crop(crop, (10, 10)).expect("fits");
            assert!(!kept.is_kept && run(&kept, &pixels, 3) == run(&computed, &pixels, 3));
            kept.set_crop(crop, to).expect("fits");
            kept.set_region(Some([0.5, 1.0, 9.0, 8.0]), to).expect("fits");
            computed.set_region(Some([0.5, 1.0, 9.0, 8.0]), to).expect("fits");
            assert!(run(&kept, &pixels, 3) == run(&computed, &pixels, 3), "a box, {filter:?} {simd:?}");
        }
    }
}

#[test]
fn weights_of_large_images_are_not_kept() {
    for (side, is_kept) in [(224, true), (1000, false)] {
        let mut resize = Resize::new(Filter::Bilinear, (side, side), None, (224, 224)).expect("fits").for_crops();
        resize.set_crop(Crop { top: 0, left: 0, height: 100, width: 90 }, (224, 224)).expect("fits");
        assert_eq!(resize.is_kept, is_kept, "{side}");
    }
}

#[test]
fn rows_can_be_made_one_by_one() {
    let pixels = noise(90 * 70 * 3, 3);
    let image = Image { pixels: &pixels, height: 90, width: 70, channels: 3 };
    for simd in Simd::available() {
        let resize = Resize::with(simd, Filter::Bilinear, (90, 70), None, (113, 97)).expect("fits");
        assert!(resize.ends_in_rows());
        let whole = run(&resize, &pixels, 3);
        let (mut between, mut made) = (Vec::new(), Vec::new());
        resize.make_columns(image, &mut between);
        let mut resized = Resized::new(&resize, &between, 3, &mut made);
        for row in [112, 0, 1, 57, 56] {
            let (first, len) = (row * 97 * 3 + 30, 60 * 3);
            assert_eq!(resized.bytes(first, len), &whole[first..first + len], "row {row}, {simd:?}");
        }
    }
}

#[test]
fn scratch_memory_is_used_again() {
    let mut resize = Resize::new(Filter::Bicubic, (64, 64), None, (64, 48)).expect("fits");
    let mut scratch = Vec::with_capacity(64 * 64 * 3);
    let capacity = scratch.capacity();
    let (pixels, mut out) = (noise(64 * 64 * 3, 1), vec![0; 32 * 32 * 3]);
    for edge in 0..20_u8 {
        resize.set_region(Some([f32::from(edge), 0.5, 63.5, 60.0]), (32, 32)).expect("fits");
        let image = Image { pixels: &pixels, height: 64, width: 64, channels: 3 };
        resize.run(image, &mut scratch, ImageMut { pixels: &mut out, height: 32, width: 32, channels: 3 });
    }
    assert_eq!(scratch.capacity(), capacity);
}

#[test]
fn what_does_not_fit_is_refused() {
    let refused = |region, from, to| Resize::new(Filter::Box, from, region, to).expect_err("must not fit").to_string();
    assert_eq!(refused(None, (0, 5), (1, 1)), "an image to resize: 0 x 5 pixels; allowed: 1 to 16777215 on each side");
    assert_eq!(refused(None, (5, 5), (3, 0)), "size to resize to: 3 x 0 pixels; allowed: 1 to 16777215 on each side");
    let sentence = "allowed: left, upper, right, lower edge with 0 <= left <= right <= 5 and 0 <= upper <= lower <= 6";
    for region in [[-0.5, 0.0, 5.0, 6.0], [0.0, 0.0, 5.5, 6.0], [3.0, 0.0, 2.0, 6.0], [f32::NAN, 0.0, 5.0, 6.0]] {
        let message = refused(Some(region), (6, 5), (2, 2));
        assert!(message.starts_with("box (") && message.ends_with(sentence), "{message}");
    }
    let mut resize = Resize::new(Filter::Box, (6, 5), None, (2, 2)).expect("fits");
    for (top, height) in [(0, 7), (6, 1), (2, 0), (usize::MAX, 1)] {
        let crop = Crop { top, left: 0, height, width: 5 };
        let message = resize.set_crop(crop, (2, 2)).expect_err("must not fit").to_string();
        assert!(message.ends_with("allowed: at least 1 x 1 within an image of 6 x 5"), "{message}");
    }
}

prop_compose! {
    /// Edges within 0 to 1, in order; each third pair is whole.
    fn edges()(a in 0_f32..=1.0, b in 0_f32..=1.0, whole in 0..3) -> (f32, f32) {
        if whole == 0 { (0.0, 1.0) } else { (a.min(b), a.max(b)) }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    #[allow(clippy::cast_precision_loss, reason = "sizes are small")]
    fn all_back_ends_agree(
        from in (1_usize..80, 1_usize..300),
        to in (1_usize..80, 1_usize..300),
        (left, right) in edges(),
        (upper, lower) in edges(),
        filter in prop::sample::select(&FILTERS[..]),
        channels in prop::sample::select(&[1_usize, 3][..]),
        seed in any::<u32>(),
    ) {
        let (height, width) = (from.0 as f32, from.1 as f32);
        let region = Some([left * width, upper * height, right * width, lower * height]);
        let mut pixels = noise(from.0 * from.1 * channels, seed);
        if seed % 2 == 0 {
            // Black and white make sums overshoot.
            for pixel in &mut pixels {
                *pixel = if *pixel < 128 { 0 } else { 255 };
            }
        }
        let made = |simd| Resize::with(simd, filter, from, region, to).map(|resize| run(&resize, &pixels, channels));
        let expected = made(Simd::Scalar).expect("fits");
        for simd in Simd::available() {
            prop_assert!(made(simd).expect("fits") == expected, "{simd:?}");
        }
    }
}
