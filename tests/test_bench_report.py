"""What the benchmarks print, draw and write into README, from a made-up run."""

# ruff: noqa: RUF001 - tables are compared as they are printed

import io
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from benches.report import readme
from benches.report.pictures import write_pictures
from benches.report.tables import PIPE_WIDTH, print_run
from benches.report.targets import REOPENED, TOUCHED, Verdict, judge
from benches.rows import MemoryCurve, Opening, Row, Run
from benches.workloads import Workload
from rich.console import Console

ROOT = Path(__file__).parents[1]
TITLES = {
    "ours": "medmnist_fast",
    "roof": "roof",
    "stock": "stock <0 & 1>",
    "whole_array": "whole array [fast]",
    "ffcv": "FFCV",
    "grain": "Grain",
    "numpy_load": "np.load",
    "spdl": "SPDL",
}
F32 = Workload("bloodmnist", 28, "f32")
CROPS = Workload("bloodmnist", 28, "crop_flip")
CROPS_224 = Workload("bloodmnist", 224, "crop_flip")
DECODE = Workload("retinamnist", 28, "decode", threads=1)
PIXELS = 28 * 28 * 3 / 1e6
"""Megabytes of an image."""


def row(workload: Workload, contender: str, rate: float, answer: str = "exact", **figures: float) -> Row:
    """Five rounds, of which ``rate`` is the median and a tenth of it half of what lies between the quartiles."""
    rates = [rate * factor for factor in (0.9, 0.9, 1, 1.1, 1.1)]
    return Row(
        workload, contender, TITLES[contender], {f"{contender}-package": "1.2"}, rates=rates, answer=answer, **figures
    )


def missing(workload: Workload, contender: str, status: str, why: str) -> Row:
    return Row(workload, contender, TITLES[contender], status=status, why=why)


RUN = Run(
    date="2026-05-04",
    commit="0123abc+",
    machine="A processor, 2 of 2 CPUs",
    versions={"Python": "3.11.2"},
    rounds=5,
    rows=[
        row(F32, "stock", 8_000, cpu_seconds_per_million=100, peak_rss_mb=300, first_batch_seconds=0.5),
        row(F32, "ours", 800_000, cpu_seconds_per_million=2.5, peak_rss_mb=200, first_batch_seconds=0.25),
        row(F32, "roof", 1_250_000, ""),
        row(F32, "whole_array", 1_000_000, cpu_seconds_per_million=1.25, peak_rss_mb=100.0),
        row(F32, "ffcv", 2_000_000, "WRONG pixels"),
        missing(F32, "grain", "absent", "no wheel [for 3.11]"),
        row(CROPS, "ours", 300_000, "alike"),
        row(CROPS, "ffcv", 100_000, "alike"),
        missing(CROPS, "stock", "failed", "MemoryError: too much"),
        missing(CROPS, "grain", "absent", "no wheel [for 3.11]"),
        row(replace(CROPS, threads=1), "ours", 200_000, "alike"),
        row(replace(CROPS, threads=1), "ffcv", 80_000, "alike"),
        row(replace(CROPS, batch_size=1024), "ours", 330_000, "alike"),
        row(CROPS_224, "ours", 1_790, "alike"),
        row(replace(CROPS_224, threads=1), "ours", 1_000, "alike"),
        row(DECODE, "ours", 500 / PIXELS),
        row(DECODE, "numpy_load", 200 / PIXELS),
        row(DECODE, "spdl", 400 / PIXELS),
        row(replace(DECODE, threads=2), "ours", 800 / PIXELS),
        missing(replace(DECODE, threads=2), "numpy_load", "unsupported", "one thread"),
    ],
    memory=[
        MemoryCurve(F32, "ours", TITLES["ours"], [0, 0.1, 0.2], [100, 150, 140]),
        MemoryCurve(F32, "stock", TITLES["stock"], [0, 1, 2], [300, 350, 340]),
    ],
    openings=[
        Opening("np.load", "pathmnist", 224, 308.3, 1.25, 1.5, 310),
        Opening(REOPENED, "pathmnist", 224, 308.3, 0.0005, 0.021, 12.5),
        Opening(REOPENED, "pathmnist", 28, 4.8, 0.0004, 0.001, 1.5),
    ],
)
EMPTY = replace(RUN, rows=[], memory=[], openings=[])
PARTIAL = {
    "nothing": EMPTY,
    "ours alone": replace(EMPTY, rows=[r for r in RUN.rows if r.contender == "ours"]),
    "without ours": replace(RUN, rows=[r for r in RUN.rows if r.contender != "ours"]),
    "without the roof": replace(RUN, rows=[r for r in RUN.rows if r.contender != "roof"]),
    "nothing measured": replace(EMPTY, rows=[r for r in RUN.rows if r.status != "ok"]),
    "no sample of the memory": replace(RUN, memory=[replace(curve, seconds=[], rss_mb=[]) for curve in RUN.memory]),
    "wrong answers": replace(RUN, rows=[replace(r, answer="WRONG pixels") for r in RUN.rows]),
    "a single round": replace(EMPTY, rows=[replace(r, rates=r.rates[:1]) for r in RUN.rows]),
}


