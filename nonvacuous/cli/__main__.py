"""``python -m nonvacuous.cli``."""

from nonvacuous.cli import main

main()
