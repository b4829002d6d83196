"""Weight matrices that are named by fewer numbers than they have entries."""

from nonvacuous.structures._base import Structure as Structure
from nonvacuous.structures._low_rank import LowRank as LowRank
from nonvacuous.structures._projection import Projection as Projection
from nonvacuous.structures._tied import Diagonals as Diagonals
from nonvacuous.structures._tied import Hashed as Hashed
from nonvacuous.structures._tied import Tied as Tied

__all__ = ["Diagonals", "Hashed", "LowRank", "Projection", "Structure", "Tied"]
