"""A planted error: one module of ours, read with a few characters changed."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
OURS = ("nonvacuous", "paper_checks")


class _Altered(SourceFileLoader):
    """Reads the file, and says something else."""

    def __init__(self, name: str, path: str, old: str, new: str) -> None:
        super().__init__(name, path)
        self.old, self.new = old, new

    def get_code(self, fullname: str):
        text = Path(self.path).read_text()
        if text.count(self.old) != 1:
            raise LookupError(f"{self.path} has {self.old!r} {text.count(self.old)}x")
        return compile(text.replace(self.old, self.new), self.path, "exec")


class _Finder(MetaPathFinder):
    def __init__(self, name: str, old: str, new: str) -> None:
        self.name, self.old, self.new = name, old, new

    def find_spec(
        self, fullname: str, path: object, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self.name:
            return None
        base = ROOT.joinpath(*fullname.split("."))
        file = base / "__init__.py" if base.is_dir() else base.with_suffix(".py")
        loader = _Altered(fullname, str(file), self.old, self.new)
        return spec_from_file_location(fullname, file, loader=loader)


@contextmanager
def _planted(module: str, old: str, new: str) -> Iterator[None]:
    """Import our packages afresh, with `old` in a module read as `new`."""
    mine = {n: m for n, m in sys.modules.items() if n.partition(".")[0] in OURS}
    for name in mine:
        del sys.modules[name]
    finder = _Finder(module, old, new)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in [n for n in sys.modules if n.partition(".")[0] in OURS]:
            del sys.modules[name]
        sys.modules.update(mine)


@pytest.fixture
def planted() -> Callable[[str, str, str], AbstractContextManager[None]]:
    """A context in which our packages are imported with an error in one module."""
    return _planted
