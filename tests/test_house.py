"""The house: what imports what, and what may be called how."""

import ast
import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import nonvacuous

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "nonvacuous"
HEAVY = {"numpy", "scipy", "torch", "sympy", "matplotlib", "numba"}


def loaded_by(code: str) -> set[str]:
    """What a fresh interpreter has imported when `code` has run."""
    script = f"{code}\nimport sys\nprint('\\n'.join(sys.modules))"
    ended = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        cwd=ROOT,
    )
    return set(ended.stdout.split())


def tracked() -> list[Path]:
    """The files of the repository, those not yet added included."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    if not (ROOT / ".git").exists():
        pytest.skip("this is no checkout")
    ended = subprocess.run(
        listing, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    found = [Path(name) for name in ended.stdout.split("\0") if name]
    return [path for path in found if (ROOT / path).exists()]


def imports(path: Path) -> set[str]:
    """Every module that a file imports, inside functions too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            base = node.module or ""
            found |= {base} | {f"{base}.{alias.name}" for alias in node.names}
    return found


def sources(folder: str) -> list[Path]:
    found = sorted((PACKAGE / folder).rglob("*.py"))
    assert found
    return found


def inside(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def touches(names: set[str], module: str) -> set[str]:
    return {n for n in names if n == module or n.startswith(module + ".")}


def test_importing_the_package_loads_nothing_heavy() -> None:
    names = loaded_by("import nonvacuous; nonvacuous.__version__; dir(nonvacuous)")
    assert "nonvacuous" in names
    assert not HEAVY & names


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["certify", "--help"],
        ["compress", "-h"],
        ["audit", "-h"],
        ["bound", "--help"],
        ["sample-size", "-h"],
        ["sample-size"],
    ],
)
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    argv = ["nonvacuous", *arguments]
    names = loaded_by(
        "import contextlib, io, sys\n"
        "from nonvacuous.cli import main\n"
        f"sys.argv = {argv!r}\n"
        "with contextlib.redirect_stdout(io.StringIO()) as out:\n"
        "    try:\n"
        "        main()\n"
        "    except SystemExit as end:\n"
        "        assert not end.code\n"
        "assert 'nonvacuous' in out.getvalue()"
    )
    assert "typer" in names
    assert not HEAVY & names


@pytest.mark.parametrize(
    "module", ["nonvacuous.bounds", "nonvacuous.bounds.planning", "nonvacuous.evidence"]
)
def test_theorems_load_without_torch_and_without_compressors(module: str) -> None:
    names = loaded_by(f"import {module}")
    assert module in names
    for heavy in ("torch", "matplotlib", "nonvacuous.compression", "nonvacuous.nets"):
        assert not touches(names, heavy)


@pytest.mark.parametrize("path", sources("bounds"), ids=inside)
def test_bounds_import_neither_torch_nor_compressors(path: Path) -> None:
    for other in ("torch", "nonvacuous.compression", "nonvacuous.nets", "matplotlib"):
        assert not touches(imports(path), other)


@pytest.mark.parametrize(
    "folder", ["compression", "data", "evidence", "measures", "structures", "studies"]
)
def test_what_is_measured_or_made_knows_nothing_of_bounds(folder: str) -> None:
    for path in sources(folder):
        assert not touches(imports(path), "nonvacuous.bounds"), path


def test_reports_compute_nothing() -> None:
    library = ("collections", "dataclasses", "itertools", "typing", "io")
    allowed = ("nonvacuous", "paper_checks", "rich", *library)
    for path in sources("report"):
        drawn = ("matplotlib",) if path.stem.endswith("_plots") else ()
        for name in imports(path):
            good = name.split(".")[0] in (*allowed, *drawn)
            assert good, f"{path.name} imports {name}"


def test_nothing_outside_the_package_is_named_like_the_standard_library() -> None:
    taken = set(sys.stdlib_module_names) | {"compression"}
    names = set()
    for path in tracked():
        if path.parts[0] == "nonvacuous" or path.suffix != ".py":
            continue
        is_package = path.name == "__init__.py"
        names.add(path.parent.name if is_package else path.stem)
    assert "test_house" in names
    assert not names & taken


