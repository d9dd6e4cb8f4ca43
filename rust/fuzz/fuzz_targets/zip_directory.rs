//! Any bytes as an archive, of which only the directory and the npy headers are read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use medmnist_core::npz::Method;
use medmnist_fuzz::open;

fuzz_target!(|bytes: &[u8]| {
    let Ok(archive) = open(bytes) else { return };

    assert_eq!(archive.size(), bytes.len() as u64);
    assert!(bytes.ends_with(archive.comment()), "the comment is the end of the archive");
    assert_eq!(archive.names().count(), archive.entries().len());
    let mut compressed: u64 = 0;
    for name in archive.names() {
        let entry = archive.entry(name).expect("it is one of the names");
        assert_eq!(entry.array_name(), name, "no two members have one name");
        compressed = compressed.checked_add(entry.compressed).expect("inside the archive");
        let Ok(header) = archive.header(name) else { continue };
        assert!((header.byte_len() as u64) < entry.size, "the header takes some of the size");
        match entry.method {
            Method::Stored => assert_eq!(entry.size, entry.compressed),
            // What DEFLATE can make of so many bytes; nothing larger is ever asked of the system.
            Method::Deflated => assert!(entry.size <= entry.compressed.saturating_mul(1032)),
        }
    }
    assert!(compressed <= archive.size(), "members do not overlap");
});
