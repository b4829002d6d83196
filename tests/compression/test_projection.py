"""Matrix-Project: coefficients as documented, a net that is rebuilt to the last bit."""

import hashlib
import itertools
import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from torch import nn

from nonvacuous.compression import MatrixProject
from nonvacuous.compression.codes import decode_network, encode
from nonvacuous.compression.projection import gaussian_count, project, sign_count
from nonvacuous.nets import Layer, Network, read
from nonvacuous.structures import _projection
from nonvacuous.structures._projection import sign_rows

exactly = settings(derandomize=True, max_examples=30, deadline=None)


def naive_signs(seed, layer, size, rows):
    """Bit j of a row is bit j mod 64, lowest first, of its word j // 64."""
    words = -(-size // 64)
    raw = np.random.Philox(key=[seed, layer]).random_raw(rows * words).tolist()
    return [
        [1 if raw[r * words + j // 64] >> (j % 64) & 1 else -1 for j in range(size)]
        for r in range(rows)
    ]


def small_net(seed=0):
    rng = np.random.default_rng(seed)
    layers = [
        Layer(weight=rng.integers(-8, 9, (b, a)) / 8.0, bias=rng.normal(size=b))
        for a, b in ((7, 6), (6, 3))
    ]
    return Network(layers=tuple(layers), double=True)


@pytest.mark.parametrize(
    ("seed", "layer", "size", "rows"),
    [(0, 0, 1, 1), (5, 1, 64, 3), (2**32 - 1, 3, 65, 4), (7, 2, 200, 2)],
)
def test_signs_are_the_documented_philox_bits(seed, layer, size, rows):
    found = np.concatenate(list(sign_rows(seed, layer, size, rows)))
    assert found.tolist() == naive_signs(seed, layer, size, rows)


def test_signs_are_the_same_for_ever():
    signs = np.concatenate(list(sign_rows(1, 2, 100, 10)))
    packed = np.packbits(signs > 0).tobytes()
    assert hashlib.sha256(packed).hexdigest() == PINNED


PINNED = "f67ef8691662d59ef3e2df05ce7cbe1bec9e21ab4039f4351ae3a13d50ac11b2"


@pytest.mark.parametrize("entries", [1, 70, 150, 333])
def test_signs_do_not_depend_on_how_many_are_held_at_once(monkeypatch, entries):
    whole = np.concatenate(list(sign_rows(3, 0, 70, 11)))
    monkeypatch.setattr(_projection, "_CHUNK_ENTRIES", entries)
    chunks = list(sign_rows(3, 0, 70, 11))
    assert len(chunks) > 1
    assert (np.concatenate(chunks) == whole).all()


@exactly
@given(seed=st.integers(0, 2**32 - 1), bits=st.integers(2, 16), count=st.integers(1, 9))
def test_coefficients_are_the_naive_computation(seed, bits, count):
    weight = np.random.default_rng(seed).integers(-8, 9, (3, 5)) / 8.0
    found = project(weight, seed=seed, layer=1, count=count, bits=bits).structure
    signs = naive_signs(seed, 1, 15, count)
    z = [sum(w * s for w, s in zip(weight.ravel(), row, strict=True)) for row in signs]
    scale = float(np.float16(max(max(map(abs, z)), 6e-8)))
    half = 2 ** (bits - 1)
    t = [min(max(round(v / scale * half), -half), half - 1) for v in z]
    assert found.scale == scale
    assert found.coefficients.tolist() == t


@exactly
@given(seed=st.integers(0, 2**32 - 1), bits=st.integers(2, 16), count=st.integers(1, 9))
def test_the_weight_is_the_sum_of_signs_rounded_to_float32(seed, bits, count):
    weight = np.random.default_rng(seed).normal(size=(3, 5))
    made = project(weight, seed=seed, layer=0, count=count, bits=bits)
    p, signs = made.structure, naive_signs(seed, 0, 15, count)
    for j, value in enumerate(made.weight.ravel()):
        total = sum(
            int(t) * row[j] for t, row in zip(p.coefficients, signs, strict=True)
        )
        exact = Fraction(p.scale) * 2 / 2**bits / count * total
        assert float(np.float32(value)) == value
        assert abs(Fraction(value) - exact) <= abs(exact) * Fraction(1, 2**23)


def test_a_projected_layer_is_rebuilt_exactly():
    weight = np.random.default_rng(1).normal(size=(9, 20))
    made = project(weight, seed=9, layer=4, count=50, bits=6)
    again = made.structure.rebuild(layer=4, shape=(9, 20))
    assert again.tobytes() == made.weight.tobytes()
    other = made.structure.rebuild(layer=5, shape=(9, 20))
    assert (other != made.weight).any()


def test_many_coefficients_come_nearer_to_the_matrix():
    weight = np.random.default_rng(1).normal(size=(4, 4))
    errors = [
        np.linalg.norm(
            project(weight, seed=0, layer=0, count=k, bits=16).weight - weight
        )
        for k in (16, 256, 8192)
    ]
    assert errors[0] > 2 * errors[1] > 4 * errors[2]


def test_a_layer_of_zeros_stays_zero():
    made = project(np.zeros((2, 3)), seed=0, layer=0, count=4, bits=6)
    assert not made.weight.any()
    net = Network(layers=(made,))
    assert not decode_network(encode(net).data)[0].layers[0].weight.any()


def test_a_layer_of_huge_weights_is_clipped_and_not_infinite():
    made = project(np.full((2, 3), 1e30), seed=0, layer=0, count=4, bits=6)
    assert np.isfinite(made.weight).all()


def test_compress_gives_the_same_bytes_twice_and_decodes_to_the_net():
    net, compressor = small_net(), MatrixProject(count=20, bits=6, seed=5)
    before = [array.tobytes() for array in net.arrays()]
    one, two = compressor.compress(net), compressor.compress(net)
    assert one.code == two.code
    back, bits = decode_network(one.code.data)
    assert bits == one.code.bits
    assert [a.tobytes() for a in back.arrays()] == [
        a.tobytes() for a in one.network.arrays()
    ]
    assert [array.tobytes() for array in net.arrays()] == before


def test_biases_are_dropped_and_coefficients_are_no_more_than_entries():
    small = MatrixProject(count=20, bits=6).compress(small_net()).network
    assert all(layer.bias is None for layer in small.layers)
    sizes = [layer.structure.coefficients.size for layer in small.layers]
    assert sizes == [20, 18]


def test_the_module_keeps_its_projections_until_its_weights_are_touched():
    small = MatrixProject(count=10, bits=6).compress(small_net())
    module = small.net
    assert encode(module) == small.code
    with_longer = encode(read(module)).bits
    module[0].weight.data[0, 0] += 1.0
    code = encode(module)
    assert code.bits > with_longer
    back, _ = decode_network(code.data)
    for found, kept in zip(back.arrays(), read(module).arrays(), strict=True):
        assert (found == kept).all()
    assert [a.structure is None for a in back.layers] == [True, False]


def test_a_bias_beside_a_projection_is_kept():
    small = MatrixProject(count=10, bits=6).compress(small_net()).network
    bias = np.array([0.5, 0.0, -0.25])
    layers = (small.layers[0], replace(small.layers[1], bias=bias))
    back, _ = decode_network(encode(replace(small, layers=layers)).data)
    assert back.layers[1].bias.tolist() == bias.tolist()
    assert back.layers[1].structure is not None


def test_the_code_is_little_more_than_the_coefficients():
    module = nn.Sequential(nn.Linear(40, 30), nn.ReLU(), nn.Linear(30, 10))
    code = MatrixProject(count=64, bits=6).compress(module).code
    assert 2 * 64 * 6 <= code.bits <= 2 * 64 * 6 + 2 * (32 + 4 + 16 + 13 + 2) + 50


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"count": 0}, "count must lie"),
        ({"count": 2**15 + 1}, "count must lie"),
        ({"bits": 1}, "bits must lie"),
        ({"bits": 17}, "bits must lie"),
        ({"seed": -1}, "seed must lie"),
        ({"seed": 2**32}, "seed must lie"),
    ],
)
def test_settings_out_of_range_are_refused(options, match):
    with pytest.raises(ValueError, match=match):
        MatrixProject(**options)


