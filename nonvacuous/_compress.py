"""One run of ``compress``: a net, a method and data in; all that is to be said, out."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nonvacuous import nets
from nonvacuous._certify import Progress
from nonvacuous._compression import Compression
from nonvacuous._counting import check_fits, count_errors
from nonvacuous._files import check_writable, write_together
from nonvacuous.compression import Method, Rows
from nonvacuous.compression.codes import _files as code_files
from nonvacuous.compression.execution import measure_execution
from nonvacuous.data import Dataset, Sample, check_disjoint
from nonvacuous.nets import Network

__all__ = ["Outputs", "compress"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """Where the results go, refused before the work if they cannot."""

    net: Path
    json: Path | None = None

    def __post_init__(self) -> None:
        if self.net.suffix != ".safetensors":
            raise ValueError(f"out must end in .safetensors, got {self.net}")
        for path in self._all():
            check_writable(path)
        if len({path.resolve() for path in self._all()}) < len(list(self._all())):
            raise ValueError(f"json must be a file of its own, got {self.json}")

    @property
    def code(self) -> Path:
        """The code's file, beside the net."""
        return self.net.with_suffix(code_files.SUFFIX)

    def _all(self) -> Iterator[Path]:
        yield from (self.net, self.code)
        if self.json is not None:
            yield self.json

    def write(self, result: Compression) -> None:
        """Write the net, its code and the report, once every byte of all is on disk.

        Raises:
            OSError: if one cannot be written.
        """
        recipe = {"pipeline": result.small.pipeline, "code": result.digest}
        files = {
            self.net: nets.contents(result.small.network, **recipe),
            self.code: code_files.contents(result.small.code),
        }
        if self.json is not None:
            files[self.json] = result.to_json().encode()
        write_together(files)

    def check_input(self, model: Path) -> None:
        """Refuse to write over the net that is compressed.

        Raises:
            ValueError: if that would be done.
        """
        for path in self._all():
            if path.exists() and model.exists() and path.samefile(model):
                raise ValueError(f"out must be another file than MODEL, got {path}")


def compress(
    network: Network,
    method: Method,
    *,
    keep: float | None = None,
    epsilon: float | None = None,
    delta: float = 0.05,
    seed: int = 0,
    data: Dataset | None = None,
    speed: bool = False,
    progress: Progress | None = None,
) -> Compression:
    """Compress a net by a method, and count what that costs and saves.

    Args:
        network: the net; it is not changed.
        method: how.
        keep: share of the weights to keep, in (0, 1].
        epsilon: relative output error to guarantee instead, in (0, 1).
        delta: failure probability of the theorem, in (0, 1).
        seed: of everything random, in [0, 2^31).
        data: the training rows, for methods that look at rows and for counting; the
            test rows, for counting and for `epsilon`, whose theorem asks for rows
            kept from training.
        speed: measure speed too.
        progress: called with the fraction done and a phrase.

    Returns:
        The result; errors are counted on what the decoder returned.

    Raises:
        ValueError: if an argument is not what it must be.
    """
    say = progress or (lambda fraction, phrase: None)
    samples = _samples(data)
    for sample in samples.values():
        check_fits(network, sample.x, int(sample.y.max()) + 1)
    rows, sentence = _rows(method, data, theorem=epsilon is not None)
    compressor = method.compressor(
        network,
        keep=keep,
        epsilon=epsilon,
        delta=delta,
        rows=None if rows is None else Rows.of(rows),
        seed=seed,
    )
    say(0.1, f"compressing by {method.name}")
    small = compressor.compress(network)
    errors = {}
    for done, (name, sample) in enumerate(samples.items()):
        say(0.7 + 0.1 * done, f"counting {name} errors")
        before, after = (
            count_errors(net, sample.x, sample.y) for net in (network, small.network)
        )
        errors[name] = before, after, len(sample)
    if speed:
        say(0.9, "measuring speed")
    execution = measure_execution(small.network, network) if speed else None
    say(1.0, "done")
    return Compression(
        method=method,
        original=network,
        small=small,
        errors=errors,
        rows=sentence,
        execution=execution,
        settings={"keep": keep, "epsilon": epsilon, "delta": delta, "seed": seed},
    )


def _samples(data: Dataset | None) -> dict[str, Sample]:
    """The samples that there are, by name."""
    pairs = {} if data is None else {"train": data.train, "test": data.test}
    return {name: sample for name, sample in pairs.items() if sample is not None}


def _rows(
    method: Method, data: Dataset | None, *, theorem: bool
) -> tuple[Sample | None, str | None]:
    """The rows that a method may look at, and what follows from that, in words.

    Raises:
        ValueError: if there are none, or those kept from training were not.
    """
    if not method.needs_rows:
        return None, None
    if data is None:
        raise ValueError(f"{method.name} looks at rows of data: give --data")
    sample = data.test if theorem else data.train
    if sample is None:
        kind = "test rows, kept from training" if theorem else "training rows"
        raise ValueError(f"{method.name} looks at {kind}, and {data.name} has none")
    known = f"{len(sample):,} of {sample.source}"
    if not theorem:
        return sample, f"{known}, the training sample."
    if data.train is not None:
        check_disjoint(data.train, sample)
    return sample, (
        f"{known}, the test rows: the theorem asks for rows kept from training.  The"
        " compressed net depends on them, so a certificate for it must not count them"
        " as unseen rows, as the test error above does."
    )
