"""Every paper check can fail: an error planted in the code is noticed.

``planted/KEY.toml`` lists, for each paper, errors as tables ``[[error]]`` of
``module``, ``old`` (which stands there once), ``new``, and ``noticed_by``, a check of
that paper.
"""

import importlib
import tomllib
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from paper_checks import KEYS

PLANTED = Path(__file__).parent / "planted"
ERRORS = [
    (path.stem, error)
    for path in sorted(PLANTED.glob("*.toml"))
    for error in tomllib.loads(path.read_text())["error"]
]


def test_every_paper_has_a_planted_error() -> None:
    assert {key for key, _ in ERRORS} == set(KEYS)


@pytest.mark.parametrize(
    ("key", "error"),
    ERRORS,
    ids=[f"{key}-{i}-{error['noticed_by']}" for i, (key, error) in enumerate(ERRORS)],
)
def test_a_planted_error_is_noticed(
    key: str,
    error: dict[str, str],
    planted: Callable[[str, str, str], AbstractContextManager[None]],
) -> None:
    assert error["old"] != error["new"]
    with planted(error["module"], error["old"], error["new"]):
        package = importlib.import_module("paper_checks")
        (check,) = (c for c in package.checks(key) if c.__name__ == error["noticed_by"])
        assert not check().as_expected
