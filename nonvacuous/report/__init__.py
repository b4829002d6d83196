"""Tables made from a finished result; nothing is computed here."""

from nonvacuous.report._table import render as render
from nonvacuous.report._table import text as text

__all__ = ["render", "text"]
