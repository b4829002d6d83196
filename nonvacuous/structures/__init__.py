"""Weight matrices that are named by fewer numbers than they have entries."""

from nonvacuous.structures._base import Structure as Structure
from nonvacuous.structures._low_rank import LowRank as LowRank
from nonvacuous.structures._projection import Projection as Projection

__all__ = ["LowRank", "Projection", "Structure"]
