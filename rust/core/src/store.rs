//! Decoded once, mapped from then on: an archive's arrays in a stored, page-aligned archive of their own.
//!
//! A store says in its comment what it was made from. It is written under another name, by one writer at a time, among
//! threads and processes alike, synced and renamed: under its own name there is only ever a whole one. Its time of
//! modification is set to the source's, so that writing into a store makes it invalid, as changing the source does.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use crate::npz::{Archive, Method, Writer};
use crate::{Error, Result};

/// Changes when stores are laid out differently; those of another version are made again.
const VERSION: u32 = 1;
/// How often a waiting process looks whether the writer is done.
const POLL: Duration = Duration::from_millis(20);
/// How coarse the times are that file systems keep, in nanoseconds: from ext4, APFS and NTFS to FAT.
const TIME_STEPS: [u64; 6] = [1, 100, 1_000, 1_000_000, 1_000_000_000, 2_000_000_000];
/// Beside the store itself: directories, journals.
const SPACE_MARGIN: u64 = 1 << 20;

/// Told how many bytes of how many are written, also while waiting for another writer; an error ends the work.
pub type Progress<'a> = &'a dyn Fn(u64, u64) -> Result<()>;

/// Opens the store of an archive, which is made if none of `places` has a valid one: at the first place that can be
/// written to. Memory is bounded, whatever the size.
///
/// Errors are those of the archive, and [`Error::Io`] where the store cannot be written, for want of space among other
/// reasons; then nothing is left behind.
pub fn open(source: &Path, places: &[PathBuf], threads: usize, progress: Progress) -> Result<Archive> {
    let archive = Archive::open(source)?;
    let key = key(&archive);
    if let Some(found) = places.iter().find_map(|place| valid(&archive, &key, place)) {
        return Ok(found);
    }
    let mut refused = Error::invalid("no place for a store was given");
    for place in places {
        match make(&archive, &key, place, threads, progress) {
            Err(error) if is_read_only(&error) => refused = error,
            made => return made,
        }
    }
    Err(refused)
}

/// The store at `place`, if there is one and it is that of the archive as it is now.
#[must_use]
pub fn find(archive: &Archive, place: &Path) -> Option<Archive> {
    valid(archive, &key(archive), place)
}

/// What identifies the archive: its size, time of modification, and the names, sizes and CRCs of its members.
fn key(archive: &Archive) -> String {
    let mut members = crc32fast::Hasher::new();
    for entry in archive.entries() {
        members.update(entry.name.as_bytes());
        members.update(&entry.size.to_le_bytes());
        members.update(&entry.crc.to_le_bytes());
    }
    let (size, modified, members) = (archive.size(), archive.modified(), members.finalize());
    format!("medmnist_fast store {VERSION}: of {size} bytes, modified {modified}, members {members:08x}")
}

fn valid(archive: &Archive, key: &str, place: &Path) -> Option<Archive> {
    let store = Archive::open(place).ok()?;
    let is_valid = store.comment() == key.as_bytes()
        && TIME_STEPS.iter().any(|step| store.modified() == archive.modified() / step * step)
        && store.entries().len() == archive.entries().len()
        && store.entries().iter().zip(archive.entries()).all(|(stored, entry)| {
            stored.method == Method::Stored
                && (&stored.name, stored.size, stored.crc) == (&entry.name, entry.size, entry.crc)
        });
    is_valid.then_some(store)
}

