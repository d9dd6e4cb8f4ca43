//! Archives of stored members whose arrays start at a multiple of a page, so that they can be mapped and used in place.
//!
//! Everything but the members' bytes is known before the first of them is written: a layout, as a list of pieces.

use super::zip::{CENTRAL_HEADER, END, END64, Entry, LOCAL_HEADER, LOCATOR64, Method, ZIP64_EXTRA};

/// Arrays start at multiples of this: the smallest page of the systems that there are wheels for, and a disk's block.
const ALIGNMENT: u16 = 4096;
/// The extra field that Android's `zipalign` pads with: two bytes of alignment, then zeros.
const PADDING_EXTRA: u16 = 0xD935;
/// The version needed to extract: 1.0, or 4.5 for zip64.
const VERSION: u16 = 10;
const VERSION64: u16 = 45;

/// An archive to be written.
#[derive(Debug)]
pub(crate) struct Writer {
    /// What is written around the members, and where.
    pub(crate) frame: Vec<(u64, Vec<u8>)>,
    /// Where each member's bytes start.
    pub(crate) payloads: Vec<u64>,
    /// The archive's size.
    pub(crate) len: u64,
}

impl Writer {
    /// Lays out members, each given with the length of its npy header; they keep name, size and CRC-32.
    pub(crate) fn new<'a>(members: impl Iterator<Item = (&'a Entry, usize)>, comment: &str) -> Self {
        let (mut frame, mut payloads, mut directory) = (Vec::new(), Vec::new(), Vec::new());
        let (mut at, mut count) = (0u64, 0u64);
        for (entry, header_len) in members {
            let stored = Entry { method: Method::Stored, compressed: entry.size, local_header: at, ..entry.clone() };
            let local = local_header(&stored, header_len);
            let payload = at.saturating_add(local.len() as u64);
            directory.extend(directory_entry(&stored));
            frame.push((at, local));
            payloads.push(payload);
            at = payload.saturating_add(entry.size);
            count = count.saturating_add(1);
        }
        let tail = [&directory[..], &end(at, directory.len() as u64, count, comment)].concat();
        let len = at.saturating_add(tail.len() as u64);
        frame.push((at, tail));
        Self { frame, payloads, len }
    }
}

/// 4.3.7, with padding that puts the data behind the npy header at a multiple of [`ALIGNMENT`].
fn local_header(entry: &Entry, header_len: usize) -> Vec<u8> {
    let wide = zip64_extra(&[entry.size, entry.compressed], entry.size >= u32::MAX.into());
    let before = [LOCAL_HEADER.len, entry.name.len(), wide.len(), header_len];
    let end = before.iter().fold(entry.local_header, |end, &len| end.saturating_add(len as u64));
    // A field has four bytes of its own, and two of alignment here.
    let least = end.saturating_add(6);
    let padding = least.next_multiple_of(ALIGNMENT.into()).saturating_sub(end);
    let mut extra = wide;
    let field = u16::try_from(padding.saturating_sub(4)).unwrap_or_default();
    extra.extend([PADDING_EXTRA, field, ALIGNMENT].iter().flat_map(|value| value.to_le_bytes()));
    extra.resize(extra.len().saturating_add(usize::from(field).saturating_sub(2)), 0);
    let mut bytes = LOCAL_HEADER.signature.to_vec();
    common_fields(&mut bytes, entry);
    bytes.extend(lens(entry, extra.len()));
    bytes.extend(entry.name.as_bytes());
    bytes.extend(extra);
    bytes
}

/// 4.3.12.
fn directory_entry(entry: &Entry) -> Vec<u8> {
    // 4.5.3: the values that are saturated in the header, in this order.
    let is_wide = entry.size >= u32::MAX.into();
    let mut values = if is_wide { vec![entry.size, entry.compressed] } else { vec![] };
    if entry.local_header >= u32::MAX.into() {
        values.push(entry.local_header);
    }
    let extra = zip64_extra(&values, !values.is_empty());
    let mut bytes = CENTRAL_HEADER.signature.to_vec();
    bytes.extend(version(entry).to_le_bytes());
    common_fields(&mut bytes, entry);
    bytes.extend(lens(entry, extra.len()));
    // No comment, disk 0, no attributes.
    bytes.extend([0; 10]);
    bytes.extend(narrow(entry.local_header));
    bytes.extend(entry.name.as_bytes());
    bytes.extend(extra);
    bytes
}

/// What local headers and directory entries have in common: version needed to sizes.
fn common_fields(bytes: &mut Vec<u8>, entry: &Entry) {
    // Names are UTF-8 (4.4.4, bit 11), which matters for those that are not ASCII.
    let flags: u16 = if entry.name.is_ascii() { 0 } else { 1 << 11 };
    // The first day that DOS knows: an archive of the same arrays has the same bytes.
    let [time, date] = [0u16, 1 << 5 | 1];
    bytes.extend(
        [version(entry), flags, entry.method.number(), time, date].iter().flat_map(|value| value.to_le_bytes()),
    );
    bytes.extend(entry.crc.to_le_bytes());
    bytes.extend(narrow(entry.compressed));
    bytes.extend(narrow(entry.size));
}