def printed(run: Run) -> str:
    """The tables, a line's trailing blanks cut off."""
    console = Console(file=io.StringIO(), width=PIPE_WIDTH, highlight=False)
    print_run(run, console)
    return "".join(f"{line.rstrip()}\n" for line in console.file.getvalue().splitlines())


def verdicts(run: Run) -> dict[str, Verdict]:
    return {verdict.title: verdict for verdict in judge(run)}


def test_json_round_trip(tmp_path: Path) -> None:
    RUN.write(tmp_path / "deep" / "run.json")
    assert Run.read(tmp_path / "deep" / "run.json") == RUN


def test_verdicts() -> None:
    """Every target, once, in order."""
    assert [(v.title, v.aim, v.found, v.sentence) for v in judge(RUN)] == [
        ("28 RGB, f32, beside roof", "≥ 0.8 ×", "0.640 ×", "MISSED"),
        ("64 RGB, f32, beside roof", "≥ 0.8 ×", "", "not measured (medmnist_fast was not run)"),
        ("224 RGB, f32, beside roof", "≥ 0.8 ×", "", "not measured (medmnist_fast was not run)"),
        ("224 RGB, u8, beside roof", "≥ 0.8 ×", "", "not measured (medmnist_fast was not run)"),
        ("28 RGB, Resize to 224, f32, beside roof", "≥ 0.5 ×", "", "not measured (medmnist_fast was not run)"),
        ("28 RGB, crop + flip, f32, beside FFCV", "≥ 3 ×", "3.000 ×", "met"),
        ("64 RGB, crop + flip, f32, beside FFCV", "≥ 3 ×", "", "not measured (medmnist_fast was not run)"),
        ("224 RGB, crop + flip, f32, beside FFCV", "≥ 3 ×", "", "not measured (FFCV was not run)"),
        (
            "28 RGB, crop + flip, f32, beside stock <0 & 1>",
            "≥ 200 ×",
            "",
            "not measured (stock <0 & 1> failed: MemoryError: too much)",
        ),
        ("64 RGB, crop + flip, f32, beside stock <0 & 1>", "≥ 40 ×", "", "not measured (medmnist_fast was not run)"),
        ("224 RGB, crop + flip, f32, beside stock <0 & 1>", "≥ 40 ×", "", "not measured (stock <0 & 1> was not run)"),
        (
            "28 RGB, TrivialAugmentWide, f32, beside stock <0 & 1>",
            "≥ 30 ×",
            "",
            "not measured (medmnist_fast was not run)",
        ),
        (
            "28³ volumes, flip + rotate90, f32, beside numpy_volumes",
            "≥ 20 ×",
            "",
            "not measured (medmnist_fast was not run)",
        ),
        ("28 RGB, f32, CPU-seconds, beside stock <0 & 1>", "≤ 1/50", "1/40.0", "MISSED"),
        ("224 RGB, crop + flip, f32, 1 → 2 threads", "≥ 1.8 ×", "1.790 ×", "MISSED"),
        ("retinamnist.npz, 1 thread, beside np.load", "≥ 2 ×", "2.500 ×", "met"),
        ("retinamnist.npz, 2 threads, beside np.load", "≥ 3.5 ×", "4.000 ×", "met"),
        ("retinamnist.npz, 1 thread, beside SPDL", "≥ 1.5 ×", "1.250 ×", "MISSED"),
        ("retinamnist.npz, 2 threads, beside SPDL", "≥ 1.5 ×", "2.000 ×", "met"),
        ("opening a decoded set again", "≤ 5 ms", "0.500 ms", "met"),
        ("first batch from a warm store", "≤ 20 ms", "21.0 ms", "MISSED"),
    ]


