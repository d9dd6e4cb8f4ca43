"""PNG files of many images at once: the same pixels as Pillow's in a fraction of the time, a few per cent larger."""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GREY, _RGB = 0, 2
_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"


def encode(images: NDArray[np.uint8]) -> list[bytes]:
    """PNG files of ``uint8`` images (N, H, W) or (N, H, W, 3), all of them losslessly."""
    height, width = images.shape[1:3]
    colour = _RGB if images.ndim == 4 else _GREY
    # 8 bits per value; the compression, filter method and interlacing of every ordinary file are 0.
    head = _SIGNATURE + _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0))
    return [head + _chunk(b"IDAT", _deflated(lines)) + _END for lines in _filtered(images)]


def _filtered(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The lines of each image, each behind the number of its filter: (N, H, 1 + bytes).

    Of the filters None, Sub and Up a line gets the one with the smallest sum of magnitudes, as the PNG specification
    suggests. Average and Paeth would save another 3 % of the bytes and take as long as everything else together.
    """
    channels = images.shape[3] if images.ndim == 4 else 1
    lines = images.reshape(*images.shape[:2], -1)
    candidates = np.stack([lines] * 3)
    candidates[1, :, :, channels:] -= lines[:, :, :-channels]
    candidates[2, :, 1:] -= lines[:, :-1]
    # Differences are signed bytes: the magnitude of 255 is 1.
    filters = np.minimum(candidates, -candidates).sum(axis=-1, dtype=np.uint32).argmin(axis=0)
    best = np.take_along_axis(candidates, filters[np.newaxis, :, :, np.newaxis], axis=0)[0]
    return np.concatenate([filters[:, :, np.newaxis].astype(np.uint8), best], axis=-1)


def _deflated(lines: NDArray[np.uint8]) -> bytes:
    # Filtered photographs repeat nothing but runs: looking for more costs time and gains no bytes.
    compressor = zlib.compressobj(strategy=zlib.Z_RLE)
    return compressor.compress(lines.data) + compressor.flush()


def _chunk(name: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(content, zlib.crc32(name))
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)
