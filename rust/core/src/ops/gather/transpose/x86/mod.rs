//! Lines of tiles in registers.

#![allow(unsafe_code, reason = "calls of functions compiled for more than the baseline")]

mod bytes;
pub(in crate::ops) mod planes;
mod rgb;

use super::Tiles;

#[target_feature(enable = "avx2")]
pub(super) fn avx2(tiles: Tiles<'_>) {
    tiles.copy::<u8, bytes::Avx2, 2, 16>();
}

#[target_feature(enable = "avx2")]
pub(super) fn avx2_rgb(tiles: Tiles<'_>) {
    tiles.copy::<[u8; 3], rgb::Avx2, 1, 8>();
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi")]
pub(super) fn avx512(tiles: Tiles<'_>) {
    if tiles.view.len[tiles.along].max(tiles.view.len[2]) <= planes::MOST {
        return planes::Planes::new(tiles.bytes, tiles.view, tiles.along).copy(tiles.out, tiles.view.len[2]);
    }
    tiles.copy::<u8, bytes::Avx512, 4, 16>();
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi")]
pub(super) fn avx512_rgb(tiles: Tiles<'_>) {
    tiles.copy::<[u8; 3], rgb::Avx512, 1, 16>();
}
