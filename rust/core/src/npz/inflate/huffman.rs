//! Decoding tables for DEFLATE's prefix codes (RFC 1951, sections 3.2.2 and 3.2.5 to 3.2.7).
//!
//! A table is indexed with the next bits of the stream: 11 for literals and lengths, 8 for distances. Codes up to that
//! length are resolved by one look-up; the entry of a longer one points to a second table, indexed with the bits behind.

/// What the next bits stand for, in 32 bits:
///
/// ```text
/// bit   31     a literal, whose value is in bits 8..=15; else:
/// bits 16..=30 the base of a length or distance, or where a second table starts
/// bit   15     neither a length nor a distance: see the next two; alone, a code that no symbol has
/// bit   14     the end of the block
/// bit   13     a second table
/// bits  8..=12 the length of the code, or how many bits index the second table
/// bits  0..=5  bits to consume: the code and the extra bits behind it
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry(u32);

const LITERAL: u32 = 1 << 31;
const SPECIAL: u32 = 1 << 15;
const END_OF_BLOCK: u32 = SPECIAL | 1 << 14;
const SECOND: u32 = SPECIAL | 1 << 13;
const INVALID: Entry = Entry(SPECIAL);

#[allow(clippy::inline_always, reason = "part of the innermost loop")]
impl Entry {
    fn literal_of(value: u32, code_len: u32) -> Self {
        Self(LITERAL | value << 8 | code_len)
    }

    /// Anything else: its base or its flags, and the number of extra bits.
    fn other_of(payload: u32, extra: u32, code_len: u32) -> Self {
        Self(payload | code_len << 8 | (code_len + extra))
    }

    #[inline(always)]
    pub(super) fn is_literal(self) -> bool {
        self.0 & LITERAL != 0
    }

    /// Of an entry that is no literal, as the other questions below.
    #[inline(always)]
    pub(super) fn is_special(self) -> bool {
        self.0 & SPECIAL != 0
    }

    #[inline(always)]
    pub(super) fn is_end_of_block(self) -> bool {
        self.0 & END_OF_BLOCK == END_OF_BLOCK
    }

    #[inline(always)]
    pub(super) fn is_second(self) -> bool {
        self.0 & SECOND == SECOND
    }

    /// Bits to consume, in the lowest six bits.
    #[inline(always)]
    pub(super) fn bits(self) -> u32 {
        self.0
    }

    /// The value of a literal.
    #[inline(always)]
    pub(super) fn literal(self) -> u16 {
        (self.0 >> 8) as u16 & 0xff
    }

    /// The length or distance: base plus the extra bits, which are behind the code at the front of `bits`.
    #[inline(always)]
    pub(super) fn value(self, bits: u64) -> usize {
        let extra = (bits & ((1 << (self.0 & 63)) - 1)) >> (self.0 >> 8 & 31);
        (self.0 >> 16) as usize + extra as usize
    }
}

/// Lengths of 3 to 258: base and number of extra bits of the symbols 257 to 285.
#[rustfmt::skip]
const LENGTHS: [(u16, u8); 29] = [
    (3, 0), (4, 0), (5, 0), (6, 0), (7, 0), (8, 0), (9, 0), (10, 0), (11, 1), (13, 1), (15, 1), (17, 1), (19, 2), (23, 2),
    (27, 2), (31, 2), (35, 3), (43, 3), (51, 3), (59, 3), (67, 4), (83, 4), (99, 4), (115, 4), (131, 5), (163, 5), (195, 5),
    (227, 5), (258, 0),
];
/// Distances of 1 to 32,768: base and number of extra bits of the symbols 0 to 29.
#[rustfmt::skip]
const DISTANCES: [(u16, u8); 30] = [
    (1, 0), (2, 0), (3, 0), (4, 0), (5, 1), (7, 1), (9, 2), (13, 2), (17, 3), (25, 3), (33, 4), (49, 4), (65, 5), (97, 5),
    (129, 6), (193, 6), (257, 7), (385, 7), (513, 8), (769, 8), (1025, 9), (1537, 9), (2049, 10), (3073, 10), (4097, 11),
    (6145, 11), (8193, 12), (12289, 12), (16385, 13), (24577, 13),
];

/// Bits that index the first table of literals and lengths.
pub(super) const FIRST_LITLEN: usize = 11;
/// Bits that index the first table of distances; hardly a code of photographs is longer.
pub(super) const FIRST_DISTANCE: usize = 8;
/// Codes are at most this long.
const MAX_CODE: usize = 15;

/// A first table of `SIZE` entries, a power of two, and the second ones that the code needs.
#[derive(Debug)]
pub(super) struct Table<const SIZE: usize> {
    first: [Entry; SIZE],
    second: Vec<Entry>,
}