def test_no_folder_of_tests_or_notebooks_is_a_package() -> None:
    for folder in ("tests", "notebooks", "benchmarks"):
        assert not list((ROOT / folder).rglob("__init__.py"))
    assert not list((ROOT / "notebooks").rglob("*.py"))


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".bounds",
        ".bounds.pac_bayes",
        ".bounds.planning",
        ".compression",
        ".data",
        ".fits",
        ".measures",
        ".nets",
        ".report",
        ".stochastic",
        ".studies",
        ".training",
    ],
)
def test_no_submodule_bears_the_name_of_a_public_function(name: str) -> None:
    module = importlib.import_module(f"nonvacuous{name}")
    folder = PACKAGE / name.removeprefix(".")
    modules = {p.stem for p in folder.glob("*.py")} | {
        p.name for p in folder.glob("*") if p.is_dir()
    }
    public = {n for n in module.__all__ if callable(getattr(module, n))}
    assert public
    assert not public & modules


def test_certify_is_still_a_function_after_its_first_call() -> None:
    x, y = np.eye(4, dtype=np.float32), np.arange(4)
    net = nonvacuous.training.initial((4, 3, 4), 0)
    for _ in range(2):
        report = nonvacuous.certify(net, test=(x, y), bounds=["holdout-binomial"])
        assert isinstance(report, nonvacuous.Report)
    assert inspect.isfunction(nonvacuous.certify)


def test_no_file_is_longer_than_400_lines() -> None:
    lengths = {p.name: len(p.read_text().splitlines()) for p in sources(".")}
    assert not {name: n for name, n in lengths.items() if n > 400}


def test_theorems_have_names_of_their_own() -> None:
    from nonvacuous import bounds
    from nonvacuous._certify import PLAN

    names = [bound.name for bound in bounds.ALL]
    assert len(set(names)) == len(names)
    assert set(PLAN) == set(bounds.ALL)  # a row or a reason for every one
    assert len(PLAN) == len(bounds.ALL)
    assert "best" not in names


@pytest.mark.parametrize(
    ("module", "name", "parameters"),
    [
        ("bounds.holdout", "log_binomial_tail", "k n p"),
        ("bounds.holdout", "binomial_tail_inverse", "k n log_delta"),
        ("bounds.pac_bayes", "kl", "q p"),
        ("bounds.pac_bayes", "kl_inverse", "q c"),
        ("bounds.pac_bayes", "kl_inverse_lower", "q c"),
        (
            "bounds.coreset",
            "sample_size",
            "sensitivity_sum epsilon delta *neurons *constant",
        ),
        ("compression.sensitivity", "edge_sensitivities", "weight activations"),
        ("compression.codes", "encode", "net"),
        ("compression.codes", "decode", "data"),
        ("cli", "main", ""),
    ],
)
def test_a_promised_name_takes_the_promised_arguments(
    module: str, name: str, parameters: str
) -> None:
    function = getattr(importlib.import_module(f"nonvacuous.{module}"), name)
    found = [
        "*" * (p.kind is p.KEYWORD_ONLY) + p.name
        for p in inspect.signature(function).parameters.values()
    ]
    assert found == parameters.split()


def test_certify_takes_the_promised_arguments() -> None:
    signature = inspect.signature(nonvacuous.certify)
    for name, default in {
        "net": inspect.Parameter.empty,
        "train": None,
        "test": None,
        "delta": 0.05,
        "bounds": None,
        "seed": 0,
        "normalize": None,
        "progress": None,
    }.items():
        parameter = signature.parameters[name]
        assert parameter.default == default
        keyword = name not in ("net", "train", "test")
        assert (parameter.kind is parameter.KEYWORD_ONLY) == keyword
    for name in ("to_json", "to_dict", "rows"):
        assert callable(getattr(nonvacuous.Report, name))
    fields = nonvacuous.Report.__dataclass_fields__
    assert {"certificates", "refused", "train_error", "test_error"} <= set(fields)


def test_compressors_are_values_with_a_compress_method() -> None:
    from nonvacuous import compression

    for name in ("CoreNet", "MagnitudePruning", "MatrixProject", "Pipeline"):
        assert callable(getattr(compression, name).compress)
    assert repr(compression.MagnitudePruning(keep=0.2)) == (
        "MagnitudePruning(keep=0.2, count=None)"
    )
