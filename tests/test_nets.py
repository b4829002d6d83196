"""What is read is exactly the net; what cannot be seen is refused by name."""

import io
import itertools
import json
import math
import os
import pickle
from dataclasses import replace

import numpy as np
import pytest
import safetensors.numpy
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils import parametrizations, prune

from nonvacuous.nets import Layer, Network, load, read, save

exactly = settings(derandomize=True, max_examples=30, deadline=None)


@pytest.fixture(autouse=True)
def _seeded():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


def mlp(*sizes, **options):
    parts = [
        part
        for a, b in itertools.pairwise(sizes)
        for part in (nn.Linear(a, b, **options), nn.ReLU())
    ]
    return nn.Sequential(*parts[:-1])


def same(one, other):
    return (
        one.sizes == other.sizes
        and one.double == other.double
        and [a.bias is None for a in one.layers]
        == [a.bias is None for a in other.layers]
        and all(
            a.tobytes() == b.tobytes()
            for a, b in zip(one.arrays(), other.arrays(), strict=True)
        )
    )


def layer(weight, bias=None):
    return Layer(
        weight=np.array(weight, float),
        bias=None if bias is None else np.array(bias, float),
    )


# Modules -----------------------------------------------------------------------------


def test_a_module_is_read_exactly():
    module = mlp(4, 3, 2)
    net = read(module)
    assert net.sizes == (4, 3, 2)
    assert str(net) == "4-3-2"
    assert net.parameters == 4 * 3 + 3 + 3 * 2 + 2
    assert not net.double
    for found, parameter in zip(net.arrays(), module.parameters(), strict=True):
        assert found.dtype == np.float64
        assert (found == parameter.detach().numpy()).all()


def test_nested_modules_are_read_in_the_order_in_which_they_run():
    first, second, third = nn.Linear(6, 5), nn.Linear(5, 4), nn.Linear(4, 3)
    module = nn.Sequential(
        nn.Identity(),
        nn.Flatten(),
        nn.Sequential(first, nn.Sequential(nn.ReLU(inplace=True), nn.Dropout(0.5))),
        nn.Sequential(nn.Sequential(second), nn.ReLU()),
        nn.Identity(),
        third,
        nn.Dropout(),
    )
    net = read(module)
    assert net.sizes == (6, 5, 4, 3)
    for found, linear in zip(net.layers, (first, second, third), strict=True):
        assert (found.weight == linear.weight.detach().numpy()).all()


def test_a_single_linear_layer_is_a_net():
    assert read(nn.Linear(3, 2)).sizes == (3, 2)


def test_the_net_is_what_the_module_computes():
    module = mlp(5, 4, 3)
    x = torch.rand(7, 5)
    a = x.double().numpy()
    net = read(module)
    for i, part in enumerate(net.layers):
        a = a @ part.weight.T + part.bias
        a = np.maximum(a, 0) if i == 0 else a
    np.testing.assert_allclose(module(x).detach().numpy(), a, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("training", [True, False])
def test_reading_leaves_the_module_as_it_was(training):
    module = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Dropout(), nn.Linear(3, 2))
    module.train(training)
    module[0].weight.requires_grad_(False)
    before = {key: value.clone() for key, value in module.state_dict().items()}
    net = read(module)
    assert all(part.training is training for part in module.modules())
    assert not module[0].weight.requires_grad
    assert module[3].weight.requires_grad
    assert all((before[key] == v).all() for key, v in module.state_dict().items())
    module[0].weight.data.fill_(7.0)
    assert (net.layers[0].weight != 7.0).all()


def test_what_is_read_cannot_be_written_to():
    net = read(mlp(2, 2))
    with pytest.raises(ValueError, match="read-only"):
        net.layers[0].weight[0, 0] = 1.0


