//! What neighbouring bytes of a row are of.

/// The pixel of each byte, where the first byte is the `phase`-th of a pixel.
#[allow(clippy::cast_possible_truncation, reason = "there are few lanes")]
pub(super) const fn pixels<const LANES: usize>(phase: u16, channels: u16) -> [u16; LANES] {
    let mut table = [0; LANES];
    let mut lane = 0;
    while lane < LANES {
        table[lane] = (phase + lane as u16) / channels;
        lane += 1;
    }
    table
}

/// The channel of each byte, where the first byte is the `phase`-th of a pixel.
#[allow(clippy::cast_possible_truncation, reason = "there are few lanes")]
pub(super) const fn channels<const LANES: usize>(phase: u16, channels: u16) -> [u16; LANES] {
    let mut table = [0; LANES];
    let mut lane = 0;
    while lane < LANES {
        table[lane] = (phase + lane as u16) % channels;
        lane += 1;
    }
    table
}

/// The same in words of 32 bits.
pub(super) const fn words<const LANES: usize>(halves: [u16; LANES]) -> [u32; LANES] {
    let mut table = [0; LANES];
    let mut lane = 0;
    while lane < LANES {
        table[lane] = halves[lane] as u32;
        lane += 1;
    }
    table
}