fn make(archive: &Archive, key: &str, place: &Path, threads: usize, progress: Progress) -> Result<Archive> {
    let at = |path: &Path| {
        let path = path.to_path_buf();
        move |source| Error::Io { path, source }
    };
    let folder = place.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(at(folder))?;
    let _lock = Lock::take(&with_suffix(place, ".lock"), || progress(0, 0))?;
    // Another writer may have been faster.
    if let Some(found) = valid(archive, key, place) {
        return Ok(found);
    }
    let lens = archive.names().map(|name| archive.header_len(name)).collect::<Result<Vec<_>>>()?;
    let writer = Writer::new(archive.entries().iter().zip(lens), key);
    let free = fs4::available_space(folder).map_err(at(folder))?;
    if free < writer.len.saturating_add(SPACE_MARGIN) {
        let why = format!("a decoded store takes {} bytes, {free} are free", writer.len);
        return Err(at(place)(io::Error::new(io::ErrorKind::StorageFull, why)));
    }
    let part = Part(with_suffix(place, ".part"));
    write(archive, &writer, &part.0, threads, progress)?;
    fs::rename(&part.0, place).map_err(at(place))?;
    sync_folder(folder);
    valid(archive, key, place)
        .ok_or_else(|| at(place)(io::Error::other("the store that was just written is not valid")))
}

fn write(archive: &Archive, writer: &Writer, path: &Path, threads: usize, progress: Progress) -> Result<()> {
    let io_error = |source| Error::Io { path: path.to_path_buf(), source };
    // One left by a process that was killed is written over: this one has the lock.
    let file = File::create(path).map_err(io_error)?;
    for (at, bytes) in &writer.frame {
        write_all_at(&file, *at, bytes).map_err(io_error)?;
    }
    let written = AtomicU64::new(0);
    for (name, payload) in archive.names().zip(&writer.payloads) {
        let write = |at: u64, bytes: &[u8]| {
            written.fetch_add(bytes.len() as u64, Ordering::Relaxed);
            write_all_at(&file, payload + at, bytes).map_err(io_error)
        };
        archive.copy(name, threads, &write, Some(&|_| progress(written.load(Ordering::Relaxed), writer.len)))?;
    }
    file.sync_data().map_err(io_error)?;
    let modified = SystemTime::UNIX_EPOCH + Duration::from_nanos(archive.modified());
    file.set_modified(modified).and_then(|()| file.sync_all()).map_err(io_error)?;
    progress(writer.len, writer.len)
}

/// The error of a place that cannot be written to.
fn is_read_only(error: &Error) -> bool {
    use io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
    matches!(error, Error::Io { source, .. } if matches!(source.kind(), PermissionDenied | ReadOnlyFilesystem))
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// A file on its way, removed unless it has been renamed.
struct Part(PathBuf);

impl Drop for Part {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// The right to write, among threads and processes. The system takes it back from a process that dies.
struct Lock {
    path: PathBuf,
    _file: File,
}

impl Lock {
    fn take(path: &Path, mut wait: impl FnMut() -> Result<()>) -> Result<Self> {
        let io_error = |source| Error::Io { path: path.to_path_buf(), source };
        loop {
            let file = File::options().create(true).truncate(false).write(true).open(path).map_err(io_error)?;
            loop {
                match file.try_lock() {
                    Ok(()) => break,
                    Err(TryLockError::WouldBlock) => wait()?,
                    Err(TryLockError::Error(error)) => return Err(io_error(error)),
                }
                std::thread::sleep(POLL);
            }
            // The one before removed the file that we waited for.
            if is_at(&file, path) {
                return Ok(Self { path: path.to_path_buf(), _file: file });
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // While it is still held, so that nobody can have it between.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let [held, there] =
        [file.metadata(), fs::metadata(path)].map(|found| found.ok().map(|file| (file.dev(), file.ino())));
    held == there
}

/// Windows removes no file that is open.
#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
}

#[cfg(unix)]
fn write_all_at(file: &File, at: u64, bytes: &[u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, at)
}

#[cfg(windows)]
fn write_all_at(file: &File, mut at: u64, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let written = std::os::windows::fs::FileExt::seek_write(file, bytes, at)?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        bytes = &bytes[written..];
        at += written as u64;
    }
    Ok(())
}

/// So that the new name survives a power cut too; where folders cannot be synced the rename is as safe as it gets.
fn sync_folder(folder: &Path) {
    #[cfg(unix)]
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    #[cfg(not(unix))]
    let _ = folder;
}