/// The two codes of a block.
#[derive(Debug)]
pub(super) struct Codes {
    pub(super) litlen: Table<{ 1 << FIRST_LITLEN }>,
    pub(super) distances: Table<{ 1 << FIRST_DISTANCE }>,
}

impl Codes {
    pub(super) fn new() -> Self {
        Self { litlen: Table::new(), distances: Table::new() }
    }

    /// From lengths that have been checked.
    pub(super) fn build(&mut self, lengths: &Lengths) {
        let (litlens, distances) = lengths.lens[..lengths.total].split_at(lengths.litlens);
        self.litlen.build(litlens, &lengths.counts[0], |symbol, len| match symbol {
            0..=255 => Entry::literal_of(symbol.into(), len),
            256 => Entry::other_of(END_OF_BLOCK, 0, len),
            _ => based(LENGTHS.get(usize::from(symbol - 257)), len),
        });
        let distance = |symbol, len| based(DISTANCES.get(usize::from(symbol)), len);
        self.distances.build(distances, &lengths.counts[1], distance);
    }
}

/// What all codes of a block have to share.
pub(super) const SPACE: usize = 1 << MAX_CODE;

/// The part of it that one code takes; a symbol of length 0 has none.
pub(super) fn space_of(code_len: u8) -> usize {
    if code_len == 0 { 0 } else { SPACE >> code_len }
}

pub(super) const OVER_SUBSCRIBED: &str = "one of its codes is over-subscribed";

/// The code lengths of a block's two codes.
#[derive(Debug)]
pub(super) struct Lengths {
    lens: [u8; 288 + 32],
    litlens: usize,
    total: usize,
    /// How many codes of each length there are, in either code.
    counts: [Counts; 2],
}

type Counts = [u16; MAX_CODE + 1];

impl Lengths {
    /// Lengths of `litlens` literals and lengths and, behind them, of distances. As zlib does, refuses a code that is
    /// over-subscribed, or incomplete unless no code is longer than one bit.
    #[allow(clippy::large_types_passed_by_value, reason = "it is kept")]
    pub(super) fn new(lens: [u8; 288 + 32], litlens: usize, distances: usize) -> Result<Self, &'static str> {
        if litlens <= 256 || lens[256] == 0 {
            return Err("its code has no end of block");
        }
        let total = litlens + distances;
        let counts = [checked_counts(&lens[..litlens])?, checked_counts(&lens[litlens..total])?];
        Ok(Self { lens, litlens, total, counts })
    }
}

fn checked_counts(lens: &[u8]) -> Result<Counts, &'static str> {
    // Four at once: often one length follows the same one, and would have to wait for its count.
    let mut counts = [[0u16; MAX_CODE + 1]; 4];
    let (quads, rest) = lens.as_chunks::<4>();
    for quad in quads {
        for (counts, &len) in counts.iter_mut().zip(quad) {
            counts[usize::from(len)] += 1;
        }
    }
    let [mut counts, others @ ..] = counts;
    for &len in rest {
        counts[usize::from(len)] += 1;
    }
    for (len, count) in counts.iter_mut().enumerate() {
        *count += others.iter().map(|counts| counts[len]).sum::<u16>();
    }
    counts[0] = 0;
    let mut left = 1i32;
    for &count in &counts[1..] {
        left = 2 * left - i32::from(count);
        if left < 0 {
            return Err(OVER_SUBSCRIBED);
        }
    }
    if left > 0 && counts[2..].iter().any(|&count| count > 0) {
        return Err("one of its codes is incomplete");
    }
    Ok(counts)
}

fn based(symbol: Option<&(u16, u8)>, code_len: u32) -> Entry {
    symbol.map_or(INVALID, |&(base, extra)| Entry::other_of(u32::from(base) << 16, extra.into(), code_len))
}

impl<const SIZE: usize> Table<SIZE> {
    const BITS: u32 = SIZE.ilog2();

    fn new() -> Self {
        Self { first: [INVALID; SIZE], second: Vec::new() }
    }

    /// The entry of the code at the front of `bits`: of all of it, or of its first part.
    #[allow(clippy::inline_always, reason = "part of the innermost loop")]
    #[inline(always)]
    pub(super) fn first(&self, bits: u64) -> Entry {
        self.first[bits as usize & (SIZE - 1)]
    }

    /// The entry of a long code, whose first part `entry` stands for; `bits` starts behind that part.
    #[allow(clippy::inline_always, reason = "part of the innermost loop")]
    #[inline(always)]
    pub(super) fn second(&self, entry: Entry, bits: u64) -> Entry {
        let index = bits as usize & ((1 << (entry.0 >> 8 & 31)) - 1);
        self.second.get((entry.0 >> 16) as usize + index).copied().unwrap_or(INVALID)
    }

