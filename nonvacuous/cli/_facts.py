"""Flags made from the fields of a theorem's evidence, and the words that set them."""

import argparse
import difflib
import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import MISSING, dataclass, fields
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import Any, NoReturn, get_args, get_origin

from nonvacuous.bounds.planning import Theorem
from nonvacuous.bounds.planning._question import kinds
from nonvacuous.evidence._fields import describe

__all__ = [
    "Flag",
    "Parser",
    "example_words",
    "find",
    "flags",
    "named",
    "number",
    "rate",
    "require",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """A field that can be typed."""

    name: str
    kind: Any
    help: str
    default: Any

    @property
    def required(self) -> bool:
        """Whether the fact cannot be made without it."""
        return self.default is MISSING

    @property
    def word(self) -> str:
        """The flag as it is typed."""
        return "--" + self.name.replace("_", "-")

    @property
    def shown(self) -> str:
        """The flag and what follows it, for a reader."""
        if self.kind is bool:
            return f"--[no-]{self.word[2:]}"
        return f"{self.word} {self.shape}"

    @property
    def shape(self) -> str:
        """What is to be typed after it."""
        if get_origin(self.kind) is tuple:
            return "N,N,..." if get_args(self.kind)[0] is int else "X,X,... or @FILE"
        return {int: "N", float: "X", str: "WORD"}.get(self.kind, "")


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence."""

    def __init__(self) -> None:
        super().__init__(add_help=False, allow_abbrev=False, argument_default=MISSING)

    def error(self, message: str) -> NoReturn:
        """One sentence."""
        raise ValueError(message.removeprefix("argument "))

    def add(self, flag: Flag) -> None:
        """Take a field's flag."""
        if flag.kind is bool:
            action = argparse.BooleanOptionalAction
            self.add_argument(flag.word, action=action, dest=flag.name)
        else:
            self.add_argument(flag.word, type=_reader(flag.kind), dest=flag.name)

    def read(self, words: Sequence[str], name: str) -> dict[str, Any]:
        """What the words set, or a sentence about those that mean nothing."""
        found, rest = self.parse_known_args(_joined(words))
        if rest:
            known = [a.option_strings[0] for a in self._actions if a.option_strings]
            raise ValueError(
                f"{name} does not take {' '.join(rest)}; it takes {', '.join(known)}"
            )
        return {k: v for k, v in vars(found).items() if v is not MISSING}


def _joined(words: Sequence[str]) -> list[str]:
    """The words, a negative percentage or list tied to the flag that it follows."""
    joined: list[str] = []
    for word in words:
        after = bool(joined) and joined[-1].startswith("--") and "=" not in joined[-1]
        if after and re.match(r"-[\d.]", word):
            joined[-1] += "=" + word
        else:
            joined.append(word)
    return joined


def flags(theorem: Theorem) -> list[Flag]:
    """The fields of its evidence that can be typed, in order."""
    kind = type(theorem.example)
    types, said = kinds(kind), describe(kind)
    return [
        Flag(name=f.name, kind=types[f.name], help=said.get(f.name, ""), default=d)
        for f in fields(kind)
        for d in [_default(f)]
        if _typed(types[f.name])
    ]


def require(theorem: Theorem, given: Iterable[str], but: Iterable[str] = ()) -> None:
    """Name the flags that are missing.

    Raises:
        ValueError: if some are.
    """
    have = {*given, *but}
    known = flags(theorem)
    missing = [f.word for f in known if f.required and f.name not in have]
    if missing:
        raise ValueError(
            f"{theorem.name} needs {_and(missing)} too; nonvacuous bound"
            f" {theorem.name} --help says what they are"
        )
    typed = {flag.name for flag in known}
    hidden = [
        f.name
        for f in fields(type(theorem.example))
        if f.name not in typed and _default(f) is MISSING
    ]
    if hidden:
        raise ValueError(
            f"{theorem.name} needs {_and(hidden)}, which cannot be typed: use Python"
        )


def find(name: str, theorems: Sequence[Theorem]) -> Any:
    """The theorem of that name.

    Raises:
        ValueError: if there is none; names that are close are in the sentence.
    """
    by_name = {theorem.name: theorem for theorem in theorems}
    if name in by_name:
        return by_name[name]
    close = difflib.get_close_matches(name.lower(), by_name, n=3, cutoff=0.5)
    close += [known for known in by_name if name.lower() in known and name][:3]
    hint = f"did you mean {', '.join(dict.fromkeys(close))}? " if close else ""
    raise ValueError(
        f"there is no theorem {name!r}; {hint}nonvacuous bound list shows them all"
    )


def named(words: Sequence[str]) -> tuple[str | None, list[str]]:
    """The name that the words begin with, if they do, and the others."""
    if words and not words[0].startswith("-"):
        return words[0], list(words[1:])
    return None, list(words)


def example_words(theorem: Theorem, but: Iterable[str] = ()) -> list[str]:
    """The flags that make the theorem's example, those apart that it need not say."""
    words = []
    for flag in flags(theorem):
        value = getattr(theorem.example, flag.name)
        if value is None or value == flag.default or flag.name in but:
            continue
        if flag.kind is bool:
            words.append(flag.word if value else "--no-" + flag.word[2:])
        elif isinstance(value, tuple):
            words += [flag.word, ",".join(map(_short, value))]
        else:
            words += [flag.word, _short(value)]
    return words


def _short(value: Any) -> str:
    """A value in the fewest characters that read back as the same."""
    short = f"{value:g}" if isinstance(value, float) else str(value)
    return (
        short if not isinstance(value, float) or float(short) == value else str(value)
    )


def number(text: str) -> float:
    """A number, or a percentage.

    Raises:
        argparse.ArgumentTypeError: if it is none.
    """
    return float(rate(text)) if text.endswith("%") else _number(text)


def rate(text: str) -> Fraction:
    """A number as it is written, a percentage too.

    Raises:
        argparse.ArgumentTypeError: if it is none.
    """
    body = text.removesuffix("%")
    _number(body)
    try:
        return Fraction(_decimal(body)) / (100 if body != text else 1)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"must be finite, got {text!r}") from None


