"""All measures at once: against a transcription, under rescaling, by name."""

import math
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from nonvacuous import measures
from nonvacuous.data import Role, make_sample
from nonvacuous.measures import MEASURES, TrainingLog, measure
from nonvacuous.nets import Layer, Network
from nonvacuous.training import initial

CHEAP = [n for n, m in MEASURES.items() if not m.needs & {"sigma", "alpha"}]
OF_NET = [n for n in CHEAP if not MEASURES[n].needs & {"log", "first epoch"}]


@pytest.fixture(scope="module")
def rows(toy):
    """Rows that the net gets right, so that its margin is positive."""
    x = toy.train[0]
    outputs = toy.net.module()(torch.from_numpy(x)).numpy()
    return make_sample(x, outputs.argmax(axis=1), role=Role.TRAIN)


@pytest.fixture(scope="module")
def everything(toy, rows):
    start = initial((6, 8, 3), 0)
    log = TrainingLog(
        steps=np.array([0, 100, 300]),
        cross_entropy=np.array([1.1, 0.09, 0.005]),
        first_epoch=start,
    )
    return measure(toy.net, rows, start, log=log)


def transcribed(network, start, rows, sigma, sigma_mag):
    """get_all_measures of the public code in numpy, without its mistakes."""
    weights = [layer.weight for layer in network.layers]
    moves = [
        a.weight - b.weight for a, b in zip(network.layers, start.layers, strict=True)
    ]
    m, d = len(rows), len(weights)
    w, v = (np.concatenate([a.ravel() for a in part]) for part in (weights, moves))
    margin = np.sort(measures.margins(network, rows))[m // 10 - 1]
    fro = [np.linalg.norm(a, "fro") ** 2 for a in weights]
    spec = [np.linalg.norm(a, 2) ** 2 for a in weights]
    move_fro = [np.linalg.norm(a, "fro") ** 2 for a in moves]
    move_spec = [np.linalg.norm(a, 2) ** 2 for a in moves]
    path = np.ones(network.sizes[0])
    for layer in network.layers:
        path = layer.weight**2 @ path + layer.bias**2
    path = path.sum()
    product, product_fro = np.prod(spec), np.prod(fro)
    ratio = sum(a / b for a, b in zip(fro, spec, strict=True))
    move_ratio = sum(a / b for a, b in zip(move_fro, spec, strict=True))

    def bayes(vector):
        return vector @ vector / (4 * sigma**2) + math.log(m / sigma) + 10

    def bayes_mag(vector):
        above = 1e-6 + (sigma_mag**2 + 1) * (vector @ vector) / len(w)
        logs = [math.log(above / (1e-6 + sigma_mag**2 * u**2)) for u in v]
        return sum(logs) / 4 + math.log(m / sigma_mag) + 10

    return {
        "parameters": len(w),
        "inverse-margin": 1 / margin**2,
        "log-spec-init-main": math.log(product / margin**2 * move_ratio),
        "log-spec-orig-main": math.log(product / margin**2 * ratio),
        "log-prod-of-spec-over-margin": math.log(product / margin**2),
        "log-prod-of-spec": math.log(product),
        "fro-over-spec": ratio,
        "log-sum-of-spec-over-margin": math.log(d * (product / margin**2) ** (1 / d)),
        "log-sum-of-spec": math.log(d * product ** (1 / d)),
        "log-prod-of-fro-over-margin": math.log(product_fro / margin**2),
        "log-prod-of-fro": math.log(product_fro),
        "log-sum-of-fro-over-margin": math.log(
            d * (product_fro / margin**2) ** (1 / d)
        ),
        "log-sum-of-fro": math.log(d * product_fro ** (1 / d)),
        "fro-dist": sum(move_fro),
        "dist-spec-init": sum(move_spec),
        "param-norm": sum(fro),
        "log-path-norm-over-margin": math.log(path / margin**2),
        "log-path-norm": math.log(path),
        "pacbayes-init": bayes(v),
        "pacbayes-orig": bayes(w),
        "pacbayes-flatness": 1 / sigma**2,
        "pacbayes-mag-init": bayes_mag(v),
        "pacbayes-mag-orig": bayes_mag(w),
        "pacbayes-mag-flatness": 1 / sigma_mag**2,
    }


def test_the_list_is_that_of_the_public_code(toy, rows, everything) -> None:
    sigma = everything.radii["sigma"].value
    sigma_mag = everything.radii["sigma-magnitude"].value
    start = initial((6, 8, 3), 0)
    naive = transcribed(toy.net, start, rows, sigma, sigma_mag)
    for name, value in naive.items():
        assert everything[name] == pytest.approx(value, rel=1e-8), name
    read = {n for n, m in MEASURES.items() if m.read and m.source.startswith("jiang")}
    assert read == set(naive)


def explored(network, start, rows):
    """calculate() of the public code, layer by layer."""
    margin = np.sort(measures.margins(network, rows))[len(rows) // 10 - 1]
    m, d, inputs = len(rows), len(network.layers), network.sizes[0]
    product = dict.fromkeys(["l1", "fro", "l3", "spec", "s1.5", "trace"], 1.0)
    bartlett = neyshabur = 0.0
    for layer, first in zip(network.layers, start.layers, strict=True):
        w, s = layer.weight, np.linalg.svd(layer.weight)[1]
        move = w - first.weight
        product["l1"] *= max(np.abs(w).sum(axis=1))
        product["fro"] *= np.sqrt((w**2).sum())
        product["l3"] *= ((np.abs(w) ** 3).sum(axis=1) ** 0.5).sum() ** (2 / 3)
        product["spec"] *= s[0]
        product["s1.5"] *= (s**1.5).sum() ** (1 / 1.5)
        product["trace"] *= s.sum()
        bartlett += (np.sqrt((move**2).sum(axis=1)).sum() / s[0]) ** (2 / 3)
        neyshabur += len(w) * (move**2).sum() / s[0] ** 2
    depth = math.sqrt(d + math.log(inputs))
    beta = math.log(m) * math.log(network.parameters)
    paths = {}
    for p in (1, 1.5, 2):
        value = np.ones(inputs)
        for layer in network.layers:
            value = np.abs(layer.weight) ** p @ value + np.abs(layer.bias) ** p
        paths[f"log-l{p}-path-over-margin"] = value.sum() ** (1 / p) / margin
    plain = {
        "log-l1-max-over-margin": product["l1"] / margin,
        "log-frobenius-over-margin": product["fro"] / margin,
        "log-l3-1.5-over-margin": product["l3"] / margin,
        "log-spectral-over-margin": product["spec"] / margin,
        "log-schatten-1.5-over-margin": product["s1.5"] / margin,
        "log-trace-over-margin": product["trace"] / margin,
        **paths,
        "log-l1-max-capacity": depth * product["l1"] / margin / math.sqrt(m),
        "log-frobenius-capacity": depth * product["fro"] / margin / math.sqrt(m),
        "log-l3-1.5-capacity": depth * product["l3"] / margin / m ** (1 / 3),
        "log-spectral-l2-1-capacity": (
            beta * product["spec"] / margin * bartlett**1.5 / math.sqrt(m)
        ),
        "log-spectral-frobenius-capacity": (
            d * product["spec"] / margin * math.sqrt(neyshabur) / math.sqrt(m)
        ),
    }
    return {name: math.log(value) for name, value in plain.items()}


def test_norms_over_margins_are_those_of_the_public_code(toy, rows, everything) -> None:
    naive = explored(toy.net, initial((6, 8, 3), 0), rows)
    for name, value in naive.items():
        assert everything[name] == pytest.approx(value, rel=1e-9), name
    assert set(naive) == {n for n, m in MEASURES.items() if m.source.startswith("ney")}


def test_every_measure_is_there_and_none_is_nan(everything) -> None:
    assert list(everything) == list(MEASURES)
    assert len(everything) == 51
    assert not any(math.isnan(value) for value in everything.values())
    assert all(type(value) is float for value in everything.values())
    assert set(everything.radii) == {
        "sigma",
        "sigma-magnitude",
        "alpha",
        "alpha-magnitude",
    }


def test_a_training_log_gives_its_steps(everything) -> None:
    assert everything["steps-to-0.1"] == 100
    assert everything["steps-0.1-to-0.01"] == 200


def test_adjusted_measures_are_roots_over_the_rows(everything) -> None:
    found = everything.adjusted()
    assert found["param-norm"] == pytest.approx(
        math.sqrt(everything["param-norm"] / 300)
    )
    assert math.exp(found["log-path-norm"]) == pytest.approx(
        math.sqrt(math.exp(everything["log-path-norm"]) / 300)
    )
    assert "log-trace-over-margin" not in found


@pytest.mark.parametrize("name", list(MEASURES))
def test_the_registry_says_what_a_measure_is(name: str) -> None:
    entry = MEASURES[name]
    assert re.fullmatch(r"[a-z0-9.-]+", name)
    assert entry.name == name
    assert entry.formula.startswith(r"\ln") == entry.log
    assert entry.formula.count("{") == entry.formula.count("}")
    assert re.fullmatch(r"\d\d|63-67|measures\.py", entry.equation)
    assert entry.needs <= {"rows", "initial", "sigma", "alpha", "log", "first epoch"}
    references = (Path(__file__).parents[2] / "references.bib").read_text()
    assert f"{{{entry.source}," in references


def test_the_equations_of_the_list_are_all_there() -> None:
    found = {m.equation for m in MEASURES.values() if m.source.startswith("jiang")}
    wanted = {
        19,
        20,
        22,
        23,
        *range(29, 46),
        48,
        49,
        51,
        52,
        53,
        54,
        56,
        57,
        *range(59, 63),
    }
    assert found == {*map(str, wanted), "63-67"}


@pytest.mark.parametrize("name", OF_NET)
def test_a_measure_needs_what_it_says(toy, rows, name: str) -> None:
    if "initial" in MEASURES[name].needs:
        with pytest.raises(ValueError, match=f"{name} needs initial"):
            measure(toy.net, rows, names=[name])
        with pytest.raises(ValueError, match="initial must be a net of sizes 6-8-3"):
            measure(toy.net, rows, initial((6, 7, 3), 0), names=[name])
    else:
        assert list(measure(toy.net, rows, names=[name])) == [name]


def test_a_measure_without_rows_in_its_needs_does_not_look_at_them(toy, rows) -> None:
    names = [n for n in OF_NET if not MEASURES[n].needs & {"rows"}]
    other = make_sample(rows.x[:50] * 2, rows.y[:50] * 0, role=Role.TRAIN)
    start = initial((6, 8, 3), 0)
    found = measure(toy.net, rows, start, names=names)
    assert dict(found) == dict(measure(toy.net, other, start, names=names))


def rescaled(network, factors):
    """Layers times factors, whose product is what the function is multiplied by."""
    layers, scale = [], 1.0
    for layer, factor in zip(network.layers, factors, strict=True):
        scale *= factor
        bias = None if layer.bias is None else layer.bias * scale
        layers.append(Layer(weight=layer.weight * factor, bias=bias))
    return Network(layers=tuple(layers))


PRODUCTS = [
    n
    for n in OF_NET
    if re.search("prod|path|over-margin|capacity", n)
    and "initial" not in MEASURES[n].needs
] + ["log-sum-of-spec", "log-sum-of-fro", "log-spec-orig-main", "fro-over-spec"]


def test_products_of_norms_do_not_see_factors_that_cancel(toy, rows) -> None:
    names = sorted({*PRODUCTS, "fisher-rao", "negative-entropy", "inverse-margin"})
    before = measure(toy.net, rows, names=names)
    after = measure(rescaled(toy.net, (4.0, 0.25)), rows, names=names)
    for name in names:
        assert after[name] == pytest.approx(before[name], rel=1e-6), name


def test_what_is_over_the_margin_does_not_see_the_scale_of_the_outputs(
    toy, rows
) -> None:
    names = [
        n
        for n in PRODUCTS
        if "margin" in MEASURES[n].formula or "gamma" in MEASURES[n].formula
    ]
    assert len(names) >= 15
    before = measure(toy.net, rows, names=names)
    after = measure(rescaled(toy.net, (1.0, 8.0)), rows, names=names)
    for name in names:
        assert after[name] == pytest.approx(before[name], rel=1e-6, abs=1e-6), name


def test_norms_themselves_do_see_the_factors(toy, rows) -> None:
    names = ["param-norm", "gradient-noise-final"]
    before = measure(toy.net, rows, names=names)
    after = measure(rescaled(toy.net, (4.0, 0.25)), rows, names=names)
    for name in names:
        assert abs(after[name] - before[name]) > 0.1 * before[name]


def test_magnitude_sigma_does_not_see_factors_that_cancel_but_sigma_does(
    toy, rows
) -> None:
    other = rescaled(toy.net, (8.0, 0.125))
    find = measures.noise_radius
    by_magnitude = [find(net, rows, magnitude=True).value for net in (toy.net, other)]
    plain = [find(net, rows).value for net in (toy.net, other)]
    assert by_magnitude[1] == pytest.approx(by_magnitude[0], rel=0.15)
    assert abs(math.log(plain[1] / plain[0])) > 0.3


def test_a_net_that_errs_on_a_tenth_has_infinite_measures_over_its_margin(
    toy, rows
) -> None:
    wrong = make_sample(rows.x, (rows.y + 1) % 3, role=Role.TRAIN)
    found = measure(toy.net, wrong, names=PRODUCTS)
    for name in PRODUCTS:
        over = "gamma" in MEASURES[name].formula
        assert (found[name] == math.inf) == over, name


def test_measure_repeats_and_leaves_the_net_alone(toy, rows, everything) -> None:
    before = [a.copy() for a in toy.net.arrays()]
    again = measure(toy.net, rows, initial((6, 8, 3), 0))
    for name, value in again.items():
        assert everything[name] == value
    assert all((a == b).all() for a, b in zip(before, toy.net.arrays(), strict=True))


def test_modules_are_read_like_nets(toy, rows) -> None:
    names = ["log-prod-of-spec", "fisher-rao"]
    of_module = measure(toy.net.module(), rows, names=names)
    assert dict(of_module) == dict(measure(toy.net, rows, names=names))


def test_measure_refuses_what_it_cannot_measure(toy, rows) -> None:
    with pytest.raises(ValueError, match="must be of MEASURES, got 'flatness'"):
        measure(toy.net, rows, names=["flatness"])
    with pytest.raises(ValueError, match="needs log"):
        measure(toy.net, rows, names=["steps-to-0.1"])
    with pytest.raises(ValueError, match="delta"):
        measure(toy.net, rows, delta=0.0)
    with pytest.raises(ValueError, match="share"):
        measure(toy.net, rows, share=0.0, names=["inverse-margin"])
    still = Network(layers=(Layer(weight=np.zeros((3, 6)), bias=None),))
    with pytest.raises(ValueError, match="layer 0 is zero"):
        measure(still, rows)
    log = TrainingLog(steps=np.array([1]), cross_entropy=np.array([0.5]))
    with pytest.raises(ValueError, match="needs first epoch"):
        measure(toy.net, rows, log=log, names=["gradient-noise-first-epoch"])


def test_measures_import_no_theorem() -> None:
    folder = Path(measures.__file__).parent
    assert all("nonvacuous.bounds" not in p.read_text() for p in folder.glob("*.py"))
    studies = folder.parent / "studies"
    assert all("nonvacuous.bounds" not in p.read_text() for p in studies.glob("*.py"))
