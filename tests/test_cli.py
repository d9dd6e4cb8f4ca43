"""The command line as a person uses it: a process, its output, its exit code."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import OFFICIAL
from PIL import Image

import medmnist_fast as mf


def cli(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "medmnist_fast", *arguments]
    # Wide, so that no sentence is broken into lines.
    # And on the CPU, where the same seed gives the same network.
    environment = os.environ | {"COLUMNS": "200", "TERM": "dumb", "CUDA_VISIBLE_DEVICES": ""}
    return subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", check=False, timeout=280, cwd=cwd, env=environment
    )


def test_available_and_info() -> None:
    available = cli("available")
    assert available.returncode == 0
    assert all(flag in available.stdout for flag in mf.INFO)
    assert "organmnist3d    | OrganMNIST3D    | Size: 28 (default), 64." in available.stdout
    assert [found["flag"] for found in json.loads(cli("available", "--json").stdout)] == list(mf.INFO)
    info = cli("info", "--flag=retinamnist", "--json")
    assert json.loads(info.stdout) == mf.INFO["retinamnist"]
    shown = cli("info", "--flag", "organmnist3d").stdout
    facts = mf.INFO["organmnist3d"]
    assert all(found in shown for found in (facts["url_64"], facts["MD5"], "0 liver", "971 train", facts["license"]))
    assert "the same organs in another order of labels" in shown
    assert cli("--version").stdout.strip() == mf.__version__
    assert "Example:" in cli("demo", "--help").stdout


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("medmnist-fast ver", ["verify"]),
        ("medmnist-fast info --flag org", ["organamnist", "organcmnist", "organsmnist", "organmnist3d"]),
        ("medmnist-fast download --flag retinamnist --flag bl", ["bloodmnist"]),
        ("medmnist-fast clean --dec", ["--decoded"]),
        ("medmnist-fast save --fold", ["--folder"]),
    ],
)
def test_shells_complete(typed: str, expected: list[str]) -> None:
    code = "import sys; sys.argv = ['medmnist-fast']; from medmnist_fast.cli import main; main()"
    environment = {"COMP_WORDS": typed, "COMP_CWORD": str(typed.count(" ")), "_MEDMNIST_FAST_COMPLETE": "complete_bash"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ | environment
    )
    assert done.stdout.split() == expected


def test_evaluate(generated: Path, tmp_path: Path) -> None:
    evaluator = mf.Evaluator("retinamnist", "test", root=generated)
    rng = np.random.default_rng(0)
    scores, other = rng.random((61, 5)), rng.random((61, 5))
    metrics = evaluator.evaluate(scores, save_folder=tmp_path, run="1")
    evaluator.evaluate(other, save_folder=tmp_path, run="2")
    first, second = (str(next(tmp_path.glob(f"*@{run}.csv"))) for run in "12")
    options = ["--root", str(generated), "--bootstrap=50", "--seed=3"]
    report = evaluator.report(scores, bootstrap=50, seed=3)

    plain = cli("evaluate", f"--path={first}", *options)
    assert plain.returncode == 0, plain.stderr
    heading, *lines = plain.stdout.splitlines()
    assert heading == f"AUC {metrics.AUC:.3f} ACC {metrics.ACC:.3f}"
    low, high = report.intervals["AUC"]
    assert [line.split() for line in lines if line.startswith(" AUC")] == [
        ["AUC", f"{metrics.AUC:.3f}", f"{low:.3f}", "to", f"{high:.3f}"]
    ]
    assert "\x1b" not in plain.stdout

    about = {"flag": "retinamnist", "split": "test", "seed": 3}
    as_json = cli("evaluate", f"--path={first}", *options, "--json", "--plot", "roc.png", cwd=tmp_path)
    assert json.loads(as_json.stdout) == about | report.as_dict()
    assert (tmp_path / "roc.png").read_bytes().startswith(b"\x89PNG")
    drawn = cli("evaluate", f"--path={first}", f"--root={generated}", "--bootstrap=0", "--plot=2.png", cwd=tmp_path)
    assert drawn.stdout.splitlines()[-1] == "picture: 2.png"
    assert "interval" not in drawn.stdout
    (tmp_path / "2.png").unlink()

    compared = cli("evaluate", f"--path={first}", f"--path2={second}", *options, "--json")
    comparison = evaluator.compare(scores, other, bootstrap=50, seed=3)
    assert json.loads(compared.stdout) == about | comparison.as_dict()
    table = cli("evaluate", f"--path={first}", f"--path2={second}", *options).stdout
    p_value = f"{comparison.differences['f1_macro'].p_value:.4f}"
    assert [line.split()[-1] for line in table.splitlines() if line.startswith(" f1 macro")] == [p_value]

    again = cli("evaluate", f"--path={first}", *options, "--plot", "roc.png", cwd=tmp_path)
    assert again.returncode == 2
    assert "roc.png" in again.stderr
    assert again.stdout == ""
    chest = Path(second).rename(tmp_path / "chestmnist_test.csv")
    mixed = cli("evaluate", f"--path={first}", f"--path2={chest}", *options)
    assert mixed.stderr.startswith(
        "error: --path2 is about chestmnist test and --path about retinamnist test; expected"
    )
    assert len(list(tmp_path.iterdir())) == 3


def test_evaluate_says_what_plots_need(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['matplotlib'] = None; from medmnist_fast.cli import main\n"
        "sys.argv[1:] = ['evaluate', '--path', 'x.csv', '--plot', 'x.png']; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == (
        "error: --plot needs matplotlib, which is not installed: pip install 'medmnist_fast[demo]'\n"
    )


def test_save(generated: Path, tmp_path: Path) -> None:
    arguments = ("--root", str(generated), "--folder", str(tmp_path / "out"), "--split=val")
    for download in ("--download=False", "--no-download"):
        result = cli("save", "--flag=retinamnist", *arguments, download)
        assert result.returncode == 0, result.stderr
    assert len(list((tmp_path / "out" / "retinamnist").glob("val*.png"))) == 40
    assert len((tmp_path / "out" / "retinamnist.csv").read_text().splitlines()) == 40
    assert "warning: " in result.stderr
    volumes = cli("save", "--flag", "organmnist3d", *arguments)
    assert volumes.stdout.startswith("val: 40 files in ")
    assert len(list((tmp_path / "out" / "organmnist3d").glob("val*.gif"))) == 40


def test_save_of_an_official_file_as_users_of_medmnist_type_it(tmp_path: Path) -> None:
    if not OFFICIAL.is_dir():
        pytest.skip(f"no official files: {OFFICIAL} is missing")
    folder = f"--folder={tmp_path}"
    result = cli("save", "--flag=retinamnist", folder, f"--root={OFFICIAL}", "--download=True", "--postfix=jpg")
    assert result.returncode == 0, result.stderr
    assert len((tmp_path / "retinamnist.csv").read_text().splitlines()) == 1600
    assert len(list((tmp_path / "retinamnist").glob("*.jpg"))) == 1600


def test_montage(generated: Path, tmp_path: Path) -> None:
    arguments = ("--root", str(generated), "--seed", "3", "--split", "test")
    for flag, name in (
        ("breastmnist", "breastmnist_test_montage.jpg"),
        ("organmnist3d", "organmnist3d_test_montage.gif"),
    ):
        result = cli("montage", f"--flag={flag}", *arguments, cwd=tmp_path)
        assert result.stdout.strip() == name
        assert "warning: 61 samples are fewer than 20 by 20: the montage is 7 by 7" in result.stderr
        with Image.open(tmp_path / name) as image:
            assert image.size == (7 * 28, 7 * 28)
    first = (tmp_path / "breastmnist_test_montage.jpg").read_bytes()
    assert cli("montage", "--flag=breastmnist", *arguments, "--folder", "again", cwd=tmp_path).returncode == 0
    assert (tmp_path / "again" / "breastmnist_test_montage.jpg").read_bytes() == first


@pytest.mark.parametrize("flag", ["chestmnist", "organmnist3d"])
def test_demo_trains_and_writes_what_it_says(generated: Path, tmp_path: Path, flag: str) -> None:
    result = cli("demo", "--flag", flag, "--root", str(generated), "--epochs", "2", "--out", "made", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert re.fullmatch(r"test AUC [01]\.\d{3} ACC [01]\.\d{3}", lines[-1])
    epochs = [line for line in lines if line.startswith("epoch")]
    pattern = r"epoch +\d  loss \d+\.\d{4}  val AUC \d\.\d{3} ACC \d\.\d{3} +[\d,]+ images/s  waiting for data \d+\.\d%"
    assert len(epochs) == 2
    assert all(re.fullmatch(pattern, line) for line in epochs)
    assert "\x1b" not in result.stdout
    made = {path.suffix: path for path in (tmp_path / "made").iterdir()}
    assert set(made) == {".csv", ".png"}
    assert made[".csv"].name.startswith(f"{flag}_test_[AUC]")
    scored = mf.Evaluator.parse_and_evaluate(made[".csv"], root=generated)
    assert f"test AUC {scored.AUC:.3f} ACC {scored.ACC:.3f}" == lines[-1]
    for name in ("montage.png", "curves.png"):
        assert (tmp_path / "made" / name).read_bytes().startswith(b"\x89PNG")


def test_demo_without_data_says_that_it_uses_phantoms(tmp_path: Path) -> None:
    arguments = ("demo", "--flag", "pneumoniamnist", "--epochs", "1")
    for number in (1, 2):
        result = cli(*arguments, cwd=tmp_path)
        assert result.returncode == 0, result.stderr
        assert "GENERATED PHANTOMS, not on medical images" in result.stdout.replace("\n", " ")
        folder = tmp_path / "demo" / f"pneumoniamnist-{number}"
        assert (folder / "phantoms" / "pneumoniamnist.npz").exists()
        assert [path.name.split("@")[1] for path in folder.glob("*.csv")] == ["phantoms.csv"]


def test_the_same_seed_trains_the_same_network(generated: Path, tmp_path: Path) -> None:
    arguments = ("demo", "--flag", "breastmnist", "--root", str(generated), "--epochs", "2", "--seed", "4")
    files = []
    for out in ("first", "second"):
        assert cli(*arguments, "--out", out, cwd=tmp_path).returncode == 0
        (path,) = (tmp_path / out).glob("*.csv")
        files.append(path.read_bytes())
    assert files[0] == files[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["save", "--flag", "retinamnist"], "Missing option '--folder'"),
        (["save", "--flag", "mnist", "--folder", "full"], "flag 'mnist'; allowed: pathmnist, "),
        (["save", "--flag", "retinamnist", "--folder", "full", "--split", "all"], "split 'all'; allowed: train, val, "),
        (["save", "--flag", "organmnist3d", "--folder", "full", "--size", "224"], "size 224; OrganMNIST3D comes in"),
        (["montage", "--flag", "retinamnist", "--length", "0"], "Invalid value for '--length'"),
        (["montage", "--flag", "retinamnist", "--root", "nowhere"], "no folder nowhere to find retinamnist.npz in"),
        (["info", "--flag", "mnist"], "flag 'mnist'; allowed: pathmnist, "),
        (
            ["demo", "--flag", "breastmnist", "--root", "nowhere"],
            "no folder nowhere to find breastmnist.npz in; give root= ",
        ),
        (["demo", "--flag", "breastmnist", "--root", "."], "no file breastmnist.npz; put it there from https"),
        (["demo", "--flag", "breastmnist", "--size", "32"], "size 32; BreastMNIST comes in 28, 64, 128, 224"),
        (["demo", "--flag", "organmnist3d", "--size", "224"], "size 224; OrganMNIST3D comes in 28, 64"),
        (["demo", "--epochs", "0"], "Invalid value for '--epochs'"),
        (["demo", "--out", "full"], "--out full exists and is not an empty folder"),
        (
            ["demo", "--flag", "retinamnist", "--root", "full"],
            "full/retinamnist.npz: at byte 0: not an npz file, or a truncated one",
        ),
        (["evaluate", "--path", "results.csv"], "'results.csv' is not named like a result file"),
        (["evaluate"], "Missing option '--path'"),
        (["save", "retinamnist", "full", "--download", "maybe"], "--download maybe; allowed: True or False"),
        (["download", "--url_template", "nowhere"], "'nowhere'"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(tmp_path: Path, arguments: list[str], message: str) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "retinamnist.npz").write_bytes(b"hello")
    result = cli(*arguments, cwd=tmp_path)
    assert result.returncode == 2, result.stdout + result.stderr
    assert message in result.stderr.replace(os.sep, "/")
    assert "Traceback" not in result.stderr
    if result.stderr.startswith("error:"):
        assert len(result.stderr.splitlines()) == 1
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["retinamnist.npz"]
    assert [path.name for path in tmp_path.iterdir()] == ["full"]
