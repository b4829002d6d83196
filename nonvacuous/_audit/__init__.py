"""Do a theorem's parameters and assumptions hold on this net and these data?"""

from nonvacuous._audit._findings import Finding as Finding
from nonvacuous._audit._findings import Standing as Standing
from nonvacuous._audit._result import Audit as Audit
from nonvacuous._audit._run import audit as audit

__all__ = ["Audit", "Finding", "Standing", "audit"]
