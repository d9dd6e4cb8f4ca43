"""``python -m benches.generate FILE.npz [--gigabytes 2]``: a large file in the official layout.

It is made in seconds, because its pixels repeat, too far apart for DEFLATE to notice.
"""

import argparse
import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.lib import format as npy

BLOCK = 32 << 20
"""Bytes after which the pixels repeat: far beyond DEFLATE's window of 32 KiB."""
SIDE = 224
SATURATED = 0xFFFFFFFF
"""What a 32-bit field holds whose value is in a zip64 field."""


def write_large(path: Path, gigabytes: float) -> None:
    """An ``.npz`` of RGB images (N, 224, 224, 3) that inflate to about ``gigabytes``, with a label for each.

    The pixels are smooth with noise and compress to about 85 %, as the official sets do. They are compressed once, by
    zlib at level 6 in blocks of its usual size, and written as often as it takes.
    """
    image = SIDE * SIDE * 3
    count = max(1, round(gigabytes * 1e9 / image))
    header = _header((count, SIDE, SIDE, 3))
    block = _pixels()
    total = count * image
    with path.open("wb") as file:
        entries = []
        compressor = zlib.compressobj(6, wbits=-15)
        # A full flush ends at a byte and forgets the window: what follows can be repeated.
        head = compressor.compress(header) + compressor.flush(zlib.Z_FULL_FLUSH)
        body = compressor.compress(block) + compressor.flush(zlib.Z_FULL_FLUSH)
        rest = zlib.compressobj(6, wbits=-15)
        tail = rest.compress(block[: total % len(block)]) + rest.flush()
        repeats = total // len(block)
        crc = zlib.crc32(header)
        for _ in range(repeats):
            crc = zlib.crc32(block, crc)
        crc = zlib.crc32(block[: total % len(block)], crc)
        compressed = len(head) + repeats * len(body) + len(tail)
        entries.append(_entry(file.tell(), "train_images.npy", crc, compressed, len(header) + total))
        file.write(_local("train_images.npy") + head)
        for _ in range(repeats):
            file.write(body)
        file.write(tail)
        labels = _header((count, 1)) + bytes(count)
        packed = zlib.compress(labels, wbits=-15)
        entries.append(_entry(file.tell(), "train_labels.npy", zlib.crc32(labels), len(packed), len(labels)))
        file.write(_local("train_labels.npy") + packed)
        start = file.tell()
        file.write(b"".join(entries))
        length = file.tell() - start
        if start + length >= SATURATED:
            fields = (b"PK\6\6", 44, 45, 45, 0, 0, len(entries), len(entries), length, start)
            file.write(struct.pack("<4sQHHIIQQQQ", *fields))
            file.write(struct.pack("<4sIQI", b"PK\6\7", 0, start + length, 1))
            start = SATURATED
        file.write(struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, len(entries), len(entries), length, start, 0))


def _header(shape: tuple[int, ...]) -> bytes:
    from io import BytesIO

    buffer = BytesIO()
    npy.write_array_header_1_0(buffer, {"descr": "|u1", "fortran_order": False, "shape": shape})
    return buffer.getvalue()


def _pixels() -> bytes:
    rng = np.random.default_rng(0)
    rows = np.linspace(0, 20 * np.pi, BLOCK // (SIDE * 3))[:, None]
    smooth = 128 + 60 * np.sin(rows + np.linspace(0, 3, SIDE * 3))
    noisy = smooth + rng.normal(0, 18, smooth.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8).tobytes()[:BLOCK]


def _local(name: str) -> bytes:
    # Sizes are in the directory; here they are saturated, as NumPy writes them.
    fields = (b"PK\3\4", 45, 0, 8, 0, 33, 0, SATURATED, SATURATED, len(name), 0)
    return struct.pack("<4sHHHHHIIIHH", *fields) + name.encode()


def _entry(offset: int, name: str, crc: int, compressed: int, size: int) -> bytes:
    # Readers that know no zip64 are peers too: only what does not fit is in the zip64 field.
    wide = [value for value in (size, compressed, offset) if value >= SATURATED]
    extra = struct.pack(f"<HH{len(wide)}Q", 1, 8 * len(wide), *wide) if wide else b""
    narrow = [min(value, SATURATED) for value in (compressed, size)]
    fields = (b"PK\1\2", 45, 45, 0, 8, 0, 33, crc, *narrow, len(name), len(extra), 0, 0, 0, 0, min(offset, SATURATED))
    return struct.pack("<4sHHHHHHIIIHHHHHII", *fields) + name.encode() + extra


def main() -> None:
    """Write one; a file that is there already is left alone."""
    parser = argparse.ArgumentParser(prog="python -m benches.generate")
    parser.add_argument("file", type=Path, help="the file that is written")
    parser.add_argument("--gigabytes", type=float, default=2, help="size of its images (default: 2)")
    options = parser.parse_args()
    if options.file.exists():
        parser.error(f"{options.file} is there already; name another, or remove it")
    write_large(options.file, options.gigabytes)


if __name__ == "__main__":
    main()
