"""A trained network as the theorems see it: affine layers with ReLU between them.

:func:`read` takes a torch module, a file or a :class:`Network` and refuses by name
whatever it cannot see.  Parameters are float64 here, exactly equal to the ones read.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from nonvacuous.structures import Structure
from nonvacuous.structures._base import Floats

__all__ = ["Floats", "Layer", "Network", "bundled", "load", "read", "save"]

FORMAT = "nonvacuous-net/1"

# what torch raises, by experiment, on files that are cut short or altered
_TORN = (
    OSError,
    RuntimeError,
    EOFError,
    ValueError,
    LookupError,
    AssertionError,
    AttributeError,
    TypeError,
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layer:
    """An affine map: `weight` (outputs, inputs) and `bias` (outputs,) or none.

    ``structure`` says how the weight is named by fewer numbers, where it is.
    """

    weight: Floats
    bias: Floats | None
    structure: Structure | None = None

    def __post_init__(self) -> None:
        if self.weight.ndim != 2 or 0 in self.weight.shape:
            raise ValueError(
                f"weight must be a matrix with entries, got shape {self.weight.shape}"
            )
        if self.bias is not None and self.bias.shape != self.weight.shape[:1]:
            raise ValueError(
                f"bias must have {self.weight.shape[0]} entries, got shape"
                f" {self.bias.shape}"
            )
        for name in ("weight", "bias"):
            value = getattr(self, name)
            if value is None:
                continue
            if not np.isfinite(value).all():
                raise ValueError(f"{name} holds NaN or infinity")
            # -0.0 + 0.0 is 0.0: the sign of a zero is no part of a net
            own = np.array(value, dtype=np.float64, order="C") + 0.0
            own.setflags(write=False)
            object.__setattr__(self, name, own)

    @property
    def kept(self) -> int:
        """Numbers that name the weight: its non-zeros, or what its structure stores."""
        if self.structure is not None:
            return self.structure.numbers
        return int(np.count_nonzero(self.weight))

    @classmethod
    def of(
        cls, structure: Structure, *, layer: int, shape: tuple[int, int], bias: Any
    ) -> "Layer":
        """The layer that a structure names as the `layer`-th of its net."""
        weight = structure.rebuild(layer=layer, shape=shape)
        return cls(weight=weight, bias=bias, structure=structure)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Network:
    """Affine layers with ReLU between them.

    ``double`` says that parameters need float64, and is set where they do; ``note``
    says in words how the net was read.
    """

    layers: tuple[Layer, ...]
    double: bool = False
    note: str = ""

    def __post_init__(self) -> None:
        if not self.layers:
            raise ValueError("the net has no Linear layer")
        for before, after in zip(self.layers, self.layers[1:], strict=False):
            if before.weight.shape[0] != after.weight.shape[1]:
                raise ValueError(
                    f"a layer of {before.weight.shape[0]} outputs is followed by one"
                    f" of {after.weight.shape[1]} inputs"
                )
        needed = not all(exact(array) for array in self.arrays())
        object.__setattr__(self, "double", self.double or needed)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Neurons of each layer, input first."""
        return (
            self.layers[0].weight.shape[1],
            *(layer.weight.shape[0] for layer in self.layers),
        )

    @property
    def parameters(self) -> int:
        """Weights and biases, zero or not."""
        return sum(a.size for a in self.arrays())

    @property
    def nonzeros(self) -> int:
        """Weights and biases that are not zero."""
        return sum(int(np.count_nonzero(a)) for a in self.arrays())

    @property
    def kept(self) -> int:
        """Numbers that name the weights: non-zeros, or what a structure stores."""
        return sum(layer.kept for layer in self.layers)

    def arrays(self) -> Iterator[Floats]:
        """Every weight matrix and bias vector, layer by layer."""
        for layer in self.layers:
            yield layer.weight
            if layer.bias is not None:
                yield layer.bias

    def __str__(self) -> str:
        return "-".join(map(str, self.sizes))

    def normalized(self, mean: float, std: float) -> "Network":
        """The net that does ``(x - mean) / std`` itself, folded into layer one.

        Args:
            mean: subtracted from every input feature.
            std: divides every input feature, above 0.

        Returns:
            A net for raw inputs, its parameters rounded to the precision of this.

        Raises:
            ValueError: if `mean` is not finite or `std` is not above 0.
        """
        if not (np.isfinite(mean) and np.isfinite(std) and std > 0):
            raise ValueError(
                f"normalize must be a finite mean and a std above 0, got {mean},{std}"
            )
        first = self.layers[0]
        bias = np.zeros(len(first.weight)) if first.bias is None else first.bias
        with np.errstate(over="ignore", invalid="ignore"):  # refused by Layer
            weight = first.weight / std
            bias = bias - (weight * mean).sum(axis=1)
            weight, bias = (_rounded(a, self.double) for a in (weight, bias))
        folded = Layer(weight=weight, bias=bias)
        note = f"inputs (x - {mean:g}) / {std:g} folded into the first layer"
        return replace(
            self,
            layers=(folded, *self.layers[1:]),
            note="; ".join(filter(None, (self.note, note))),
        )

    def module(self) -> Any:
        """This net as a ``torch.nn.Sequential`` in eval mode, bit for bit."""
        from nonvacuous._modules import build

        return build(self)


