//! Any bytes as an archive, all of which is read, in every way there is: all ways agree.
#![no_main]

use libfuzzer_sys::fuzz_target;
use medmnist_core::npz::{Archive, Entry, Method};
use medmnist_fuzz::{open, read};

/// Larger members are left alone, so that memory stays bounded.
const MOST: u64 = 16 << 20;

fuzz_target!(|bytes: &[u8]| {
    let Ok(archive) = open(bytes) else { return };

    let small = archive.entries().iter().filter(|entry| entry.size <= MOST);
    let names: Vec<&str> = small.map(Entry::array_name).collect();
    let arrays: Vec<Option<Vec<u8>>> = names.iter().map(|name| check(&archive, name)).collect();
    let expected: Option<Vec<Vec<u8>>> = arrays.into_iter().collect();
    let together = archive.read_all(&names, 2, None).ok();
    let together = together.map(|arrays| arrays.iter().map(|array| array.as_ref().to_vec()).collect());
    assert_eq!(together, expected, "all at once or one by one");
});

/// The bytes of a member, if it has any.
fn check(archive: &Archive, name: &str) -> Option<Vec<u8>> {
    let bytes = read(archive, name, 1);
    assert_eq!(read(archive, name, 2), bytes, "on one thread or on two");
    assert_eq!(archive.verify(name, 2, None).is_ok(), bytes.is_some(), "what can be read is valid");

    let header = archive.header(name).ok()?;
    let is_viewed = archive.entry(name).is_ok_and(|entry| entry.method == Method::Stored)
        && header.descr == "|u1"
        && header.byte_len() > 0;
    let view = archive.view(name, true);
    match &bytes {
        Some(bytes) if is_viewed => {
            let view = view.expect("it is valid").expect("it can be viewed");
            assert_eq!((view.header(), view.as_ref()), (&header, &bytes[..]), "read or viewed");
        }
        _ => assert!(!matches!(view, Ok(Some(_))), "only what is valid can be viewed"),
    }
    // Without looking at the bytes, as a store is: nothing may be promised that is not there.
    if let Ok(Some(view)) = archive.view(name, false) {
        assert_eq!(view.as_ref().len(), header.byte_len());
    }
    bytes
}
