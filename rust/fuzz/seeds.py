"""Writes the seeds that the fuzz targets start from: `python rust/fuzz/seeds.py`.

A seed is a small valid input of its target; libFuzzer gets from there to invalid ones by itself. The same seeds are
written each time. They have no extension, so that no rule for `*.npz` applies to them.
"""

import io
import struct
import zipfile
import zlib
from pathlib import Path
from unittest import mock

import numpy as np

CORPUS = Path(__file__).parent / "corpus"
# When `fuzz_targets/store.rs` has the source of its store modified, in nanoseconds since 1970.
MODIFIED = 1_600_000_000 * 10**9

Members = dict[str, np.ndarray]


def npy(array: np.ndarray, version: tuple[int, int] | None = None) -> bytes:
    """An array as a file of its own."""
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version=version)
    return file.getvalue()


def npy_of(text: str, data: bytes = b"") -> bytes:
    """A version 1.0 file with a header that NumPy would not write."""
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode() + data


def npz(members: Members, method: int = zipfile.ZIP_STORED, *, comment: bytes = b"", zip64: bool = False) -> bytes:
    """An archive, as `numpy.savez` writes it but for the time of day."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, array in members.items():
            info = zipfile.ZipInfo(f"{name}.npy")
            info.compress_type = method
            with archive.open(info, "w", force_zip64=zip64) as member:
                member.write(npy(array))
        archive.comment = comment
    return file.getvalue()


def npz_of_large_fields(members: Members) -> bytes:
    """An archive whose sizes, offsets and counts are all in zip64 records."""
    with mock.patch.multiple(zipfile, ZIP64_LIMIT=1, ZIP_FILECOUNT_LIMIT=0):
        return npz(members, zip64=True)


def deflate(
    data: bytes,
    level: int = 9,
    strategy: int = zlib.Z_DEFAULT_STRATEGY,
    flush: int = zlib.Z_FINISH,
    before: bytes = b"",
) -> bytes:
    """A raw DEFLATE stream; with `Z_SYNC_FLUSH` it goes on behind its last byte. It may copy from what is before it."""
    compressor = zlib.compressobj(level, zlib.DEFLATED, -15, 9, strategy, before)
    return compressor.compress(data) + compressor.flush(flush)


def images() -> Members:
    """A small data set."""
    random = np.random.default_rng(0)
    ramp = np.add.outer(np.arange(8), np.arange(8))
    pixels = ramp[None] * 9 + random.integers(0, 4, (3, 8, 8))
    return {"train_images": pixels.astype(np.uint8), "train_labels": np.array([[0], [2], [1]], np.uint8)}


def headers() -> dict[str, bytes]:
    """For `npy_header`."""
    zeros = np.zeros
    return {
        "bytes": npy(zeros((2, 3), np.uint8)),
        "fortran": npy(np.asfortranarray(zeros((2, 3), "<i8"))),
        "scalar": npy(np.array(1.5, ">f8")),
        "empty": npy(zeros((0, 5), "<c16")),
        "many_axes": npy(zeros((1,) * 32, "?")),
        "version_2": npy(zeros(3, "<f4"), version=(2, 0)),
        "version_3": npy(zeros(3, "<u2"), version=(3, 0)),
        "python_2": npy_of('{"shape": (3L, 0L), "fortran_order": True, "descr": "=f2"}'),
        "too_large": npy_of("{'descr': '|i1', 'fortran_order': False, 'shape': (4294967296, 4294967296, 0), }"),
    }


def archives() -> dict[str, bytes]:
    """For `archive` and `zip_directory`."""
    arrays = images()
    types = {str(number): np.arange(3).astype(dtype) for number, dtype in enumerate(["?", "<i2", ">f4", "<c8"])}
    return {
        "stored": npz(arrays),
        "deflated": npz(arrays, zipfile.ZIP_DEFLATED),
        "savez": npz({"arr_0": np.arange(5, dtype=np.uint8)}, zip64=True),
        "zip64": npz_of_large_fields({"arr_0": np.arange(5, dtype=np.uint8)}),
        "comment": npz({"a": np.ones((2, 2), np.uint8)}, comment=b"PK\x05\x06 is how an end starts"),
        "fortran": npz({"a": np.asfortranarray(np.arange(6, dtype="<i4").reshape(2, 3))}, zipfile.ZIP_DEFLATED),
        "types": npz(types),
        "empty_array": npz({"a": np.zeros((0, 28, 28), np.uint8)}, zipfile.ZIP_DEFLATED),
        "not_ascii": npz({"größe": np.zeros((), np.uint8)}),
        "runs": npz({"a": np.zeros((300, 300), np.uint8)}, zipfile.ZIP_DEFLATED),
        "no_members": npz({}),
    }


def streams() -> dict[str, bytes]:
    """For `inflate`: each goes on behind the npy header that the target puts in front."""
    text = b"".join(b"%d %d\n" % (number, number * number) for number in range(60))
    # Frequencies for which Huffman's codes are as long as they can be: those of Fibonacci.
    counts = [1, 1]
    while len(counts) < 15:
        counts.append(counts[-1] + counts[-2])
    steep = b"".join(bytes([value]) * count for value, count in enumerate(counts))
    return {
        "stored": deflate(text[:200], level=0),
        "fixed": deflate(text, strategy=zlib.Z_FIXED),
        "dynamic": deflate(text),
        "literals": deflate(text, strategy=zlib.Z_HUFFMAN_ONLY),
        "runs": deflate(bytes(5000) + b"\1" * 5000, strategy=zlib.Z_RLE),
        # Periods that are shorter than what is copied in one step.
        "periods": deflate(b"".join(bytes(range(period)) * 20 for period in range(1, 18))),
        "long_codes": deflate(steep, strategy=zlib.Z_HUFFMAN_ONLY),
        "all_bytes": deflate(bytes(range(256)) * 2 + text),
        "all_kinds": deflate(b"stored", 0, flush=zlib.Z_SYNC_FLUSH)
        + deflate(text[:99], 9, zlib.Z_FIXED, zlib.Z_SYNC_FLUSH)
        + deflate(text),
        "empty": deflate(b""),
    }


def damage() -> dict[str, bytes]:
    """For `regions`.

    A byte says whether bytes are put between (0) or over (1) those that are there, whether those are few at first (2),
    and how many threads decode them (4 each beside the first); three bytes say where; then come the bytes.
    """
    text = b"".join(b"%d %d\n" % (number, number * number) for number in range(90))
    block = deflate(text, flush=zlib.Z_SYNC_FLUSH)
    # Stored bytes that look like a block to whoever does not know what is before them.
    pretence = deflate(block, level=0, flush=zlib.Z_SYNC_FLUSH)
    # Long enough for a code of its own, which is what is looked for, and the rest from as far back as can be.
    copies = deflate(text + text[::-1], flush=zlib.Z_SYNC_FLUSH, before=text[::-1] + bytes(32_500 - 2 * len(text)))

    def between(place: int, threads: int, blocks: bytes = b"", *, few: bool = False) -> bytes:
        return struct.pack("<I", place << 8 | threads - 1 << 2 | few << 1) + blocks

    def over(place: int, threads: int, damage: bytes) -> bytes:
        return struct.pack("<I", place << 8 | threads - 1 << 2 | 1) + damage

    return {
        "nothing": between(0, 1),
        "nothing_on_threads": between(0, 3),
        "few": between(0, 3, few=True),
        "block_in_front": between(0, 2, block),
        "block_between": between(2, 3, block),
        "copies": between(2, 2, copies),
        "copies_of_nothing": between(2, 2, copies, few=True),
        "pretended_block": between(2, 2, pretence),
        "pretended_block_late": between(3, 3, pretence),
        "end": between(3, 2, deflate(text)),
        "damage": over(100_000, 2, b"\0"),
        "damage_late": over(250_001, 3, b"\xff\xff"),
    }


def stores() -> dict[str, bytes]:
    """For `store`: whether bytes are a store (0) or edits of a valid one (1); 2 more if it was modified later."""
    arrays = images()
    source = npz(arrays, zipfile.ZIP_DEFLATED)
    crc = 0
    for name, array in arrays.items():
        member = npy(array)
        crc = zlib.crc32(f"{name}.npy".encode() + struct.pack("<QI", len(member), zlib.crc32(member)), crc)
    key = f"medmnist_fast store 1: of {len(source)} bytes, modified {MODIFIED}, members {crc:08x}".encode()
    edit = struct.Struct("<HB").pack
    return {
        "no_store": b"\0",
        "valid": b"\0" + npz(arrays, comment=key),
        "compressed": b"\0" + npz(arrays, zipfile.ZIP_DEFLATED, comment=key),
        "of_another": b"\0" + npz({"a": np.zeros(3, np.uint8)}, comment=key),
        "no_edits": b"\1",
        "modified": b"\3",
        "signature": b"\1" + edit(0, 0),
        "data": b"\1" + edit(4096, 255),
        "edits": b"\1" + edit(26, 13) + edit(4000, 1) + edit(8300, 7),
    }


def main() -> None:
    """Writes the seeds of all targets, and removes those of before."""
    targets = {
        "npy_header": headers(),
        "zip_directory": archives(),
        "archive": archives(),
        "inflate": streams(),
        "regions": damage(),
        "store": stores(),
    }
    for target, seeds in targets.items():
        folder = CORPUS / target
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        for name, seed in seeds.items():
            (folder / name).write_bytes(seed)


if __name__ == "__main__":
    main()
