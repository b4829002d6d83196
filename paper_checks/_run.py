"""Running checks, side by side where there are cores."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from paper_checks._verdict import Kind, Truth, Verdict

__all__ = ["Done", "decide", "run"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A check that has run."""

    key: str
    name: str
    verdict: Verdict


def decide(check: Callable[[], Verdict]) -> Done:
    """Run one check; one that breaks is undecided, and its evidence says why."""
    try:
        verdict = check()
    except Exception as error:
        verdict = Verdict(
            claim=f"{check.__name__} can be decided.",
            truth=Truth.UNKNOWN,
            evidence=f"{type(error).__name__}: {' '.join(str(error).split())}.",
            kind=Kind.LIMIT,
        )
    return Done(
        key=check.__module__.split(".")[1], name=check.__name__, verdict=verdict
    )


def run(checks: Sequence[Callable[[], Verdict]], *, workers: int = 1) -> Iterator[Done]:
    """Decide checks, in their order.

    Args:
        checks: functions at the top level of a module.
        workers: processes; 1 runs them in this one.

    Yields:
        Each check's verdict as soon as it and all before it are there.
    """
    if workers == 1:
        yield from map(decide, checks)
        return
    with ProcessPoolExecutor(workers) as pool:
        try:
            yield from pool.map(decide, checks)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
