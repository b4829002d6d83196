"""A data set: a training sample, a hold-out sample, and how many classes there are."""

from dataclasses import dataclass

from nonvacuous.data._sample import Role, Sample

__all__ = ["Dataset"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dataset:
    """Two samples of one labelling task, of which one may be missing.

    Attributes:
        name: the name or path it was loaded by.
        train: rows to train on, role TRAIN, or None.
        test: rows to test on, role HOLDOUT, or None.
        classes: number of classes, at least 2; labels are 0 to `classes` - 1.

    Raises:
        ValueError: both samples are missing, a role is not the one above, a label is
            not below `classes`, or the rows of the two have different shapes.
    """

    name: str
    train: Sample | None
    test: Sample | None
    classes: int

    def __post_init__(self) -> None:
        if self.classes < 2:
            raise ValueError(f"classes must be at least 2, got {self.classes}")
        parts = (("train", self.train, Role.TRAIN), ("test", self.test, Role.HOLDOUT))
        for name, sample, role in parts:
            if sample is None:
                continue
            if sample.role is not role:
                raise ValueError(
                    f"{name} must have role {role.value!r}, got {sample.role.value!r}"
                )
            if (label := int(sample.y.max())) >= self.classes:
                raise ValueError(
                    f"{name} must have labels below {self.classes}, got {label}"
                )
        if self.train is None and self.test is None:
            raise ValueError("train or test must be a sample, got None for both")
        if self.train is not None and self.test is not None:
            ours, theirs = self.train.x.shape[1:], self.test.x.shape[1:]
            if ours != theirs:
                raise ValueError(
                    f"test must have rows of train's shape {ours}, got {theirs}"
                )