@pytest.mark.parametrize(
    ("dtype", "double"),
    [
        (torch.float16, False),
        (torch.bfloat16, False),
        (torch.float32, False),
        (torch.float64, True),
    ],
)
def test_every_precision_is_read_exactly(dtype, double):
    module = mlp(3, 2).to(dtype)
    if double:
        module[0].weight.data[0, 0] = 0.1
    net = read(module)
    assert net.double is double
    assert (net.layers[0].weight == module[0].weight.detach().double().numpy()).all()


def test_the_sign_of_a_zero_is_no_part_of_a_net():
    module = nn.Linear(2, 1)
    module.weight.data[:] = torch.tensor([[-0.0, 1.0]])
    assert not np.signbit(read(module).layers[0].weight).any()


class Custom(nn.Module):
    def forward(self, x):
        return x


class MyLinear(nn.Linear):
    pass


class MySequential(nn.Sequential):
    pass


def hooked():
    module = mlp(3, 2)
    module[0].register_forward_hook(lambda *_: None)
    return module


def prehooked():
    module = mlp(3, 2)
    module.register_forward_pre_hook(lambda *_: None)
    return module


def pruned():
    module = mlp(3, 2)
    prune.l1_unstructured(module[0], "weight", 2)
    return module


@pytest.mark.parametrize(
    ("module", "match"),
    [
        (lambda: nn.Sequential(nn.Linear(3, 2), nn.Tanh()), "net.1: .* type Tanh"),
        (lambda: nn.Sequential(nn.Conv2d(1, 1, 3)), "net.0: .* type Conv2d"),
        (lambda: nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)), "type BatchNorm1d"),
        (lambda: nn.Sequential(nn.Linear(2, 2), nn.Softmax(1)), "type Softmax"),
        (lambda: nn.Sequential(nn.Linear(2, 2), Custom()), "net.1: .* type Custom"),
        (Custom, "net: .* type Custom"),
        (lambda: nn.Sequential(MyLinear(2, 2)), "net.0: .* type MyLinear"),
        (lambda: MySequential(nn.Linear(2, 2)), "net: .* type MySequential"),
        (lambda: nn.Sequential(nn.Linear(2, 2), nn.Flatten()), "type Flatten"),
        (lambda: nn.Sequential(nn.Flatten(0), nn.Linear(2, 2)), "net.0: Flatten must"),
        (
            lambda: nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2)),
            "net.1: .* alternate",
        ),
        (lambda: nn.Sequential(nn.ReLU(), nn.Linear(2, 2)), "net.0: .* alternate"),
        (
            lambda: nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.ReLU()),
            "net.2: .* ReLU is out of turn",
        ),
        (lambda: nn.Sequential(nn.Linear(2, 2), nn.ReLU()), "must end in a Linear"),
        (nn.Sequential, "must end in a Linear"),
        (hooked, "net.0: Linear has hooks"),
        (prehooked, "net: Sequential has hooks"),
        (pruned, "net.0: Linear has hooks"),
        (
            lambda: nn.Sequential(parametrizations.weight_norm(nn.Linear(2, 2))),
            "net.0: .* parametrizations",
        ),
    ],
)
def test_what_cannot_be_seen_is_refused_by_name(module, match):
    with pytest.raises(TypeError, match=match):
        read(module())


@pytest.mark.parametrize(
    "thing", [None, 3, np.zeros((2, 2)), [nn.Linear(2, 2)], b"net"]
)
def test_what_is_no_net_is_refused_by_its_type(thing):
    with pytest.raises(TypeError, match=f"got {type(thing).__name__}"):
        read(thing)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("kind", ["weight", "bias"])
def test_parameters_that_are_not_finite_are_refused_by_name(value, kind):
    module = mlp(3, 3, 2)
    getattr(module[2], kind).data.flatten()[1] = value
    with pytest.raises(ValueError, match=rf"net\.2\.{kind} holds NaN or infinity"):
        read(module)


def test_layers_that_do_not_chain_are_refused():
    with pytest.raises(ValueError, match="3 outputs is followed by one of 4 inputs"):
        read(nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(4, 2)))


