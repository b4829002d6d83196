"""One stream for both directions of the format."""

import numpy as np
from numpy.typing import NDArray

from nonvacuous.compression.codes import _arithmetic as coder

__all__ = ["FullError", "Stream"]


class Stream:
    """Both directions of the format: in a decoder, arguments are ignored."""

    def __init__(
        self, state: NDArray[np.int64], buffer: NDArray[np.uint8], writing: bool
    ) -> None:
        self.state, self.buffer, self.writing = state, buffer, writing

    def bits(self, value: int, width: int) -> int:
        return int(coder.code_bits(self.state, self.buffer, value, width))

    def positive(self, value: int) -> int:
        found = int(coder.code_gamma(self.state, self.buffer, value))
        self.check()
        return found

    def words(self, words: NDArray[np.uint64], width: int) -> None:
        """Unsigned integers of `width` bits, in place."""
        coder.code_words(self.state, self.buffer, words, width)
        self.check()

    def check(self) -> None:
        if self.state[coder.FAILED]:
            raise (
                FullError
                if self.writing
                else ValueError("the code is cut short or is no code of this format")
            )


class FullError(Exception):
    """The encoder's buffer is full: start again with a larger one."""