def _number(text: str) -> float:
    try:
        value = float(text.replace(",", "")) if text.isascii() else math.nan
    except ValueError:
        value = math.nan
    if math.isnan(value):
        raise argparse.ArgumentTypeError(f"must be a number, got {text!r}")
    return value


def _whole(text: str) -> int:
    """A whole number: 60000, 60_000, 60,000 or 6e4."""
    try:
        value = _decimal(text)
        if value.is_finite() and value == value.to_integral_value():
            if abs(value) >= 2**63:
                raise argparse.ArgumentTypeError(f"must be below 2^63, got {text!r}")
            return int(value)
    except InvalidOperation:
        pass
    raise argparse.ArgumentTypeError(f"must be a whole number, got {text!r}")


def _decimal(text: str) -> Decimal:
    """Exact, and of a size that can be computed with."""
    value = Decimal(text.replace(",", "").replace("_", ""))
    if value.is_finite() and abs(value.adjusted()) > 400:
        raise argparse.ArgumentTypeError(f"is out of range, got {text!r}")
    return value


def _several(text: str, one: Callable[[str], Any]) -> tuple[Any, ...]:
    """Numbers with commas or spaces between them, or @ and a file that holds them."""
    if text.startswith("@"):
        try:
            text = Path(text[1:]).read_text()
        except (OSError, UnicodeError) as error:
            raise argparse.ArgumentTypeError(f"cannot read {text[1:]}") from error
    return tuple(one(part) for part in text.replace(",", " ").split())


def _reader(kind: Any) -> Callable[[str], Any]:
    if get_origin(kind) is tuple:
        one = _reader(get_args(kind)[0])
        return lambda text: _several(text, one)
    readers: dict[Any, Callable[[str], Any]] = {int: _whole, float: number, str: str}
    return readers[kind]


def _typed(kind: Any) -> bool:
    if get_origin(kind) is tuple:
        return get_args(kind)[0] in (int, float)
    return kind in (int, float, bool, str)


def _default(f: Any) -> Any:
    if f.default_factory is not MISSING:
        return f.default_factory()
    return f.default


def _and(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