def test_what_is_missed_stands_beside_what_is_possible() -> None:
    rows = [*RUN.rows, row(CROPS_224, "ffcv", 1_000, "alike"), row(CROPS_224, "roof", 2_500, "")]
    openings = [*RUN.openings, Opening(TOUCHED, "pathmnist", 224, 77, 0.0001, 0.019, 77)]
    found = verdicts(replace(RUN, rows=rows, openings=openings))
    assert found["224 RGB, crop + flip, f32, beside FFCV"].sentence == "MISSED (the roof: 2.500 ×)"
    assert found["224 RGB, crop + flip, f32, 1 → 2 threads"].sentence == "MISSED"
    on_one = row(replace(CROPS_224, threads=1), "roof", 2_000, "")
    scaling = verdicts(replace(RUN, rows=[*rows, on_one]))["224 RGB, crop + flip, f32, 1 → 2 threads"]
    assert scaling.sentence == "MISSED (the roof: 1.250 ×)"
    assert found["28 RGB, f32, beside roof"].sentence == "MISSED"
    assert found["28 RGB, f32, CPU-seconds, beside stock <0 & 1>"].sentence == "MISSED"
    assert found["first batch from a warm store"].sentence == "MISSED (its memory alone: 19.0 ms)"


def test_wrong_answers_meet_nothing() -> None:
    wrong = {"ours": "WRONG samples"}
    rows = [replace(r, answer=wrong.get(r.contender, r.answer)) for r in RUN.rows]
    found = verdicts(replace(RUN, rows=rows))["28 RGB, crop + flip, f32, beside FFCV"]
    assert (found.found, found.sentence) == ("3.000 ×", "MISSED (our answer: WRONG samples)")
    rows = [replace(r, answer="WRONG" if r.contender == "ffcv" else r.answer) for r in RUN.rows]
    found = verdicts(replace(RUN, rows=rows))["28 RGB, crop + flip, f32, beside FFCV"]
    assert found.sentence == "not measured (answer of FFCV: WRONG)"