def test_the_name_says_every_setting():
    compressor = MatrixProject(count=20, bits=5, seed=3)
    assert repr(compressor) == "MatrixProject(count=20, bits=5, seed=3)"
    assert compressor.compress(small_net()).pipeline == repr(compressor)


# How many coefficients are enough ----------------------------------------------------


def sums(probabilities, count):
    """The exact law of a sum of `count` independent whole numbers from 0."""
    law = np.array([1.0])
    for bit in bin(count)[2:]:
        law = np.convolve(law, law)
        if bit == "1":
            law = np.convolve(law, probabilities)
    return law


def failure(n, count, epsilon):
    """P(|mean of <a, M>^2 - 1| >= epsilon) for a = b = (1, ..., 1) / sqrt(n), exactly.

    With n even, <a, M>^2 = 4 h^2 / n for h = heads - n / 2.
    """
    law = np.zeros((n // 2) ** 2 + 1)
    for heads in range(n + 1):
        law[(heads - n // 2) ** 2] += math.comb(n, heads) / 2.0**n
    total = sums(law, count)
    means = np.arange(total.size) * 4 / n / count
    return total[np.abs(means - 1) >= epsilon * (1 - 1e-12)].sum()


def test_the_counts_of_the_note():
    assert gaussian_count(0.5, 0.05) == 87
    assert sign_count(0.5, 0.05) == 79
    root = 1 + math.sqrt(1.2)
    assert gaussian_count(0.1, 0.01) == math.ceil(root**2 * math.log(200) * 100)
    by_hand = 2 * math.log(200) / (0.1 - math.log(1.1))
    assert sign_count(0.1, 0.01) == math.ceil(by_hand)


def test_gaussian_matrices_fail_as_seldom_as_asked_where_a_and_b_are_the_same():
    """Sums of squares are chi squares, so the failure is exact; .0018 in the note."""

    def fails(count, epsilon):
        law = stats.chi2(count)
        return law.cdf(count * (1 - epsilon)) + law.sf(count * (1 + epsilon))

    assert fails(87, 0.5) == pytest.approx(0.0018, abs=5e-5)
    assert fails(12, 0.5) > 0.19  # ln(1 / eta) / epsilon^2, as printed
    for epsilon, eta in itertools.product((0.05, 0.3, 1.0, 4.0), (0.2, 0.01, 1e-6)):
        assert fails(sign_count(epsilon, eta), epsilon) <= eta
        assert fails(gaussian_count(epsilon, eta), epsilon) <= eta


@pytest.mark.parametrize("n", [2, 4, 8, 16])
@pytest.mark.parametrize(("epsilon", "eta"), [(0.5, 0.05), (0.9, 0.001), (2.0, 0.05)])
def test_signs_fail_as_seldom_as_asked_in_exact_arithmetic(n, epsilon, eta):
    assert failure(n, sign_count(epsilon, eta), epsilon) <= eta


def test_the_printed_count_is_too_few_for_signs():
    assert failure(16, math.ceil(math.log(20) / 0.25), 0.5) > 3 * 0.05


def psi(x):
    return -0.5 * math.log1p(-2 * x) - x


@exactly
@given(
    seed=st.integers(0, 10**6),
    n=st.integers(1, 10),
    share=st.floats(0.01, 0.99),
    kind=st.sampled_from(["free", "equal", "opposite", "near", "orthogonal"]),
)
def test_the_moment_generating_function_is_below_the_one_of_the_proof(
    seed, n, share, kind
):
    """Over all 2^n sign vectors: ln E exp(x (<a,M><b,M> - r)) <= psi(x), x < 1/2."""
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(2, n))
    if kind == "equal":
        b = a
    elif kind == "opposite":
        b = -a
    elif kind == "near":
        b = a + 0.1 * b
    elif kind == "orthogonal" and n > 1:
        b = b - (a @ b) / (a @ a) * a
    a, b = a / np.linalg.norm(a), b / np.linalg.norm(b)
    signs = np.array(list(itertools.product((-1.0, 1.0), repeat=n)))
    x = (signs @ a) * (signs @ b) - a @ b
    found = math.log(np.exp(share / 2 * x).mean())
    assert found <= psi(share / 2) + 1e-12


@exactly
@given(epsilon=st.floats(1e-7, 50), eta=st.floats(1e-12, 0.99))
def test_signs_never_need_more_than_the_gaussian_count(epsilon, eta):
    k = sign_count(epsilon, eta)
    assert 1 <= k <= gaussian_count(epsilon, eta)
    rate = math.log1p(-epsilon / (1 + epsilon)) / 2 + epsilon / 2
    assert epsilon < 1e-3 or 2 * math.exp(-k * rate) <= eta
    assert sign_count(2 * epsilon, eta) <= k <= sign_count(epsilon, eta / 2)


@pytest.mark.parametrize("count", [gaussian_count, sign_count])
def test_extreme_errors_and_chances_have_counts(count):
    assert count(1e-99, 5e-324) > 1e198
    assert count(1e99, 0.99) == 1


def test_a_tiny_error_asks_for_four_logs_over_its_square():
    for epsilon in (1e-3, 1e-5, 1e-7):
        wanted = 4 * math.log(40) / epsilon**2
        assert sign_count(epsilon, 0.05) == pytest.approx(wanted, rel=2 * epsilon)
        assert gaussian_count(epsilon, 0.05) == pytest.approx(wanted, rel=2 * epsilon)


def test_the_projection_meets_its_error_at_that_count():
    """1000 seeds: u^T (B - A) v is beyond the error for at most a share eta."""
    rng = np.random.default_rng(0)
    u, v = rng.normal(size=5), rng.normal(size=7)
    a = np.outer(u, v)  # the worst direction
    count = sign_count(0.5, 0.05)
    bound = 0.5 * np.linalg.norm(a) * np.linalg.norm(u) * np.linalg.norm(v)
    fails = 0
    for seed in range(1000):
        found = project(a, seed=seed, layer=0, count=count, bits=16).weight
        fails += abs(u @ (found - a) @ v) >= bound
    assert fails <= 50


@pytest.mark.parametrize("count", [gaussian_count, sign_count])
@pytest.mark.parametrize(
    ("epsilon", "eta", "match"),
    [
        (0.0, 0.1, "epsilon must lie"),
        (-1.0, 0.1, "epsilon must lie"),
        (math.nan, 0.1, "epsilon must lie"),
        (math.inf, 0.1, "epsilon must lie"),
        (1e-200, 0.1, "epsilon must lie"),
        (1e200, 0.1, "epsilon must lie"),
        (0.5, 0.0, "eta must lie"),
        (0.5, 1.0, "eta must lie"),
        (0.5, math.nan, "eta must lie"),
    ],
)
def test_errors_and_chances_out_of_range_are_refused(count, epsilon, eta, match):
    with pytest.raises(ValueError, match=match):
        count(epsilon, eta)
