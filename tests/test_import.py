"""Importing stays light, names are all there, and everything but tensors works without torch."""

import ast
import importlib
import inspect
import pickle
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import medmnist_fast as mf


def run(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_not_even_numpy_is_imported_before_a_name_is_asked_for() -> None:
    run(
        "import sys, medmnist_fast as mf\n"
        "assert mf.__version__ and 'numpy' not in sys.modules\n"
        "assert len(mf.INFO) == 18 and 'numpy' not in sys.modules\n"
        "mf.transforms.ToTensor()"
    )


@pytest.mark.skipif(not sysconfig.get_config_var("Py_GIL_DISABLED"), reason="needs a free-threaded CPython")
def test_a_free_threaded_interpreter_stays_one() -> None:
    run("import sys, medmnist_fast._core\nassert not sys._is_gil_enabled()")


def test_only_numpy_is_imported_and_nothing_is_created() -> None:
    run(
        "import sys, pathlib\n"
        "from medmnist_fast import *\n"
        "from medmnist_fast import dataset, download, evaluation, evaluator, info\n"
        "PathMNIST, DataLoader, Evaluator, transforms.ToTensor\n"
        "heavy = {'torch', 'sklearn', 'pandas', 'PIL', 'matplotlib', 'rich', 'typer', 'httpx2', 'platformdirs'}\n"
        "heavy &= set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "assert not (pathlib.Path.home() / '.medmnist').exists()"
    )


def test_without_torch_batches_are_arrays(generated: Path) -> None:
    run(
        "import sys\n"
        "sys.modules['torch'] = None\n"
        "import numpy as np, medmnist_fast as mf\n"
        "from medmnist_fast import transforms as T\n"
        "pipeline = T.Compose([T.RandomHorizontalFlip(), T.ToTensor()])\n"
        f"val = mf.BreastMNIST('val', transform=pipeline, root={str(generated)!r})\n"
        "np.random.seed(0)\n"
        "images, labels = next(iter(mf.DataLoader(val, 4, shuffle=True)))\n"
        "assert type(images) is np.ndarray and images.dtype == np.float32 and labels.dtype == np.int64\n"
        "assert type(val[0][0]) is np.ndarray\n"
        "np.random.seed(0)\n"
        "again, _ = next(iter(mf.DataLoader(val, 4, shuffle=True)))\n"
        "assert np.array_equal(images, again)\n"
        "try:\n"
        "    mf.DataLoader(val, output='torch')\n"
        "except ImportError as error:\n"
        "    assert 'medmnist_fast[torch]' in str(error)\n"
        "else:\n"
        "    raise AssertionError('no torch, no tensors')"
    )


def test_names_are_those_that_type_checkers_see() -> None:
    block = next(node for node in ast.parse(inspect.getsource(mf)).body if isinstance(node, ast.If))
    seen = {"NpzError", "__version__"}
    for statement in block.body:
        assert isinstance(statement, ast.ImportFrom)
        module = importlib.import_module(statement.module or "")
        for alias in statement.names:
            seen.add(alias.name)
            assert getattr(mf, alias.name) is getattr(module, alias.name)
    modules = {name for name in seen if inspect.ismodule(getattr(mf, name))}
    assert seen - modules == set(mf.__all__) - modules
    assert modules == mf._MODULES
    assert seen <= set(dir(mf))


def test_a_name_that_is_none() -> None:
    with pytest.raises(AttributeError, match="module 'medmnist_fast' has no attribute 'PathMINST'"):
        mf.PathMINST  # noqa: B018
    with pytest.raises(ImportError, match="cannot import name 'PathMINST' from 'medmnist_fast'"):
        from medmnist_fast import PathMINST  # noqa: F401
    assert not hasattr(mf, "__wrapped__")
    assert pickle.loads(pickle.dumps(mf.NpzError("torn"))).args == ("torn",)


@pytest.mark.parametrize("name", ["", ".info", ".dataset", ".evaluator"])
def test_every_name_of_medmnist_is_under_the_same_name(name: str) -> None:
    """But ``medmnist.utils``, which is the real one under ``medmnist-fast run``, and what makes a folder."""
    theirs = importlib.import_module(f"medmnist{name}")
    ours = importlib.import_module(f"medmnist_fast{name}")
    facts = {"INFO", "HOMEPAGE", "DEFAULT_ROOT", "__version__", "dataset", "evaluator", "info"}
    facts = facts if name in {"", ".info"} else set()
    defined = {
        key
        for key, value in vars(theirs).items()
        if key in facts or str(getattr(value, "__module__", "")) in {"medmnist.dataset", "medmnist.evaluator"}
    }
    assert defined
    assert {key for key in defined if not hasattr(ours, key)} == set()
