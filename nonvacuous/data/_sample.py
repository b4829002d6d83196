"""A labelled sample: rows, what they may be used for, and where they came from."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nonvacuous.data._arrays import Floats, Integers, as_array, floats, naturals, pixels

__all__ = ["Role", "Sample", "make_sample"]


class Role(StrEnum):
    """What the rows of a sample are used for."""

    PRIOR = "prior"
    TRAIN = "train"
    BOUND = "bound"
    HOLDOUT = "holdout"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sample:
    """Labelled rows of one source, with one role; nobody can write to its arrays.

    An array that somebody else could still write to is copied.

    Attributes:
        x: rows, shape (n, ...), float32 or float64, finite; integers are first
            made floats by `make_sample`.
        y: labels, shape (n,), integers of at least 0, kept as int64.
        role: what the rows are used for.
        source: name of the table that the rows belong to, such as "mnist/train";
            two samples of one source are told apart by `index` alone.
        index: row numbers within the source, shape (n,), each at most once; left
            out, the rows are numbers 0 to n - 1.
        domain: lowest and highest value that a feature of this source can ever have,
            known without a look at the rows; None where nobody knows.

    Raises:
        TypeError: a field is not of its kind.
        ValueError: the sample is empty, lengths differ, a pixel is not finite, a
            label or row number is negative, or a row number repeats.
    """

    x: Floats
    y: Integers
    role: Role
    source: str
    index: Integers = field(default_factory=lambda: np.empty(0, np.int64))
    domain: tuple[float, float] | None = None
    _digest: str = field(default="", init=False)

    def __post_init__(self) -> None:
        if not isinstance(self.role, Role):
            raise TypeError(f"role must be a Role, got {self.role!r}")
        if not isinstance(self.source, str):
            raise TypeError(f"source must be a string, got {self.source!r}")
        if not self.source:
            raise ValueError("source must be a name, got an empty string")
        x = pixels(self.x)
        y = naturals(self.y, "y", len(x))
        index = self.index if np.size(self.index) else np.arange(len(x))
        index = naturals(index, "index", len(x))
        ordered = np.sort(index)
        if (repeats := np.count_nonzero(ordered[1:] == ordered[:-1])) > 0:
            raise ValueError(f"index must name each row once, got {repeats} repeats")
        if self.domain is not None:
            low, high = self.domain
            if not (low <= float(x.min()) and float(x.max()) <= high):
                raise ValueError(
                    f"domain must hold every value, {x.min()} to {x.max()}, got"
                    f" {self.domain}"
                )
        object.__setattr__(self, "x", x)
        object.__setattr__(self, "y", y)
        object.__setattr__(self, "index", index)

    def __len__(self) -> int:
        return len(self.y)

    def __repr__(self) -> str:
        return (
            f"Sample(source={self.source!r}, role={self.role.value!r},"
            f" rows={len(self)}, features={self.x.shape[1:]})"
        )

    @property
    def digest(self) -> str:
        """SHA-256, in hex, of the shape, the dtype and the bytes of `x` and `y`.

        It speaks of contents: role, source and row numbers do not enter.  Computed
        at the first call and kept.
        """
        if not self._digest:
            sha = hashlib.sha256(b"nonvacuous sample 1\n")
            for array in (self.x, self.y):
                plain = array.astype(array.dtype.newbyteorder("<"), copy=False)
                sha.update(f"{plain.dtype.str} {plain.shape}\n".encode())
                sha.update(plain.reshape(-1).view(np.uint8).data)
            object.__setattr__(self, "_digest", sha.hexdigest())
        return self._digest

    def take(
        self, rows: slice | Sequence[int] | NDArray[Any], role: Role | None = None
    ) -> "Sample":
        """The sample of some of the rows, which keep their source and row numbers.

        Args:
            rows: positions in this sample: integers, a mask of shape (n,) or a slice.
            role: role of the rows taken; left out, the role they have.

        Returns:
            A sample of the rows in the order asked for.

        Raises:
            ValueError: a position is outside the sample or repeats, or no row is left.
        """
        try:
            kept = np.arange(len(self))[rows]
        except IndexError as error:
            raise ValueError(
                f"rows must be positions in a sample of {len(self)} rows: {error}"
            ) from None
        return Sample(
            x=self.x[kept],
            y=self.y[kept],
            role=self.role if role is None else role,
            source=self.source,
            index=self.index[kept],
            domain=self.domain,
        )


def make_sample(
    x: ArrayLike, y: ArrayLike, *, role: Role, source: str = "arrays"
) -> Sample:
    """A sample made of arrays, or of what numpy can turn into arrays.

    Values are never rescaled.  Pixels of bool, int8, uint8, int16, uint16 and float16
    become float32 and other integers float64, all exactly; float32 and float64 stay.

    Args:
        x: rows, shape (n, ...), bool, integers or floats.
        y: labels, shape (n,), bool or integers of at least 0; whole numbers held as
            floats are refused.
        role: what the rows are used for.
        source: name of the table; two tables need two names.

    Returns:
        The sample, on arrays of its own.

    Raises:
        TypeError: an array does not hold numbers of the kinds above.
        ValueError: a value is refused by `Sample`, or has no exact float.
    """
    labels = as_array(y, "y")
    if np.can_cast(labels.dtype, np.int64):
        labels = labels.astype(np.int64, copy=False)
    return Sample(x=floats(as_array(x, "x")), y=labels, role=role, source=source)
