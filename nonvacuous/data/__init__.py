"""Labelled samples, each with a role, a source and a digest."""

from nonvacuous.data._dataset import Dataset
from nonvacuous.data._load import load
from nonvacuous.data._overlap import check_disjoint, equal_contents, same_rows
from nonvacuous.data._sample import Role, Sample, make_sample

__all__ = [
    "Dataset",
    "Role",
    "Sample",
    "check_disjoint",
    "equal_contents",
    "load",
    "make_sample",
    "same_rows",
]
