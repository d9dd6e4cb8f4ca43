//! Headers of blocks (RFC 1951, section 3.2.3).

use super::huffman::{Codes, Lengths, OVER_SUBSCRIBED, SPACE, precode, space_of};

/// More bytes than the longest header has: 17 + 19 · 3 + 316 · 14 bits.
pub(super) const MAX_HEADER: usize = 1024;

/// The next bits of a stream, the first of them lowest. Behind the end there are zeros.
#[derive(Debug, Default)]
pub(super) struct Bits {
    word: u64,
    /// How many there are.
    count: u32,
    /// The byte behind them.
    read: usize,
}

impl Bits {
    /// At a bit of `bytes`.
    pub(super) fn at(bytes: &[u8], bit: usize) -> Self {
        let mut bits = Self { read: bit / 8, ..Self::default() };
        bits.get(bytes, (bit % 8) as u32);
        bits
    }

    /// The next bit, counted from the start of the bytes.
    pub(super) fn position(&self) -> usize {
        self.read * 8 - self.count as usize
    }

    /// At least `count` bits, of which there may be up to 32.
    fn need(&mut self, bytes: &[u8], count: u32) {
        if self.count >= count {
            return;
        }
        if let Some(next) = bytes.get(self.read..).and_then(<[u8]>::first_chunk) {
            // As many whole bytes as there is room for; the bits above them are those that come next.
            self.word |= u64::from_le_bytes(*next) << self.count;
            let whole = (63 - self.count) / 8;
            self.read += whole as usize;
            self.count += whole * 8;
            return;
        }
        while self.count < count {
            self.word |= u64::from(bytes.get(self.read).copied().unwrap_or(0)) << self.count;
            self.read += 1;
            self.count += 8;
        }
    }

    fn take(&mut self, count: u32) -> usize {
        let value = self.word & ((1 << count) - 1);
        self.word >>= count;
        self.count -= count;
        value as usize
    }

    fn get(&mut self, bytes: &[u8], count: u32) -> usize {
        self.need(bytes, count);
        self.take(count)
    }

    /// Gives back whole bytes and drops the rest of the current one.
    fn align(&mut self) {
        self.read -= (self.count / 8) as usize;
        (self.word, self.count) = (0, 0);
    }
}

/// What follows a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// This many bytes as they are.
    Stored(usize),
    /// Codes, up to an end of block.
    Codes,
}

/// Reads a header; returns whether the block is the last one, and what follows. Builds `codes` if codes follow.
pub(super) fn read(bytes: &[u8], bits: &mut Bits, codes: &mut Codes) -> Result<(bool, Kind), &'static str> {
    let is_last = bits.get(bytes, 1) == 1;
    let kind = match bits.get(bytes, 2) {
        0 => {
            bits.align();
            let (len, complement) = (bits.get(bytes, 16), bits.get(bytes, 16));
            if len != complement ^ 0xffff {
                return Err("the length of a stored block contradicts its complement");
            }
            bits.align();
            Kind::Stored(len)
        }
        1 => {
            let mut lens = [8; 288 + 32];
            lens[144..256].fill(9);
            lens[256..280].fill(7);
            lens[288..].fill(5);
            codes.build(&Lengths::new(lens, 288, 32)?);
            Kind::Codes
        }
        2 => {
            codes.build(&dynamic(bytes, bits)?);
            Kind::Codes
        }
        _ => return Err("a block is of no known type"),
    };
    Ok((is_last, kind))
}

/// The code lengths of a dynamic block (3.2.7).
pub(super) fn dynamic(bytes: &[u8], bits: &mut Bits) -> Result<Lengths, &'static str> {
    const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
    let [litlens, distances] = [257, 1].map(|least| bits.get(bytes, 5) + least);
    let precodes = bits.get(bytes, 4) + 4;
    if litlens > 286 || distances > 30 {
        return Err("a block has too many lengths or distances");
    }
    let mut precode_lens = [0; 19];
    for &symbol in &ORDER[..precodes] {
        precode_lens[symbol] = bits.get(bytes, 3) as u8;
    }
    let table = precode(&precode_lens)?;
    let mut lens = [0; 288 + 32];
    let total = litlens + distances;
    let (mut at, mut space) = (0, 0);
    while at < total {
        bits.need(bytes, 14);
        let (symbol, len) = table[bits.word as usize & 127];
        bits.take(len.into());
        let (value, repeat) = match symbol {
            0..=15 => (symbol, 1),
            16 if at == 0 => return Err("a block repeats a code length before the first"),
            16 => (lens[at - 1], 3 + bits.take(2)),
            17 => (0, 3 + bits.take(3)),
            _ => (0, 11 + bits.take(7)),
        };
        let run = lens[..total].get_mut(at..at + repeat).ok_or("a block has too many code lengths")?;
        run.fill(value);
        // Not only at the end: what is no header shows here soon, where one is looked for.
        space += litlens.saturating_sub(at).min(repeat) * space_of(value);
        if space > SPACE {
            return Err(OVER_SUBSCRIBED);
        }
        at += repeat;
    }
    Lengths::new(lens, litlens, distances)
}