def test_every_target_can_be_met() -> None:
    """Each has a row that it looks for."""
    empty = judge(EMPTY)
    assert len(empty) == 15 + 4 + 2
    assert {verdict.verdict for verdict in empty} == {"not measured"}
    assert all(verdict.why for verdict in empty)


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        # Sorted by rate; a peer with a right answer and the better figure is marked.
        (
            "28 RGB: 2 threads, batch 128",
            """\
                                                                  of the CPU-s per peak RSS    first
                                          images/s spread × stock   roof   million       MB batch ms answer
─────────────────────────────────────────────────────────────────────────────────────────────────────────────────
f32
FFCV                                     2,000,000   ±10%     250   1.60         –        –        – WRONG pixels
roof                                     1,250,000   ±10%     156                –        –        – –
whole array [fast]                     † 1,000,000   ±10%     125   0.80    † 1.25    † 100        – exact
medmnist_fast                              800,000   ±10%     100   0.64      2.50      200      250 exact
stock <0 & 1>                                8,000   ±10%    1.00   0.01       100      300      500 exact

crop + flip, f32
medmnist_fast                              300,000   ±10%       –      –         –        –        – alike
FFCV                                       100,000   ±10%       –      –         –        –        – alike
† beats ours: DESIGN.md says why
f32, without: Grain (absent)
crop + flip, f32, without: stock <0 & 1> (failed); Grain (absent)
""",
        ),
        (
            "By number of threads, batch 128, images/s",
            """\
                                       1 thread 2 threads most : fewest
───────────────────────────────────────────────────────────────────────
28 RGB, crop + flip, f32
medmnist_fast                           200,000   300,000          1.50
FFCV                                     80,000   100,000          1.25

224 RGB, crop + flip, f32
medmnist_fast                             1,000     1,790          1.79
""",
        ),
        (
            "By batch size, 2 threads, images/s",
            """\
                                           128    1024
──────────────────────────────────────────────────────
28 RGB, crop + flip, f32
medmnist_fast                          300,000 330,000
""",
        ),
        (
            "From file to array: all training images",
            """\
                                                   × np.load,  × spdl, peak RSS
                                       MB/s spread   1 thread 1 thread       MB answer
──────────────────────────────────────────────────────────────────────────────────────
retinamnist.npz
medmnist_fast, 2 threads                800   ±10%       4.00     2.00        – exact
medmnist_fast, 1 thread                 500   ±10%       2.50     1.25        – exact
SPDL, 1 thread                          400   ±10%       2.00     1.00        – exact
np.load, 1 thread                       200   ±10%       1.00     0.50        – exact
retinamnist.npz, 2 threads, without: np.load (unsupported)
""",
        ),
        (
            "Opening a set, in a fresh process that has imported what it needs",
            """\
                                                     decoded  open    first  peak RSS
                                                 set      MB    ms batch ms above, MB
─────────────────────────────────────────────────────────────────────────────────────
np.load                                pathmnist 224     308 1,250    1,500       310
decoded store, opened again            pathmnist 224     308  0.50     21.0      12.5
decoded store, opened again             pathmnist 28    4.80  0.40     1.00      1.50
""",
        ),
        (
            "Not measured, and why",
            """\
               reason                         at
────────────────────────────────────────────────────────────────────────
Grain          absent: no wheel [for 3.11]    every workload
np.load        unsupported: one thread        file to array (2 threads)
stock <0 & 1>  failed: MemoryError: too much  crop + flip, f32
""",
        ),
    ],
)
def test_tables(title: str, expected: str) -> None:
    assert f"\n\n{title}\n{expected}\n" in printed(RUN)


def test_a_peer_that_beats_ours_at_scale_is_marked() -> None:
    faster = [row(replace(CROPS, threads=threads), "ffcv", 1_000_000, "alike") for threads in (1, 2)]
    run = replace(RUN, rows=[*RUN.rows, *faster])
    assert "FFCV                                   † 1,000,000 † 1,000,000          1.00\n" in printed(run)
    assert printed(run).count("† beats ours: DESIGN.md says why") == 2


def test_a_wrong_answer_at_scale_is_no_rate() -> None:
    wrong = replace(RUN.rows[10], answer="WRONG samples")
    assert wrong.workload.threads == 1
    lines = printed(replace(RUN, rows=[*RUN.rows, wrong])).splitlines()
    assert "medmnist_fast                             WRONG   300,000             –" in lines


def test_the_last_line_counts() -> None:
    assert printed(RUN).splitlines()[-1] == "5 met, 5 MISSED, 11 not measured"


