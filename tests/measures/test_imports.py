"""Measures know nothing of theorems."""

import ast
from pathlib import Path

import pytest

import nonvacuous.measures

FILES = sorted(Path(nonvacuous.measures.__file__).parent.glob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_measures_never_import_bounds(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        names = [alias.name for alias in getattr(node, "names", [])]
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{name}" for name in names]
        assert not any(str(n).startswith("nonvacuous.bounds") for n in names)
