"""Facts explain themselves."""

from dataclasses import fields

import pytest

from nonvacuous.bounds import ALL
from nonvacuous.evidence._fields import describe, spent

KINDS = sorted({type(bound.example) for bound in ALL}, key=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_field_is_explained_in_one_line_of_its_docstring(kind: type) -> None:
    said = describe(kind)
    for field in fields(kind):
        if field.name != "origin":
            assert said[field.name].endswith("."), field.name


@pytest.mark.parametrize("bound", ALL, ids=lambda bound: bound.name)
def test_deltas_inside_an_example_leave_some_to_spend(bound: object) -> None:
    assert 0 <= spent(bound.example) < 0.05  # type: ignore[attr-defined]
