//! The ZIP directory (PKWARE APPNOTE.TXT 6.3.10): sections 4.3.7, 4.3.12 and 4.3.14 to 4.3.16.
//!
//! Only the central directory is believed: local headers may lie (NumPy writes sizes of 0xFFFFFFFF there), so they
//! are read only to find where a member's bytes start. Sizes are `u64`, sums are checked.

use std::collections::HashMap;

use super::NpzError;

const LOCAL_HEADER: (&str, [u8; 4], usize) = ("local header", *b"PK\x03\x04", 30);
const CENTRAL_HEADER: (&str, [u8; 4], usize) = ("directory entry", *b"PK\x01\x02", 46);
const END: (&str, [u8; 4], usize) = ("end of directory", *b"PK\x05\x06", 22);
const END64: (&str, [u8; 4], usize) = ("zip64 end of directory", *b"PK\x06\x06", 56);
const LOCATOR64: (&str, [u8; 4], usize) = ("zip64 locator", *b"PK\x06\x07", 20);
const MAX_COMMENT: usize = u16::MAX as usize;
const ZIP64_EXTRA: u16 = 0x0001;

/// How a member's bytes are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Stored,
    Deflated,
}

/// One member, as the central directory describes it.
#[derive(Debug)]
pub(super) struct Entry {
    name: String,
    pub(super) method: Method,
    pub(super) crc: u32,
    pub(super) compressed: u64,
    pub(super) size: u64,
    local_header: u64,
}

impl Entry {
    /// The name under which `numpy.load` serves the member.
    pub(super) fn array_name(&self) -> &str {
        self.name.strip_suffix(".npy").unwrap_or(&self.name)
    }

    /// The member's bytes as they are in the file.
    pub(super) fn payload<'a>(&self, file: &'a [u8]) -> Result<&'a [u8], NpzError> {
        let header = record(file, self.local_header, LOCAL_HEADER)?;
        let damaged = |why| NpzError::Damaged { what: LOCAL_HEADER.0, offset: self.local_header, why };
        let [name_len, extra_len] = [u64::from(header.u16(26)), u64::from(header.u16(28))];
        let name = slice(file, self.local_header.saturating_add(30), name_len)
            .ok_or_else(|| damaged("its name reaches beyond the end of the file"))?;
        if name != self.name.as_bytes() {
            return Err(damaged("its name is not the one in the directory"));
        }
        let start = self.local_header.saturating_add(30).saturating_add(name_len).saturating_add(extra_len);
        slice(file, start, self.compressed).ok_or(NpzError::Truncated { what: "data", offset: start })
    }
}

/// The members in the file's order, and where each name is among them.
#[derive(Debug, Default)]
pub(super) struct Directory {
    pub(super) members: Vec<Entry>,
    by_name: HashMap<String, usize>,
}

impl Directory {
    pub(super) fn get(&self, array_name: &str) -> Option<&Entry> {
        self.by_name.get(array_name).and_then(|&position| self.members.get(position))
    }
}

/// All members in directory order. An error names the member it concerns, if it concerns one.
pub(super) fn read_directory(file: &[u8]) -> Result<Directory, (Option<String>, NpzError)> {
    let end = find_end(file).map_err(|error| (None, error))?;
    let mut entries = Directory::default();
    let mut offset = end.directory;
    for _ in 0..end.entries {
        let (entry, next) = read_entry(file, offset)?;
        if entries.by_name.insert(entry.array_name().to_owned(), entries.members.len()).is_some() {
            return Err((Some(entry.name), NpzError::Duplicate));
        }
        entries.members.push(entry);
        offset = next;
    }
    if offset > end.offset {
        let why = "it overlaps the end-of-directory record";
        return Err((None, NpzError::Damaged { what: "directory", offset: end.directory, why }));
    }
    Ok(entries)
}

struct End {
    offset: u64,
    directory: u64,
    entries: u64,
}

fn find_end(file: &[u8]) -> Result<End, NpzError> {
    let offset = find_end_record(file).ok_or(NpzError::NotZip { len: file.len() })?;
    let end = record(file, offset, END)?;
    let mut found = End { offset, directory: u64::from(end.u32(16)), entries: u64::from(end.u16(10)) };
    let mut disks = [u32::from(end.u16(4)), u32::from(end.u16(6))];
    let is_zip64 = end.u16(10) == u16::MAX || end.u32(12) == u32::MAX || end.u32(16) == u32::MAX;
    // 4.4.1.4: a saturated field says that the value is in the zip64 record, if there is one.
    if is_zip64
        && let Some(locator_offset) = offset.checked_sub(20)
        && let Ok(locator) = record(file, locator_offset, LOCATOR64)
    {
        let offset = locator.u64(8);
        let end = record(file, offset, END64)?;
        found = End { offset, directory: end.u64(48), entries: end.u64(32) };
        disks = [end.u32(16), end.u32(20)];
    }
    if disks != [0, 0] {
        return Err(NpzError::Unsupported("split over several disks".into()));
    }
    Ok(found)
}

