//! Any bytes as the store of a small archive: none, or one whose members are the archive's.
#![no_main]

use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use libfuzzer_sys::fuzz_target;
use medmnist_core::npz::Archive;
use medmnist_core::store;
use medmnist_fuzz::read;

const SOURCE: &[u8] = include_bytes!("../corpus/archive/deflated");

/// Made once, in a folder that is gone by the time that fuzzing begins.
struct Fixture {
    source: Archive,
    /// When the source was modified: always the same, so that a store is valid in every run.
    modified: SystemTime,
    /// The source's members.
    arrays: Vec<Vec<u8>>,
    /// The bytes of its store.
    valid: Vec<u8>,
    /// Where the store is looked for.
    place: PathBuf,
}

static FIXTURE: LazyLock<Fixture> = LazyLock::new(|| {
    let place = std::env::temp_dir().join(format!("medmnist-fuzz-{}", std::process::id()));
    let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(1_600_000_000);
    fs::create_dir(&place).expect("the temporary folder is writable");
    let [source, store] = ["source", "store"].map(|name| place.join(name));
    write(&source, SOURCE, modified);
    store::open(&source, std::slice::from_ref(&store), 1, &|_, _| Ok(())).expect("it has a store");
    let valid = fs::read(&store).expect("it was just written");
    let source = Archive::open(&source).expect("a valid archive");
    fs::remove_dir_all(&place).expect("it was just made");
    let arrays = source.names().map(|name| read(&source, name, 1).expect("valid")).collect();
    Fixture { source, modified, arrays, valid, place }
});

fuzz_target!(|bytes: &[u8]| {
    let Some((&how, bytes)) = bytes.split_first() else { return };
    let Fixture { source, modified, arrays, valid, place } = &*FIXTURE;

    let store = if how & 1 == 0 { bytes.to_vec() } else { overwritten(valid, bytes) };
    let is_as_old = how & 2 == 0;
    write(place, &store, if is_as_old { *modified } else { SystemTime::now() });
    let found = store::find(source, place);
    fs::remove_file(place).expect("it was just written");

    assert!(is_as_old || found.is_none(), "a store that was written to");
    assert!(!is_as_old || store != *valid || found.is_some(), "the valid store");
    let Some(found) = found else { return };
    assert!(found.names().eq(source.names()));
    for (name, expected) in found.names().zip(arrays) {
        // Its time of modification vouches for a store's bytes, so damaged ones are found here and refused when read.
        for threads in [1, 2] {
            assert!(read(&found, name, threads).is_none_or(|bytes| bytes == *expected), "{name} is another");
        }
        if let Ok(Some(view)) = found.view(name, true) {
            assert_eq!(view.as_ref(), expected, "{name} is another");
        }
        let _ = found.view(name, false);
    }
});

fn write(path: &PathBuf, bytes: &[u8], modified: SystemTime) {
    fs::write(path, bytes).expect("the temporary folder is writable");
    File::options().write(true).open(path).and_then(|file| file.set_modified(modified)).expect("it was just written");
}

/// Each three bytes of `edits` are a place and what is put there.
fn overwritten(store: &[u8], edits: &[u8]) -> Vec<u8> {
    let mut store = store.to_vec();
    for &[low, high, value] in edits.as_chunks().0 {
        let place = usize::from(u16::from_le_bytes([low, high])) % store.len();
        store[place] = value;
    }
    store
}