def test_a_layer_that_runs_twice_is_read_twice():
    shared, middle, relu = nn.Linear(2, 2), nn.Linear(2, 2), nn.ReLU()
    net = read(nn.Sequential(shared, relu, middle, relu, shared))
    assert len(net.layers) == 3
    assert (net.layers[2].weight == net.layers[0].weight).all()


def test_one_relu_may_be_used_twice():
    relu = nn.ReLU()
    module = nn.Sequential(
        nn.Linear(2, 3), relu, nn.Linear(3, 4), relu, nn.Linear(4, 2)
    )
    assert read(module).sizes == (2, 3, 4, 2)


def test_a_forward_put_on_an_instance_is_refused():
    module = mlp(2, 2)
    module[0].forward = lambda x: -x
    with pytest.raises(TypeError, match=r"net\.0"):
        read(module)


@pytest.mark.parametrize("length", [1, 2, 4])
def test_a_bias_of_another_length_is_refused(length):
    module = nn.Linear(2, 3)
    module.bias = nn.Parameter(torch.ones(length))
    with pytest.raises(ValueError, match="bias"):
        read(module)


def test_complex_weights_are_refused():
    with pytest.raises(TypeError, match="net"):
        read(nn.Linear(2, 2, dtype=torch.complex64))


def test_weights_that_are_not_there_are_refused():
    with pytest.raises((TypeError, ValueError), match="net"):
        read(nn.Linear(2, 2, device="meta"))


# Networks ----------------------------------------------------------------------------


def test_a_network_is_read_as_itself():
    net = read(mlp(2, 2))
    assert read(net) is net


def test_a_network_becomes_the_module_bit_for_bit():
    for net in (
        read(mlp(4, 3, 2)),
        Network(layers=(layer([[0.1, -1e-300]]),), double=True),
        Network(layers=(layer([[1.0, 2.0]]), layer([[3.0]], [4.0]))),
    ):
        module = net.module()
        assert not module.training
        assert not any(p.requires_grad for p in module.parameters())
        assert same(read(module), net)


def test_a_module_made_twice_shares_nothing():
    net = read(mlp(2, 2))
    one, two = net.module(), net.module()
    one[0].weight.data.zero_()
    assert two[0].weight.any()
    assert net.layers[0].weight.any()


def test_nonzeros_count_weights_and_biases():
    net = Network(layers=(layer([[0.0, 2.0]], [1.0]), layer([[0.0]], [0.0])))
    assert (net.parameters, net.nonzeros) == (5, 2)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_layer_that_is_not_finite_is_refused(value):
    with pytest.raises(ValueError, match="weight holds NaN"):
        layer([[value]])
    with pytest.raises(ValueError, match="bias holds NaN"):
        layer([[1.0]], [value])


def test_a_network_without_layers_is_refused():
    with pytest.raises(ValueError, match="no Linear layer"):
        Network(layers=())


@pytest.mark.parametrize(
    ("weight", "bias"),
    [
        (np.zeros((3, 0)), None),
        (np.zeros((0, 3)), None),
        (np.zeros(3), None),
        (np.zeros((3, 2)), np.zeros(1)),
        (np.zeros((3, 2)), np.zeros((3, 1))),
    ],
)
def test_layers_of_impossible_shapes_are_refused(weight, bias):
    with pytest.raises(ValueError, match=r"weight|bias"):
        Layer(weight=weight, bias=bias)


# Normalising -------------------------------------------------------------------------


