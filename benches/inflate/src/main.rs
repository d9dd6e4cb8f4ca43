//! `inflate-bench FILE.npz…`: the largest member of each file, from file to memory, by three ways and on 1, 2, … threads:
//! libdeflate in one call, `rapidgzip-core`, and the lanes of `medmnist-core`. Rounds are interleaved, medians are
//! printed, and every result is compared. All fill the same kind of memory: fresh, under huge pages.

use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use medmnist_core::memory::Memory;
use medmnist_core::npz::Archive;
use rapidgzip_core::{Decoder, Format};

const ROUNDS: usize = 7;

type Failure = Box<dyn std::error::Error>;
type Contender<'a> = Box<dyn Fn() -> Result<Box<dyn AsRef<[u8]>>, Failure> + 'a>;

fn main() -> Result<(), Failure> {
    let files: Vec<PathBuf> = std::env::args_os().skip(1).map(Into::into).collect();
    if files.is_empty() {
        return Err("give .npz files".into());
    }
    let threads = std::thread::available_parallelism()?.get();
    println!("{:<24} {:>8} {:<28} {:>9} {:>7}", "file", "MB", "decoder", "MB/s", "ratio");
    for file in files {
        compare(&file, threads)?;
    }
    Ok(())
}

fn compare(path: &Path, threads: usize) -> Result<(), Failure> {
    let archive = Archive::open(path)?;
    let entry = archive.entries().iter().max_by_key(|entry| entry.compressed).ok_or("no members")?;
    let (name, size, compressed) = (entry.array_name(), entry.size as usize, entry.compressed as usize);
    let raw = Raw::extract(path, &entry.name, compressed)?;
    let mut contenders: Vec<(String, Contender)> = vec![(
        "libdeflate, 1 thread".into(),
        Box::new(|| {
            let payload = std::fs::read(&raw.0)?;
            let mut out = Memory::zeroed(size)?;
            libdeflater::Decompressor::new().deflate_decompress(&payload, out.as_mut())?;
            Ok(Box::new(out))
        }),
    )];
    for threads in [1, threads] {
        let raw = &raw;
        contenders.push((
            format!("rapidgzip-core, {threads} threads"),
            Box::new(move || {
                let decoder = Decoder::builder().format(Format::RawDeflate).decoder_threads(threads).build()?;
                let mut out = Memory::zeroed(size)?;
                decoder.decode_path(&raw.0, &mut out.as_mut())?;
                Ok(Box::new(out))
            }),
        ));
        let archive = &archive;
        contenders.push((
            format!("medmnist-core, {threads} threads"),
            Box::new(move || Ok(Box::new(archive.read(name, threads, None)?))),
        ));
    }
    let expected = archive.read(name, 1, None)?;
    let mut times = vec![Vec::new(); contenders.len()];
    for _ in 0..ROUNDS {
        for ((label, run), times) in contenders.iter().zip(&mut times) {
            let start = Instant::now();
            let out = run()?;
            times.push(start.elapsed().as_secs_f64());
            // Others decode the npy header too.
            if !(*out).as_ref().ends_with(expected.as_ref()) {
                return Err(format!("{label}: WRONG bytes").into());
            }
        }
    }
    let medians: Vec<f64> = times
        .iter_mut()
        .map(|times| {
            times.sort_by(f64::total_cmp);
            times[ROUNDS / 2]
        })
        .collect();
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    for ((label, _), median) in contenders.iter().zip(&medians) {
        let (megabytes, ratio) = (size as f64 / 1e6, medians[0] / median);
        println!("{file:<24} {megabytes:>8.1} {label:<28} {:>9.0} {ratio:>6.2}x", megabytes / median);
    }
    Ok(())
}

/// A member's compressed bytes in a file of their own, which is removed again.
struct Raw(PathBuf);

impl Raw {
    fn extract(path: &Path, name: &str, compressed: usize) -> Result<Self, Failure> {
        let file = std::fs::File::open(path)?;
        // The local header is where its name is, first of all; our reader has checked that it is the right one.
        let mut at = 0;
        let mut header = [0; 30];
        loop {
            file.read_exact_at(&mut header, at)?;
            let [name_len, extra_len] =
                [26, 28].map(|field| usize::from(header[field]) + 256 * usize::from(header[field + 1]));
            let mut found = vec![0; name_len];
            file.read_exact_at(&mut found, at + 30)?;
            let start = at + 30 + (name_len + extra_len) as u64;
            if found == name.as_bytes() {
                let mut payload = vec![0; compressed];
                file.read_exact_at(&mut payload, start)?;
                let raw = Self(std::env::temp_dir().join(format!("inflate-bench-{}.deflate", std::process::id())));
                std::fs::File::create(&raw.0)?.write_all(&payload)?;
                return Ok(raw);
            }
            let entries = Archive::open(path)?;
            let entry =
                entries.entries().iter().find(|entry| entry.name.as_bytes() == found).ok_or("no such member")?;
            at = start + entry.compressed;
        }
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
