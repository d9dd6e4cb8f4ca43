//! Any bytes as an npy header: an answer, and one that holds together.
#![no_main]

use libfuzzer_sys::fuzz_target;
use medmnist_core::npz::Header;

fuzz_target!(|bytes: &[u8]| {
    let Ok((header, rest)) = Header::parse(bytes) else { return };

    assert!(header.shape.len() <= 64, "NumPy has no more axes");
    // Wide enough for what a `usize` is not: a product that wrapped around would differ.
    let item_size: u128 = header.descr.trim_start_matches(|c: char| !c.is_ascii_digit()).parse().expect("it has a size");
    let len = if header.shape.contains(&0) {
        0
    } else {
        header.shape.iter().try_fold(item_size, |product, &axis| product.checked_mul(axis as u128)).expect("not that many")
    };
    assert_eq!(header.byte_len() as u128, len, "{header:?}");

    assert_eq!(bytes.as_ptr_range().end, rest.as_ptr_range().end, "the rest is the end of the bytes");
    // What is behind a header does not matter, and all of the header does.
    let text = &bytes[..bytes.len() - rest.len()];
    assert_eq!(Header::parse(text).expect("nothing is missing"), (header, &[][..]));
    assert!(Header::parse(&text[..text.len() - 1]).is_err(), "a byte is missing");
});