    /// Canonical codes (3.2.2) from their lengths, 0 for symbols without one; `entry` makes that of a symbol and a length.
    fn build(&mut self, lens: &[u8], counts: &Counts, entry: impl Fn(u16, u32) -> Entry) {
        let longest = counts.iter().rposition(|&count| count > 0).unwrap_or(0);
        self.second.clear();
        let order = in_code_order(lens, counts);
        let mut symbols = order.iter().copied();
        // The next code, as if it were the longest, with its first bit highest.
        let mut code = 0;
        // Codes of one length after the other. The table doubles with each, so that every code is written once.
        self.first[0] = INVALID;
        for len in 1..=Self::BITS {
            self.first.copy_within(..1 << (len - 1), 1 << (len - 1));
            for symbol in symbols.by_ref().take(counts[len as usize].into()) {
                self.first[reversed(code) & (SIZE - 1)] = entry(symbol, len);
                code += 1 << (MAX_CODE as u32 - len);
            }
        }
        // Where the current second table starts, and which first part leads to it.
        let (mut start, mut part) = (0, None);
        for len in 1..=(longest as u32).saturating_sub(Self::BITS) {
            let count = counts[(Self::BITS + len) as usize];
            for (remaining, symbol) in (1..=count).rev().zip(symbols.by_ref()) {
                let first = reversed(code) & (SIZE - 1);
                if part != Some(first) {
                    (start, part) = (self.second.len(), Some(first));
                    let bits = index_bits(len, remaining, counts, Self::BITS);
                    self.second.resize(start + (1 << bits), INVALID);
                    self.first[first] = Entry((start as u32) << 16 | SECOND | bits << 8 | Self::BITS);
                }
                let at = start + (reversed(code) >> Self::BITS);
                self.second[at..].iter_mut().step_by(1 << len).for_each(|at| *at = entry(symbol, len));
                code += 1 << (MAX_CODE as u32 - Self::BITS - len);
            }
        }
    }
}

/// The symbols that have a code, by its length and then by value; those that have none behind.
fn in_code_order(lens: &[u8], counts: &Counts) -> [u16; 288] {
    let mut starts = [0u16; MAX_CODE + 1];
    for len in 2..=MAX_CODE {
        starts[len] = starts[len - 1] + counts[len - 1];
    }
    starts[0] = starts[MAX_CODE] + counts[MAX_CODE];
    let mut order = [0; 288];
    for (symbol, &len) in (0..).zip(lens) {
        let start = &mut starts[usize::from(len)];
        order[usize::from(*start)] = symbol;
        *start += 1;
    }
    order
}

/// How many bits a second table needs for all codes with one first part: this one, which has `bits` behind it, the
/// `remaining` ones of its length (itself included), and longer ones.
fn index_bits(mut bits: u32, remaining: u16, counts: &Counts, first: u32) -> u32 {
    let mut room = (1i32 << bits) - i32::from(remaining);
    while room > 0 && ((bits + first) as usize) < MAX_CODE {
        bits += 1;
        room = 2 * room - i32::from(counts[(bits + first) as usize]);
    }
    bits
}

/// A code of at most `MAX_CODE` bits, its first bit highest, as it comes in the stream: its first bit lowest.
fn reversed(code: usize) -> usize {
    usize::from(REVERSED[code & 0xff]) << 7 | usize::from(REVERSED[code >> 8 & 0x7f]) >> 1
}

static REVERSED: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = (byte as u8).reverse_bits();
        byte += 1;
    }
    table
};

