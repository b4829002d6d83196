"""A download bar: what pooch calls, drawn by rich."""

from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

__all__ = ["DownloadBar"]


class DownloadBar:
    """A bar on stderr with the four methods that pooch asks of one.

    It is false when it is not shown, and then pooch does not call it.

    Args:
        name: file name to show.
        show: whether to show a bar at all.
    """

    def __init__(self, name: str, *, show: bool) -> None:
        self.total = 0  # bytes; pooch sets it before the first update
        self._name = name
        self._show = show
        self._drawn: tuple[Progress, TaskID] | None = None

    def __bool__(self) -> bool:
        return self._show

    def __enter__(self) -> "DownloadBar":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def update(self, size: int) -> None:
        """Move on.

        Args:
            size: bytes that came.
        """
        progress, task = self._draw()
        progress.update(task, total=self.total or None, advance=size)

    def reset(self) -> None:
        """Go back to the start, which pooch does before it fills the bar."""
        progress, task = self._draw()
        progress.reset(task, total=self.total or None)

    def close(self) -> None:
        """Leave the bar as it is and give the terminal back."""
        if self._drawn is not None:
            self._drawn[0].stop()
            self._drawn = None

    def _draw(self) -> "tuple[Progress, TaskID]":
        if self._drawn is None:
            from rich.console import Console
            from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

            progress = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                DownloadColumn(),
                console=Console(stderr=True),
            )
            progress.start()
            self._drawn = progress, progress.add_task(self._name, total=None)
        return self._drawn