@exactly
@given(
    seed=st.integers(0, 10**6),
    mean=st.floats(-10, 10),
    std=st.floats(0.01, 10),
    double=st.booleans(),
)
def test_normalising_folds_as_float_arithmetic_says(seed, mean, std, double):
    rng = np.random.default_rng(seed)
    weight = rng.normal(size=(3, 4)).astype(np.float32).astype(float)
    bias = rng.normal(size=3).astype(np.float32).astype(float)
    net = Network(layers=(layer(weight, bias), layer(np.ones((2, 3)))), double=double)
    folded = net.normalized(mean, std)
    kind = np.float64 if double else np.float32
    divided = weight / std
    assert (folded.layers[0].weight == divided.astype(kind)).all()
    shifted = np.array(
        [b - math.fsum(w * mean) for w, b in zip(divided, bias, strict=True)]
    )
    size = np.abs(bias) + np.abs(divided * mean).sum(axis=1)
    slack = size * (8 * 2.0**-53 + (0 if double else 2.0**-24))
    assert (np.abs(folded.layers[0].bias - shifted) <= slack).all()
    assert (folded.layers[0].bias.astype(kind) == folded.layers[0].bias).all()
    assert folded.layers[1] is net.layers[1]
    assert folded.double is double
    assert (net.layers[0].weight == weight).all()


def test_normalising_dyadic_numbers_is_exact():
    net = Network(layers=(layer([[1.0, -2.0]]),))
    folded = net.normalized(0.5, 0.25)
    assert folded.layers[0].weight.tolist() == [[4.0, -8.0]]
    assert folded.layers[0].bias.tolist() == [2.0]
    assert "0.5) / 0.25 folded into the first layer" in folded.note


def test_a_note_is_kept_beside_that_of_normalising():
    net = Network(layers=(layer([[1.0]]),), note="read from a file")
    assert net.normalized(0.0, 1.0).note.startswith("read from a file; inputs")


@pytest.mark.parametrize(
    ("mean", "std"),
    [
        (0.0, 0.0),
        (0.0, -1.0),
        (0.0, math.nan),
        (0.0, math.inf),
        (math.nan, 1.0),
        (math.inf, 1.0),
    ],
)
def test_a_mean_or_deviation_that_makes_no_sense_is_refused(mean, std):
    with pytest.raises(ValueError, match="normalize must be a finite mean"):
        read(mlp(2, 2)).normalized(mean, std)


def test_a_fold_that_overflows_is_refused_without_a_warning():
    with pytest.raises(ValueError, match="infinity"):
        Network(layers=(layer([[2.0**100]]),)).normalized(0.0, 1e-30)


# Files -------------------------------------------------------------------------------


def test_load_of_save_is_bit_identical(tmp_path):
    path = tmp_path / "net.safetensors"
    for net in (
        read(mlp(5, 4, 3, 2)),
        read(mlp(2, *[2] * 12, 2)),
        read(mlp(3, 2, bias=False)),
        Network(layers=(layer([[0.1, 5e-324]], [1e300]),), double=True),
        Network(layers=(layer([[2.0**-149, 3.0]]), layer([[0.0]], [0.0]))),
    ):
        save(net, path)
        assert same(load(path), net)
        assert same(read(str(path)), net)
        assert load(path).note == ""


def test_a_recipe_is_kept_in_the_metadata(tmp_path):
    path = tmp_path / "net.safetensors"
    save(read(mlp(3, 2)), path, seed="7")
    with safetensors.safe_open(path, framework="np") as file:
        assert json.loads(file.metadata()["nonvacuous"]) == {
            "format": "nonvacuous-net/1",
            "architecture": "Linear-ReLU 3-2",
            "seed": "7",
        }


def test_saving_again_gives_the_same_bytes(tmp_path):
    net, path = read(mlp(3, 2)), tmp_path / "net.safetensors"
    found = set()
    for _ in range(60):
        save(net, path, seed="0", data="digits")
        found.add(path.read_bytes())
    assert len(found) == 1


@pytest.mark.parametrize("where", ["missing/net.safetensors", "folder"])
def test_what_cannot_be_written_is_an_error_and_leaves_nothing(tmp_path, where):
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="cannot write"):
        save(read(mlp(3, 2)), tmp_path / where)
    assert [p.name for p in tmp_path.rglob("*")] == ["folder"]


