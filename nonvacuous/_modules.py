"""Networks as torch modules, and torch modules as networks."""

from typing import Any

import numpy as np
import torch
from torch import nn

from nonvacuous.nets import Floats, Layer, Network, make
from nonvacuous.structures import Structure
from nonvacuous.structures._base import names

__all__ = ["Structured", "build", "read_module"]

_IDENTITIES = (nn.Dropout, nn.Identity)


class Structured(nn.Linear):
    """A Linear layer whose weight a structure names."""

    def __init__(self, structure: Structure, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.structure = structure

    def reset_parameters(self) -> None:
        """Nothing is drawn: :func:`build` fills in the weight that is named."""


def build(network: Network) -> nn.Sequential:
    """The network as Linear, ReLU, ..., Linear in eval mode, bit for bit."""
    dtype = torch.float64 if network.double else torch.float32
    parts: list[nn.Module] = []
    for layer in network.layers:
        outputs, inputs = layer.weight.shape
        options: dict[str, Any] = {"bias": layer.bias is not None, "dtype": dtype}
        linear = (
            nn.utils.skip_init(  # type: ignore[no-untyped-call]
                nn.Linear, inputs, outputs, **options
            )
            if layer.structure is None
            else Structured(layer.structure, inputs, outputs, **options)
        )
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(layer.weight.copy()))
            if layer.bias is not None:
                linear.bias.copy_(torch.from_numpy(layer.bias.copy()))
        parts += [linear, nn.ReLU()]
    return nn.Sequential(*parts[:-1]).eval().requires_grad_(False)


def read_module(net: Any) -> Network:
    """A module of Linear, ReLU, Flatten, Dropout and Identity as a Network.

    Raises:
        TypeError: for anything else, by name.
    """
    if not isinstance(net, nn.Module):
        raise TypeError(
            f"net must be a torch module, a file or a Network, got {type(net).__name__}"
        )
    linears: list[tuple[str, nn.Linear]] = []
    expect_linear = True
    for name, part in _parts("net", net):
        if type(part) in _IDENTITIES:
            continue
        if type(part) is nn.Flatten and not linears:
            if (part.start_dim, part.end_dim) != (1, -1):
                raise TypeError(f"{name}: Flatten must go from dimension 1 to the last")
        elif type(part) is nn.ReLU and not expect_linear:
            expect_linear = True
        elif type(part) in (nn.Linear, Structured) and expect_linear:
            linears.append((name, part))  # type: ignore[arg-type]
            expect_linear = False
        elif type(part) in (nn.ReLU, nn.Linear, Structured):
            raise TypeError(
                f"{name}: Linear and ReLU must alternate, {type(part).__name__} is out"
                " of turn"
            )
        else:
            raise TypeError(
                f"{name}: no theorem here covers a layer of type {type(part).__name__}"
                " (nets are nn.Sequential of Linear, ReLU, Flatten, Dropout)"
            )
    if not linears or expect_linear:
        raise TypeError("net must end in a Linear layer, whose outputs are the scores")
    network = make([(name, *_parameters(name, part)) for name, part in linears])
    layers = tuple(
        _with_structure(i, layer, part)
        for i, (layer, (_, part)) in enumerate(
            zip(network.layers, linears, strict=True)
        )
    )
    return Network(layers=layers, double=network.double)


def _parts(name: str, module: nn.Module) -> list[tuple[str, nn.Module]]:
    """Leaves in the order in which a Sequential runs them.

    Raises:
        TypeError: if a module has hooks or parametrizations.
    """
    hooks = module._forward_hooks or module._forward_pre_hooks
    replaced = "forward" in vars(module)
    if hooks or replaced or getattr(module, "parametrizations", None):
        raise TypeError(
            f"{name}: {type(module).__name__} has hooks, parametrizations or a forward"
            " of its own, which no theorem can see; make them permanent first"
        )
    if type(module) is nn.Sequential:
        return [
            leaf
            for key, child in module._modules.items()  # a shared child counts twice
            if child is not None  # type: ignore[redundant-expr]
            for leaf in _parts(f"{name}.{key}", child)
        ]
    return [(name, module)]


def _parameters(name: str, part: nn.Linear) -> tuple[Floats, Floats | None]:
    """Weight and bias as float64.

    Raises:
        TypeError: if there are others, or they are not real floats.
    """
    found = dict(part.named_parameters(recurse=False))
    if "weight" not in found or set(found) - {"weight", "bias"}:
        raise TypeError(f"{name}: expected weight and bias, got {sorted(found)}")
    for key, value in found.items():
        if not value.is_floating_point() or value.is_meta:
            raise TypeError(f"{name}.{key} must hold real floats, got {value.dtype}")
    arrays = {
        key: np.asarray(value.detach().cpu().double().numpy()) + 0.0
        for key, value in found.items()
    }
    return arrays["weight"], arrays.get("bias")


def _with_structure(i: int, layer: Layer, part: nn.Module) -> Layer:
    """The i-th layer with its module's structure, unless its weight has left that."""
    structure = getattr(part, "structure", None)
    if structure is None or not names(structure, layer.weight, layer=i):
        return layer
    return Layer(weight=layer.weight, bias=layer.bias, structure=structure)