/// Both sizes are wide if one is: a stored member's are equal.
fn version(entry: &Entry) -> u16 {
    if entry.size.max(entry.local_header) >= u32::MAX.into() { VERSION64 } else { VERSION }
}

fn lens(entry: &Entry, extra: usize) -> impl Iterator<Item = u8> + use<> {
    // Names came out of fields of this width; extra fields are shorter than two pages.
    [entry.name.len(), extra].map(|len| u16::try_from(len).unwrap_or(u16::MAX).to_le_bytes()).into_iter().flatten()
}

fn narrow(value: u64) -> [u8; 4] {
    u32::try_from(value).unwrap_or(u32::MAX).to_le_bytes()
}

fn zip64_extra(values: &[u64], is_needed: bool) -> Vec<u8> {
    if !is_needed {
        return vec![];
    }
    let len = u16::try_from(values.len().saturating_mul(8)).unwrap_or(u16::MAX);
    let head = [ZIP64_EXTRA, len].into_iter().flat_map(u16::to_le_bytes);
    head.chain(values.iter().flat_map(|value| value.to_le_bytes())).collect()
}

/// 4.3.14 to 4.3.16.
fn end(directory: u64, len: u64, count: u64, comment: &str) -> Vec<u8> {
    let narrow_count = u16::try_from(count).unwrap_or(u16::MAX).to_le_bytes();
    let mut bytes = Vec::new();
    if count >= u16::MAX.into() || len >= u32::MAX.into() || directory >= u32::MAX.into() {
        bytes.extend(END64.signature);
        // The size of what follows, without signature and this field.
        bytes.extend((END64.len as u64).saturating_sub(12).to_le_bytes());
        bytes.extend([VERSION64; 2].iter().flat_map(|value| value.to_le_bytes()));
        bytes.extend([0; 8]);
        bytes.extend([count, count, len, directory].iter().flat_map(|value| value.to_le_bytes()));
        bytes.extend(LOCATOR64.signature);
        bytes.extend([0; 4]);
        bytes.extend(directory.saturating_add(len).to_le_bytes());
        bytes.extend(1u32.to_le_bytes());
    }
    let comment = comment.as_bytes();
    bytes.extend(END.signature);
    bytes.extend([0; 4]);
    bytes.extend(narrow_count);
    bytes.extend(narrow_count);
    bytes.extend(narrow(len));
    bytes.extend(narrow(directory));
    bytes.extend(u16::try_from(comment.len()).unwrap_or(u16::MAX).to_le_bytes());
    bytes.extend(comment);
    bytes
}

#[cfg(test)]
mod tests {
    use std::io::{Seek, SeekFrom, Write};

    use super::super::source::Source;
    use super::super::zip::Directory;
    use super::*;

    const GIB: u64 = 1 << 30;

    fn entry(name: &str, size: u64) -> Entry {
        let (method, crc, limit) = (Method::Deflated, 7, u64::MAX);
        Entry { name: name.into(), method, crc, compressed: size / 2, size, local_header: 0, limit }
    }

    #[test]
    fn archives_of_any_size_are_read_back_and_aligned() {
        // The second starts beyond 4 GiB, the third is larger than that, the last is behind both.
        for sizes in [vec![], vec![128], vec![5 * GIB + 1, 200, 4 * GIB, 129, 1000]] {
            let entries: Vec<Entry> =
                (0..).zip(&sizes).map(|(index, &size)| entry(&format!("ä{index}.npy"), size)).collect();
            let writer = Writer::new(entries.iter().map(|entry| (entry, 128)), "a comment");
            let path =
                std::env::temp_dir().join(format!("medmnist-core-writer-{}-{}", std::process::id(), sizes.len()));
            let mut file = std::fs::File::create(&path).expect("the temporary folder is writable");
            for (at, bytes) in &writer.frame {
                // What is not written is a hole.
                file.seek(SeekFrom::Start(*at)).and_then(|_| file.write_all(bytes)).expect("it fits");
            }
            assert_eq!(file.metadata().expect("it is open").len(), writer.len);
            let source = Source::open(&path).expect("it was just written");
            let directory = Directory::read(&source).expect("valid");
            assert_eq!((directory.comment.as_slice(), directory.members.len()), (&b"a comment"[..], sizes.len()));
            for ((read, written), payload) in directory.members.iter().zip(&entries).zip(&writer.payloads) {
                assert_eq!((&read.name, read.crc, read.method), (&written.name, 7, Method::Stored));
                assert_eq!((read.size, read.compressed), (written.size, written.size));
                assert_eq!(read.payload(&source).expect("its local header is there"), *payload);
                assert_eq!((payload + 128) % u64::from(ALIGNMENT), 0);
            }
            std::fs::remove_file(&path).expect("it is ours");
        }
    }
}