/// The code of code lengths (3.2.7), which must be complete: symbol and length for each seven bits.
pub(super) fn precode(lens: &[u8; 19]) -> Result<[(u8, u8); 128], &'static str> {
    // The symbols of each length, as bits.
    let mut of_len = [0u32; 8];
    for (symbol, &len) in lens.iter().enumerate() {
        of_len[usize::from(len & 7)] |= 1 << symbol;
    }
    match (1..8).map(|len| of_len[len].count_ones() << (7 - len)).sum() {
        128 => {}
        0..128 => return Err("its code of code lengths is incomplete"),
        _ => return Err("its code of code lengths is over-subscribed"),
    }
    // With each further bit the table becomes twice as long, and the codes of that length come in where they belong.
    let (mut table, mut code) = ([(0, 0); 128], 0usize);
    for (len, mut symbols) in (0..).zip(of_len).skip(1) {
        let size = 1 << len;
        table.copy_within(..size / 2, size / 2);
        while symbols != 0 {
            table[code] = (symbols.trailing_zeros() as u8, len);
            symbols &= symbols - 1;
            // The next code, whose first bit is its lowest here. All bits are set in the last one of a complete code.
            let carry = usize::BITS - 1 - (code ^ (size - 1) | 1).leading_zeros();
            code = code & ((1 << carry) - 1) | 1 << carry;
        }
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Decodes by the definition: canonical codes, compared bit by bit.
    fn by_definition(lens: &[u8], bits: u64) -> Option<(usize, u32)> {
        let (mut code, mut first) = (0u64, 0u64);
        for len in 1..=15 {
            code = code << 1 | bits >> (len - 1) & 1;
            let symbols: Vec<usize> = (0..lens.len()).filter(|&symbol| u32::from(lens[symbol]) == len).collect();
            if code >= first && code - first < symbols.len() as u64 {
                return Some((symbols[(code - first) as usize], len));
            }
            first = (first + symbols.len() as u64) << 1;
        }
        None
    }

    fn lengths(litlens: &[u8], distances: &[u8]) -> Result<Lengths, &'static str> {
        let mut lens = [0; 288 + 32];
        lens[..litlens.len()].copy_from_slice(litlens);
        lens[litlens.len()..][..distances.len()].copy_from_slice(distances);
        Lengths::new(lens, litlens.len(), distances.len())
    }

    fn decodes_as_defined(lens: &[u8]) {
        let mut codes = Codes::new();
        codes.build(&lengths(lens, &[1]).expect("complete"));
        for bits in 0..1u64 << 15 {
            let mut entry = codes.litlen.first(bits);
            let mut len = 0;
            if !entry.is_literal() && entry.is_second() {
                len = FIRST_LITLEN as u32;
                entry = codes.litlen.second(entry, bits >> FIRST_LITLEN);
            }
            match by_definition(lens, bits) {
                Some((symbol @ 0..256, expected)) => {
                    assert!(entry.is_literal() && usize::from(entry.literal()) == symbol, "{bits:b}");
                    assert_eq!(len + (entry.bits() & 63), expected, "{bits:b}");
                }
                Some((256, _)) => assert!(entry.is_end_of_block(), "{bits:b}"),
                Some((symbol @ 257..286, _)) => {
                    let (base, extra) = LENGTHS[symbol - 257];
                    let tail = bits >> (FIRST_LITLEN as u32).min(len);
                    let value = entry.value(tail);
                    assert!(value >= usize::from(base) && value < usize::from(base) + (1 << extra), "{bits:b}");
                }
                _ => assert_eq!(entry, INVALID, "{bits:b}"),
            }
        }
    }

    #[test]
    fn tables_decode_as_the_definition_says() {
        let mut fixed = [8; 288];
        fixed[144..256].fill(9);
        fixed[256..280].fill(7);
        decodes_as_defined(&fixed);
        // Lengths 1 to 15 and one more of 15: complete, with long codes behind one first part.
        let mut skewed = [0; 286];
        for (index, len) in (1..=15).enumerate() {
            skewed[index * 17] = len;
        }
        skewed[256] = 15;
        decodes_as_defined(&skewed);
        // Long codes behind several first parts.
        let mut many = [0; 286];
        many[0] = 1;
        many[1..257].fill(9);
        decodes_as_defined(&many);
        many[2] = 0;
        many[270..273].fill(11);
        many[273..277].fill(13);
        decodes_as_defined(&many);
        // A single code of one bit.
        let mut single = [0; 257];
        single[256] = 1;
        decodes_as_defined(&single);
    }

    #[test]
    fn refuses_what_zlib_refuses() {
        let refused = |lens: &[u8], distances: &[u8]| lengths(lens, distances).expect_err("refused");
        let mut lens = [0u8; 257];
        assert_eq!(refused(&lens, &[1]), "its code has no end of block");
        lens[256] = 2;
        assert_eq!(refused(&lens, &[1]), "one of its codes is incomplete");
        lens[..4].fill(2);
        assert_eq!(refused(&lens, &[1]), "one of its codes is over-subscribed");
        lens[3] = 0;
        assert_eq!(refused(&lens, &[2, 2]), "one of its codes is incomplete");
        assert_eq!(refused(&lens, &[1, 1, 1]), "one of its codes is over-subscribed");
        assert!(lengths(&lens, &[0, 0]).is_ok());
        assert_eq!(precode(&[0; 19]), Err("its code of code lengths is incomplete"));
        assert_eq!(precode(&[1; 19]), Err("its code of code lengths is over-subscribed"));
    }
}
