//! Any bytes as an npy header: an answer, and one that holds together.
#![no_main]

use libfuzzer_sys::fuzz_target;
use medmnist_core::npz::Header;

fuzz_target!(|bytes: &[u8]| {
    let Ok((header, rest)) = Header::parse(bytes) else { return };

    assert!(header.shape.len() <= 64, "NumPy has no more axes");
    // Wide enough for what a `usize` is not: a product that wrapped around would differ.
    let item_size = header.descr.trim_start_matches(|c: char| !c.is_ascii_digit());
    let item_size: u128 = item_size.parse().expect("it has a size");
    let mut axes = header.shape.iter().map(|&axis| axis as u128);
    let len = axes.try_fold(item_size, u128::checked_mul);
    assert_eq!(Some(header.byte_len() as u128), len, "{header:?}");

    assert_eq!(bytes.as_ptr_range().end, rest.as_ptr_range().end, "the rest is the end of the bytes");
    // What is behind a header does not matter, and all of the header does.
    let text = &bytes[..bytes.len() - rest.len()];
    assert_eq!(Header::parse(text).expect("nothing is missing"), (header, &[][..]));
    assert!(Header::parse(&text[..text.len() - 1]).is_err(), "a byte is missing");
});