@pytest.mark.parametrize("run", PARTIAL.values(), ids=PARTIAL)
def test_partial_runs(run: Run, tmp_path: Path) -> None:
    text = printed(run)
    assert text.endswith(" not measured\n")
    for contender in {r.title for r in run.rows}:
        assert contender in text
    write_pictures(run, tmp_path)
    assert readme.block(run, tmp_path / "run.json", tmp_path).startswith("A processor, 2 of 2 CPUs; 2026-05-04")


def test_reasons_that_hold_at_some_sets() -> None:
    """The workloads of a reason are named by pipeline, then by threads or by set."""
    why = [replace(missing(CROPS_224, "ffcv", "failed", "out of memory"))]
    assert re.search(
        r"^FFCV +failed: out of memory +crop \+ flip, f32 \(224 RGB\)$",
        printed(replace(RUN, rows=[*RUN.rows, *why])),
        re.MULTILINE,
    )


def test_in_a_pipe(tmp_path: Path) -> None:
    """As wide as ever, whatever the terminal; with pictures, whose paths are the last lines."""
    RUN.write(tmp_path / "run.json")
    done = subprocess.run(
        [sys.executable, "-m", "benches.report", str(tmp_path / "run.json"), "--pictures", str(tmp_path / "pictures")],
        capture_output=True,
        check=True,
        timeout=100,
        cwd=ROOT,
        env=os.environ | {"COLUMNS": "40", "PYTHONUTF8": "1"},
    )
    output = "".join(f"{line.rstrip()}\n" for line in done.stdout.decode().splitlines())
    assert output.startswith(printed(RUN))
    assert [Path(line).name for line in output.removeprefix(printed(RUN)).splitlines()] == PICTURES


def test_no_such_run() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benches.report", "none.json"], capture_output=True, check=False, timeout=100, cwd=ROOT
    )
    assert done.returncode == 2
    assert b"none.json is not a file" in done.stderr


PICTURES = ["peers_bloodmnist.svg", "threads.svg", "batch_sizes.svg", "memory.svg"]


def test_pictures(tmp_path: Path) -> None:
    """Valid XML with text as text, the same bytes each time."""
    paths = write_pictures(RUN, tmp_path)
    assert [path.name for path in paths] == PICTURES
    texts = {path.stem: _texts(path) for path in paths}
    assert {
        "medmnist_fast",
        "roof",
        "stock <0 & 1>",
        "whole array [fast]",
        "28 RGB, f32",
        "28 RGB, crop + flip, f32",
        "1.25 M",
        "2.00 M, WRONG answer",
        "8.00 k",
        "failed",
        "absent: Grain",
    } <= texts["peers_bloodmnist"]
    assert {"medmnist_fast", "FFCV", "1", "2", "threads"} <= texts["threads"]
    assert {"medmnist_fast", "128", "1024", "batch size"} <= texts["batch_sizes"]
    assert {"medmnist_fast: 150 MB, 0.2 s", "stock <0 & 1>: 350 MB, 2 s"} <= texts["memory"]
    assert "dc:date" not in paths[0].read_text(encoding="utf-8")
    first = [path.read_bytes() for path in paths]
    assert [path.read_bytes() for path in write_pictures(RUN, tmp_path)] == first


def _texts(path: Path) -> set[str]:
    root = ElementTree.parse(path).getroot()
    return {"".join(text.itertext()).strip() for text in root.iter("{http://www.w3.org/2000/svg}text")}


def test_block(tmp_path: Path) -> None:
    write_pictures(RUN, tmp_path / "results" / "run")
    assert readme.block(RUN, tmp_path / "results" / "run.json", tmp_path).split("\n\n")[1:-5] == [
        "Images per second on 2 threads, batch 128, shuffled; in brackets how many times as fast medmnist\\_fast is:",
        "| | medmnist\\_fast | fastest peer | stock \\<0 & 1> | roof |\n"
        "|---|---:|---:|---:|---:|\n"
        "| 28 RGB, f32 ‡ | **800,000** | 1,000,000 (0.80 ×), whole array \\[fast\\] † | 8,000 (100 ×) "
        "| 1,250,000 (0.64 ×) |\n"
        "| 28 RGB, crop + flip, f32 | **300,000** | 100,000 (3.00 ×), FFCV | – | – |\n"
        "| 224 RGB, crop + flip, f32 ‡ | **1,790** | – | – | – |",
        "† faster than medmnist\\_fast: [DESIGN.md](DESIGN.md) says why. ‡ misses an aim, see below.",
        "Not measured: Grain (absent: no wheel \\[for 3.11\\]); "
        "stock \\<0 & 1> at 1 of 2 workloads (failed: MemoryError: too much).",
    ]