def _rounded(array: Floats, double: bool) -> Floats:
    return array if double else array.astype(np.float32).astype(np.float64)


def exact(array: Floats) -> bool:
    """Whether float32 holds every entry exactly."""
    with np.errstate(over="ignore"):
        return bool((array.astype(np.float32).astype(np.float64) == array).all())


def make(pairs: list[tuple[str, Floats, Floats | None]], *, note: str = "") -> Network:
    """A network from (name, weight, bias) in order; errors name the parameter.

    Raises:
        ValueError: if a parameter is not finite.
    """
    layers = []
    for name, weight, bias in pairs:
        for kind, value in (("weight", weight), ("bias", bias)):
            if value is not None and not np.isfinite(value).all():
                raise ValueError(f"{name}.{kind} holds NaN or infinity")
        layers.append(Layer(weight=weight, bias=bias))
    return Network(layers=tuple(layers), note=note)


def read(net: Any) -> Network:
    """Any net that the theorems can see, as a :class:`Network`.

    Args:
        net: a torch module of Linear, ReLU, Flatten, Dropout, Identity and
            Sequential; a path for :func:`load`; or a Network.  A module and its
            training mode come back unchanged.

    Returns:
        The network, in eval mode whatever the module's.

    Raises:
        TypeError: for a module or object that cannot be read, by name.
        ValueError: for parameters that are not finite or shapes that do not chain.
    """
    if isinstance(net, Network):
        return net
    if isinstance(net, str | Path):
        return load(net)
    from nonvacuous._modules import read_module

    return read_module(net)


def bundled() -> Network:
    """The net that comes with the package, for the bundled digits: 64-64-32-10.

    Made by ``nonvacuous train --data digits --layers 64,32 --epochs 60 --batch 64``.
    """
    return load(Path(__file__).parent / "data" / "digits-net.safetensors")