def test_a_read_only_folder_is_an_error_and_leaves_nothing(tmp_path, monkeypatch):
    tmp_path.chmod(0o500)
    if os.geteuid() == 0:  # root may write anywhere: ask as somebody else
        monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    try:
        with pytest.raises(PermissionError, match="read-only"):
            save(read(mlp(3, 2)), tmp_path / "net.safetensors")
        assert list(tmp_path.iterdir()) == []
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.parametrize("broken", ["fsync", "replace"])
def test_an_interrupted_save_leaves_the_old_file_whole(tmp_path, monkeypatch, broken):
    path = tmp_path / "net.safetensors"
    save(read(mlp(3, 2)), path)
    before = path.read_bytes()

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(os, broken, fail)
    with pytest.raises(OSError, match="disk full"):
        save(read(mlp(4, 2)), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_safetensors_without_metadata_are_read_in_natural_order(tmp_path):
    module = mlp(*range(3, 11))  # keys 0, 2, ..., 12
    path = tmp_path / "net.safetensors"
    safetensors.torch.save_file(module.state_dict(), path)
    net = load(path)
    assert net.sizes == tuple(range(3, 11))
    assert same(replace(net, note=""), read(module))
    assert net.note == "read as Linear-ReLU-...-Linear in the order of its keys"


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("suffix", ["safetensors", "pt"])
def test_files_of_every_precision_are_read_exactly(tmp_path, dtype, suffix):
    module, path = mlp(3, 2).to(dtype), tmp_path / f"net.{suffix}"
    if dtype == torch.float64:
        module[0].weight.data[0, 0] = 0.1
    if suffix == "pt":
        torch.save(module.state_dict(), path)
    else:
        safetensors.torch.save_file(module.state_dict(), path)
    assert same(load(path), read(module))


def test_a_state_dict_is_read_in_its_own_order(tmp_path):
    module, path = mlp(4, 3, 2), tmp_path / "net.pt"
    state = module.state_dict()
    renamed = {k.replace("0.", "z.").replace("2.", "a."): v for k, v in state.items()}
    torch.save(renamed, path)
    assert load(path).sizes == (4, 3, 2)
    torch.save(state, path, _use_new_zipfile_serialization=False)
    assert same(load(path), read(module))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no model file .*none\.pt"):
        load(tmp_path / "none.pt")
    with pytest.raises(FileNotFoundError, match="no model file"):
        load(tmp_path)


class Evil:
    """Creates a file when it is unpickled."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return open, (str(self.marker), "w")


@pytest.mark.parametrize("way", ["torch", "legacy", "pickle"])
def test_code_in_a_pickle_is_never_executed(tmp_path, way):
    path, marker = tmp_path / "net.pt", tmp_path / "marker"
    state = {"0.weight": torch.ones(2, 2), "evil": Evil(marker)}
    if way == "pickle":
        path.write_bytes(pickle.dumps(state, protocol=2))
    else:
        torch.save(state, path, _use_new_zipfile_serialization=way == "torch")
    with pytest.raises(ValueError, match="nothing else is unpickled"):
        load(path)
    assert not marker.exists()
    pickle.loads(pickle.dumps(Evil(marker))).close()
    assert marker.exists()


def test_a_whole_module_is_refused_with_what_to_do_instead(tmp_path):
    path = tmp_path / "net.pt"
    torch.save(mlp(3, 2), path)
    with pytest.raises(ValueError, match=r"save net\.state_dict\(\)"):
        load(path)


@pytest.mark.parametrize("suffix", ["safetensors", "pt", "pth", ""])
@pytest.mark.parametrize(
    "content",
    [b"", b"\x00", b"hello world", bytes(range(256)) * 4, b"PK\x03\x04broken"],
)
def test_files_that_are_no_nets_are_refused(tmp_path, suffix, content):
    path = tmp_path / f"net.{suffix}"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=str(path)):
        load(path)


@pytest.mark.parametrize("suffix", ["safetensors", "pt"])
def test_a_truncated_file_is_refused(tmp_path, suffix):
    path, buffer = tmp_path / f"net.{suffix}", io.BytesIO()
    state = mlp(3, 2).state_dict()
    torch.save(state, buffer)
    whole = buffer.getvalue() if suffix == "pt" else safetensors.torch.save(state)
    for kept in range(1, len(whole) - 1, max(1, len(whole) // 23)):
        path.write_bytes(whole[:kept])
        with pytest.raises(ValueError, match=str(path)):
            load(path)


@pytest.mark.parametrize("content", [b"\x80", "legacy"])
def test_a_truncated_pickle_is_refused(tmp_path, content):
    path, buffer = tmp_path / "net.pt", io.BytesIO()
    torch.save(mlp(3, 2).state_dict(), buffer, _use_new_zipfile_serialization=False)
    whole = content if isinstance(content, bytes) else buffer.getvalue()
    for kept in range(1, len(whole) + 1 if whole is content else len(whole) - 1, 3):
        path.write_bytes(whole[:kept])
        with pytest.raises(ValueError, match=str(path)):
            load(path)


ONES = {"0.weight": torch.ones(3, 2), "0.bias": torch.ones(3)}


@pytest.mark.parametrize("suffix", ["safetensors", "pt"])
@pytest.mark.parametrize(
    ("state", "match"),
    [
        ({}, "holds no weights"),
        ({"0.bias": torch.ones(3)}, "0.bias has no weight beside it"),
        ({**ONES, "2.weight": torch.ones(2, 4)}, "2.weight takes 4 inputs, .* gives 3"),
        ({"0.weight": torch.ones(3, 2), "0.bias": torch.ones(2)}, "2 entries for 3"),
        ({**ONES, "1.running_mean": torch.ones(3)}, "1.running_mean of shape"),
        ({"0.weight": torch.ones(2, 1, 3, 3)}, "0.weight of shape"),
        ({"0.weight": torch.ones(3)}, "0.weight of shape"),
        ({"0.weight": torch.ones(3, 2), "0.bias": torch.ones(3, 1)}, "0.bias of shape"),
        ({"0.weight": torch.ones(0, 2)}, "0.weight of shape"),
        ({"0.weight": torch.tensor(1.0)}, "0.weight of shape"),
        ({"0.weight": torch.ones(3, 2, dtype=torch.int64)}, "dense tensor of floats"),
        ({"0.weight": torch.ones(3, 2, dtype=torch.bool)}, "dense tensor of floats"),
        ({"0.weight": torch.full((3, 2), math.nan)}, "0.weight holds NaN"),
        ({**ONES, "0.bias": torch.full((3,), math.inf)}, "0.bias holds NaN"),
    ],
)
def test_tensors_that_are_no_chain_are_refused_by_key(tmp_path, suffix, state, match):
    path = tmp_path / f"net.{suffix}"
    if suffix == "pt":
        torch.save(state, path)
    else:
        safetensors.torch.save_file(state, path)
    with pytest.raises(ValueError, match=match):
        load(path)


@pytest.mark.parametrize(
    "thing",
    [
        torch.ones(2, 2),
        [torch.ones(2, 2)],
        {"state_dict": {"0.weight": torch.ones(2, 2)}, "epoch": 3},
        {0: torch.ones(2, 2)},
        {"0.weight": torch.ones(2, 2).to_sparse()},
    ],
    ids=["a tensor", "a list", "a checkpoint", "numbered", "sparse"],
)
def test_a_torch_file_that_holds_something_else_is_refused(tmp_path, thing):
    path = tmp_path / "net.pt"
    torch.save(thing, path)
    with pytest.raises(ValueError, match=r"state_dict of tensors|dense tensor"):
        load(path)