def test_block_of_targets_and_pictures(tmp_path: Path) -> None:
    write_pictures(RUN, tmp_path / "results" / "run")
    text = readme.block(RUN, tmp_path / "results" / "run.json", tmp_path)
    assert "| 28 RGB, f32, beside roof | ≥ 0.8 × | 0.640 × | **missed** |\n" in text
    assert "| 28 RGB, crop + flip, f32, beside FFCV | ≥ 3 × | 3.000 × | met |\n" in text
    assert "| 64 RGB, f32, beside roof | ≥ 0.8 × |  | not measured (medmnist\\_fast was not run) |\n" in text
    assert text.split("\n\n")[-4:] == [
        "![peers bloodmnist](results/run/peers_bloodmnist.svg)",
        "![threads](results/run/threads.svg)",
        "![memory](results/run/memory.svg)",
        "More pictures: [batch sizes](results/run/batch_sizes.svg).",
    ]


def call(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> object:
    """What ``python -m benches.report.readme`` exits with."""
    monkeypatch.setattr(sys, "argv", ["readme", *map(str, arguments)])
    try:
        readme.main()
    except SystemExit as done:
        return done.code
    return 0


def test_readme_round_trip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All but the block keeps its bytes; a second time changes nothing; --check notices each difference."""
    before, after = b"# Title\r\n\ntrailing  \n", "\n\tä – no newline at the end".encode()
    path, run = tmp_path / "README.md", tmp_path / "run.json"
    RUN.write(run)
    path.write_bytes(before + readme.BEGIN.encode() + b"\nold\n" + readme.END.encode() + after)
    assert "README.md differs from" in str(call(monkeypatch, run, "--readme", path, "--check"))
    assert b"\nold\n" in path.read_bytes()
    assert call(monkeypatch, run, "--readme", path) == 0
    written = path.read_bytes()
    assert written == before + f"{readme.BEGIN}\n{readme.block(RUN, run, tmp_path)}\n{readme.END}".encode() + after
    assert call(monkeypatch, run, "--readme", path) == 0
    assert path.read_bytes() == written
    assert call(monkeypatch, run, "--readme", path, "--check") == 0
    replace(RUN, machine="Another").write(run)
    assert "differs" in str(call(monkeypatch, run, "--readme", path, "--check"))


@pytest.mark.parametrize(
    "text",
    [
        "nothing",
        readme.BEGIN,
        readme.END,
        f"{readme.END}\n{readme.BEGIN}",
        f"{readme.BEGIN}\n{readme.BEGIN}\n{readme.END}",
    ],
)
def test_missing_markers(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path, run = tmp_path / "README.md", tmp_path / "run.json"
    RUN.write(run)
    path.write_text(text)
    assert call(monkeypatch, run, "--readme", path) == 2
    assert (
        "README needs one line '<!-- benches: begin -->' and below it one line '<!-- benches: end -->'"
        in capsys.readouterr().err
    )
    assert path.read_text() == text


def test_newest(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"has no \*\.json: `python -m benches` writes one"):
        readme.newest(tmp_path)
    for name, date in (("a", "2026-05-04"), ("b", "2026-11-01"), ("c", "2025-12-31")):
        replace(EMPTY, date=date).write(tmp_path / f"{name}.json")
    assert readme.newest(tmp_path) == tmp_path / "b.json"