def load(path: str | Path) -> Network:
    """A net from a file: ``.safetensors``, ``.code``, or a torch ``state_dict``.

    Nothing is unpickled but tensors (``torch.load(weights_only=True)``).  A file
    that does not say its architecture is read as Linear-ReLU-...-Linear in the order
    of its keys, and the network's note says so.

    Args:
        path: the file.

    Returns:
        The network.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the file is not a chain of weights and biases.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no model file {path}")
    if path.suffix == ".code":
        from nonvacuous.compression.codes._files import read_network

        return read_network(path)
    if path.suffix == ".safetensors":
        tensors, metadata = _safetensors(path)
    else:
        tensors, metadata = _state_dict(path), {}
    chained = _chain(tensors, path)
    known = FORMAT in metadata.get("nonvacuous", "")
    note = "" if known else "read as Linear-ReLU-...-Linear in the order of its keys"
    return make(chained, note=note)


def _safetensors(path: Path) -> tuple[dict[str, Floats], Mapping[str, str]]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:  # numpy has no bfloat16
            metadata = dict(file.metadata() or {})
            keys = sorted(file.keys(), key=_natural)
            tensors = {k: file.get_tensor(k) for k in keys}
    except (SafetensorError, OSError, ValueError) as error:
        raise ValueError(f"{path} is not a safetensors file: {error}") from None
    return {k: _double(k, t, path) for k, t in tensors.items()}, metadata


def _state_dict(path: Path) -> dict[str, Floats]:
    import pickle
    import struct
    import warnings

    import torch

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about pickles that are refused anyway
            found = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        raise ValueError(
            f"{path} holds more than tensors, and nothing else is unpickled: save"
            " net.state_dict() or a safetensors file"
        ) from None
    except (*_TORN, struct.error) as error:
        reason = str(error).splitlines()[0] if str(error) else "it is empty"
        raise ValueError(f"{path} is not a torch file: {reason}") from None
    if not isinstance(found, Mapping) or not all(
        isinstance(k, str) and isinstance(t, torch.Tensor) for k, t in found.items()
    ):
        raise ValueError(f"{path} must hold a state_dict of tensors")
    return {k: _double(k, t, path) for k, t in found.items()}


def _double(key: str, tensor: Any, path: Path) -> Floats:
    if not tensor.is_floating_point() or tensor.is_sparse or tensor.is_quantized:
        raise ValueError(f"{path}: {key} must be a dense tensor of floats")
    return np.asarray(tensor.detach().double().numpy(), dtype=np.float64)


def _natural(key: str) -> list[tuple[int, int, str]]:
    """Sorts layer 10 after layer 2: safetensors keeps no order of its own."""
    import re

    parts = re.split(r"(\d+)", key)
    return [(0, int(p), "") if p.isdigit() else (1, 0, p) for p in parts]


def _chain(
    tensors: Mapping[str, Floats], path: Path
) -> list[tuple[str, Floats, Floats | None]]:
    """Weights and biases in order, refused by key if they are no chain.

    Raises:
        ValueError: if they are none.
    """
    layers: dict[str, dict[str, Floats]] = {}
    for key, value in tensors.items():
        name, _, kind = key.rpartition(".")
        shape_fits = value.ndim == (2 if kind == "weight" else 1) and value.size > 0
        if kind not in ("weight", "bias") or not shape_fits:
            raise ValueError(
                f"{path}: {key} of shape {tuple(value.shape)} is not the weight or"
                " bias of a Linear layer"
            )
        layers.setdefault(name, {})[kind] = value
    result: list[tuple[str, Floats, Floats | None]] = []
    for name, pair in layers.items():
        if "weight" not in pair:
            raise ValueError(f"{path}: {name}.bias has no weight beside it")
        weight, bias = pair["weight"], pair.get("bias")
        if bias is not None and len(bias) != len(weight):
            raise ValueError(
                f"{path}: {name}.bias has {len(bias)} entries for {len(weight)} outputs"
            )
        if result and result[-1][1].shape[0] != weight.shape[1]:
            raise ValueError(
                f"{path}: {name}.weight takes {weight.shape[1]} inputs, the layer"
                f" before gives {result[-1][1].shape[0]}"
            )
        result.append((name, weight, bias))
    if not result:
        raise ValueError(f"{path} holds no weights")
    return result


def save(network: Network, path: str | Path, **recipe: str) -> None:
    """Write a net as safetensors, atomically; `recipe` goes into its metadata.

    Args:
        network: what to write.
        path: where; replaced only when the whole file is written.
        recipe: how the net was made, strings by name.

    Raises:
        OSError: if the path cannot be written.
    """
    from nonvacuous._files import write_atomically

    write_atomically(path, contents(network, **recipe))


def contents(network: Network, **recipe: str) -> bytes:
    """The safetensors file of a net, as bytes; see :func:`save`."""
    from safetensors.numpy import save as serialize

    dtype = np.float64 if network.double else np.float32
    tensors = {}
    for i, layer in enumerate(network.layers):
        tensors[f"{i}.weight"] = layer.weight.astype(dtype)
        if layer.bias is not None:
            tensors[f"{i}.bias"] = layer.bias.astype(dtype)
    facts = {"format": FORMAT, "architecture": f"Linear-ReLU {network}", **recipe}
    # one key: safetensors writes several in no fixed order
    metadata = {"nonvacuous": json.dumps(facts, sort_keys=True)}
    written: bytes = serialize(tensors, metadata=metadata)
    return written