/// The last end record whose comment ends where the file ends.
fn find_end_record(file: &[u8]) -> Option<u64> {
    let last = file.len().checked_sub(END.2)?;
    let first = last.saturating_sub(MAX_COMMENT);
    (first..=last).rev().map(|offset| offset as u64).find(|&offset| {
        record(file, offset, END)
            .is_ok_and(|end| offset.checked_add(22 + u64::from(end.u16(20))) == Some(file.len() as u64))
    })
}

fn read_entry(file: &[u8], offset: u64) -> Result<(Entry, u64), (Option<String>, NpzError)> {
    let header = record(file, offset, CENTRAL_HEADER).map_err(|error| (None, error))?;
    let lens = [header.u16(28), header.u16(30), header.u16(32)].map(u64::from);
    let name_offset = offset.saturating_add(46);
    let extra_offset = name_offset.saturating_add(lens[0]);
    let next = extra_offset.saturating_add(lens[1]).saturating_add(lens[2]);
    let (Some(name), Some(extra)) = (slice(file, name_offset, lens[0]), slice(file, extra_offset, lens[1])) else {
        return Err((None, NpzError::Truncated { what: CENTRAL_HEADER.0, offset }));
    };
    let Ok(name) = String::from_utf8(name.to_vec()) else {
        let why = "its name is not UTF-8";
        return Err((None, NpzError::Damaged { what: CENTRAL_HEADER.0, offset, why }));
    };
    let entry = member(&header, offset, extra, name.clone()).map_err(|error| (Some(name), error))?;
    Ok((entry, next))
}

fn member(header: &Record, offset: u64, extra: &[u8], name: String) -> Result<Entry, NpzError> {
    if header.u16(8) & 1 != 0 {
        return Err(NpzError::Unsupported("encrypted".into()));
    }
    let method = match header.u16(10) {
        0 => Method::Stored,
        8 => Method::Deflated,
        other => return Err(NpzError::Unsupported(format!("compression method {other}"))),
    };
    // 4.5.3: the zip64 field holds, in this order, the values that are saturated in the header.
    let mut wide = zip64_field(extra).unwrap_or_default().chunks_exact(8);
    let mut widened = |value: u32| match value {
        u32::MAX => wide.next().map(read_u64).ok_or(NpzError::Damaged {
            what: CENTRAL_HEADER.0,
            offset,
            why: "a size is in its zip64 field, which has none",
        }),
        value => Ok(u64::from(value)),
    };
    let size = widened(header.u32(24))?;
    let compressed = widened(header.u32(20))?;
    let local_header = widened(header.u32(42))?;
    Ok(Entry { name, method, crc: header.u32(16), compressed, size, local_header })
}

fn zip64_field(mut extra: &[u8]) -> Option<&[u8]> {
    loop {
        let (head, rest) = extra.split_first_chunk::<4>()?;
        let [id, len] = [u16::from_le_bytes([head[0], head[1]]), u16::from_le_bytes([head[2], head[3]])];
        let field = rest.get(..usize::from(len))?;
        if id == ZIP64_EXTRA {
            return Some(field);
        }
        extra = rest.get(usize::from(len)..)?;
    }
}

/// A fixed-size structure whose signature has been checked; fields are read by their offset in APPNOTE.TXT.
struct Record<'a>(&'a [u8]);

impl Record<'_> {
    fn field<const N: usize>(&self, at: usize) -> [u8; N] {
        // Offsets are constants inside the structure's size; a wrong one reads as zero and the tests show it.
        self.0.get(at..).and_then(<[u8]>::first_chunk).copied().unwrap_or([0; N])
    }
    fn u16(&self, at: usize) -> u16 {
        u16::from_le_bytes(self.field(at))
    }
    fn u32(&self, at: usize) -> u32 {
        u32::from_le_bytes(self.field(at))
    }
    fn u64(&self, at: usize) -> u64 {
        u64::from_le_bytes(self.field(at))
    }
}

fn record<'a>(
    file: &'a [u8],
    offset: u64,
    (what, signature, len): (&'static str, [u8; 4], usize),
) -> Result<Record<'a>, NpzError> {
    let bytes = slice(file, offset, len as u64).ok_or(NpzError::Truncated { what, offset })?;
    if bytes.starts_with(&signature) {
        Ok(Record(bytes))
    } else {
        Err(NpzError::Damaged { what, offset, why: "its signature is missing" })
    }
}

fn slice(file: &[u8], offset: u64, len: u64) -> Option<&[u8]> {
    let start = usize::try_from(offset).ok()?;
    let end = start.checked_add(usize::try_from(len).ok()?)?;
    file.get(start..end)
}

fn read_u64(bytes: &[u8]) -> u64 {
    bytes.first_chunk().copied().map_or(0, u64::from_le_bytes)
}
