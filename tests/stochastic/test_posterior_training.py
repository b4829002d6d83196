"""Training a posterior: what it minimises, and what it must never do."""

import math
from functools import cache

import numpy as np
import pytest
import torch
from torch.nn import functional

from nonvacuous.bounds.pac_bayes import PriorGrid, kl_inverse
from nonvacuous.data import Role, Sample, load
from nonvacuous.evidence import GibbsFit
from nonvacuous.fits import gibbs_fit
from nonvacuous.nets import Layer, Network
from nonvacuous.stochastic import GaussianNetwork, train_posterior
from nonvacuous.stochastic._training import _Model
from nonvacuous.training import Recipe, fine_tune, initial

DELTA = 0.05
QUICK = Recipe(steps=200, rate=1e-2, batch=100, seed=3)
PRIOR = initial((64, 16, 2), 0)


@cache
def digits(rows: int = 1_000, *, coins: bool = False) -> Sample:
    """Digits below 5 or not; or labels that nothing can predict."""
    train = load("digits").train
    assert train is not None
    x, y = train.x[:rows], (train.y[:rows] >= 5).astype(np.int64)
    if coins:
        y = np.random.default_rng(8).integers(0, 2, rows)
    return Sample(x=x, y=y, role=Role.BOUND, source=f"halves {coins}")


@cache
def trained(*, coins: bool = False) -> GaussianNetwork:
    return train_posterior(PRIOR, digits(coins=coins), QUICK, prior=PRIOR, sigma=0.1)


def certified(fit: GibbsFit) -> float:
    """The PAC-Bayes-kl bound, at DELTA in all."""
    n = fit.trials
    nats = fit.kl + math.log(2 * math.sqrt(n) / (DELTA - fit.mc_delta))
    return kl_inverse(fit.empirical, nats / n)


def test_digits_are_certified_below_guessing() -> None:
    fit = gibbs_fit(trained(), digits())
    assert certified(fit) < 0.5
    start = train_posterior(PRIOR, digits(), Recipe(steps=0), prior=PRIOR, sigma=0.1)
    assert certified(fit) < certified(gibbs_fit(start, digits()))


def test_random_labels_are_certified_no_better_than_guessing() -> None:
    """Dziugaite and Roy's own test: no net errs on less than half of such rows."""
    fit = gibbs_fit(trained(coins=True), digits(coins=True))
    assert certified(fit) >= 0.5


def test_a_prior_that_saw_the_rows_certifies_random_labels_falsely() -> None:
    """What the refusals prevent: the risk is 1/2, the number far below."""
    sample = digits(300, coins=True)
    recipe = Recipe(steps=1_500, rate=1e-2, batch=100)
    memory = fine_tune(initial((64, 100, 2), 0), sample.x, sample.y, recipe)
    # a lie: the rows are kept from `prior_rows`
    posterior = train_posterior(
        memory, sample, Recipe(steps=0), prior=memory, sigma=0.005
    )
    assert certified(gibbs_fit(posterior, sample)) < 0.25
    # told the truth about the prior, the same net pays for its memory
    honest = train_posterior(
        memory,
        sample,
        Recipe(steps=50, rate=1e-4),
        prior=initial((64, 100, 2), 0),
        sigma=0.05,
    )
    fit = gibbs_fit(honest, sample)
    assert fit.empirical < 0.3
    assert certified(fit) >= 0.5
    told = train_posterior(
        memory,
        sample.take(slice(0, 10)),
        Recipe(steps=0),
        prior=memory,
        prior_rows=sample.take(slice(10, 300), Role.PRIOR),
    )
    with pytest.raises(ValueError, match="holdout must share no row"):
        gibbs_fit(told, sample)
    with pytest.raises(ValueError, match="holdout must share no row"):
        train_posterior(
            memory,
            sample,
            QUICK,
            prior=memory,
            prior_rows=sample.take(slice(0, 5), Role.PRIOR),
        )
    with pytest.raises(ValueError, match="must not have shaped the prior"):
        train_posterior(
            memory, sample.take(slice(0, 300), Role.PRIOR), QUICK, prior=memory
        )


def test_a_seed_names_the_result_and_the_nets_given_stay() -> None:
    before = [a.copy() for a in PRIOR.arrays()]
    short = Recipe(steps=20, rate=1e-2, batch=100, seed=3)
    one, again = (
        train_posterior(PRIOR, digits(), short, prior=PRIOR) for _ in range(2)
    )
    other = train_posterior(
        PRIOR, digits(), Recipe(steps=20, rate=1e-2, batch=100, seed=4), prior=PRIOR
    )
    for a, b, c in zip(
        [*one.mean.arrays(), *one.sigma],
        [*again.mean.arrays(), *again.sigma],
        [*other.mean.arrays(), *other.sigma],
        strict=True,
    ):
        np.testing.assert_array_equal(a, b)
        assert (a != c).any()
    for a, b in zip(before, PRIOR.arrays(), strict=True):
        np.testing.assert_array_equal(a, b)


def naive(
    means: list[torch.Tensor],
    logs: list[torch.Tensor],
    centre: list[torch.Tensor],
    loss: torch.Tensor,
    rows: int,
) -> torch.Tensor:
    """The objective as it is written, with the prior's variance where KL is least."""
    size = sum(m.numel() for m in means)
    squares = sum(
        ((m - c) ** 2).sum() + (2 * s).exp().sum()
        for m, c, s in zip(means, centre, logs, strict=True)
    )
    assert isinstance(squares, torch.Tensor)
    variance = squares / size
    kl = torch.tensor(0.0)
    for m, c, s in zip(means, centre, logs, strict=True):
        square = (m - c) ** 2 + (2 * s).exp()
        kl = kl + (0.5 * variance.log() - s + square / (2 * variance) - 0.5).sum()
    part = (kl + math.log(2 * math.sqrt(rows) / 0.025)) / (2 * rows)
    return ((loss + part).sqrt() + part.sqrt()) ** 2


def test_its_gradients_are_those_of_the_bound_as_written() -> None:
    sample, prior = digits(50), initial((64, 5, 2), 1)
    start = train_posterior(
        initial((64, 5, 2), 2), sample, Recipe(steps=0), prior=prior, sigma=0.2
    )
    fast, slow = _Model(start, 50, seed=6), _Model(start, 50, seed=6)
    for model in (fast, slow):
        with torch.no_grad():
            for i, log in enumerate(model.logs):
                log.add_(0.1 * torch.sin(torch.arange(log.numel())).view_as(log) + i)
    rows, labels = fast.tensors.rows(sample.x), torch.from_numpy(sample.y.copy())
    fast.learn(rows, labels)
    loss = functional.cross_entropy(slow._forward(rows), labels) / math.log(2)
    value = naive(slow.means, slow.logs, slow.centre, loss, 50)
    value.backward()
    for a, b in zip([*fast.means, *fast.logs], [*slow.means, *slow.logs], strict=True):
        assert a.grad is not None
        assert b.grad is not None
        torch.testing.assert_close(a.grad, b.grad, rtol=1e-3, atol=1e-5)


def test_the_scale_that_follows_is_the_better_neighbour_on_the_grid() -> None:
    network = trained()
    numbers = zip(
        network.mean.arrays(), network.prior_mean.arrays(), network.sigma, strict=True
    )
    squares = sum(float(((m - p) ** 2 + s**2).sum()) for m, p, s in numbers)
    best = math.sqrt(squares / network.mean.parameters)
    low, high = network.grid.nearest(best)
    assert network.prior_index in (low, high)
    other = low + high - network.prior_index
    moved = GaussianNetwork(
        mean=network.mean,
        sigma=network.sigma,
        prior_mean=network.prior_mean,
        prior_index=other,
        grid=network.grid,
    )
    assert network.kl <= moved.kl


def test_around_a_learnt_centre_the_scale_stays_and_costs_less() -> None:
    sample = digits()
    before, after = (
        sample.take(slice(0, 500), Role.PRIOR),
        sample.take(slice(500, 1000)),
    )
    recipe = Recipe(steps=300, rate=1e-2, batch=100)
    prior = fine_tune(PRIOR, before.x, before.y, recipe)
    network = train_posterior(
        prior,
        after,
        Recipe(steps=30, rate=1e-4),
        prior=prior,
        prior_rows=before,
        sigma=0.02,
    )
    assert network.grid == PriorGrid(per_e=1)
    assert network.prior_index in network.grid.nearest(0.02)
    assert network.kl < 30
    fit = gibbs_fit(network, after)
    assert fit.prior is not None
    assert (fit.prior.role, fit.prior.digest) == ("prior", before.digest)
    assert certified(fit) < certified(gibbs_fit(trained(), digits()))


def test_without_a_centre_the_prior_is_centred_at_zero() -> None:
    start = Network(layers=(Layer(weight=np.eye(2, 64), bias=None),))
    network = train_posterior(start, digits(), Recipe(steps=3, rate=1e-3), prior=None)
    assert all(not a.any() for a in network.prior_mean.arrays())
    assert len(network.sigma) == 1


def test_an_interrupt_leaves_the_best_parameters_so_far() -> None:
    told: list[float] = []

    def stop(done: float) -> None:
        told.append(done)
        if done >= 0.5:
            raise KeyboardInterrupt

    recipe = Recipe(steps=400, rate=1e-2, batch=100, seed=3)
    half = train_posterior(PRIOR, digits(), recipe, prior=PRIOR, progress=stop)
    start = train_posterior(PRIOR, digits(), Recipe(steps=0), prior=PRIOR)
    assert told == [pytest.approx(f) for f in (0.125, 0.25, 0.375, 0.5)]
    assert certified(gibbs_fit(half, digits())) < certified(gibbs_fit(start, digits()))


def test_other_exceptions_stop_the_training() -> None:
    def fail(done: float) -> None:
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        train_posterior(PRIOR, digits(), QUICK, prior=PRIOR, progress=fail)


def test_nets_and_settings_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="prior_mean must have the shape"):
        train_posterior(PRIOR, digits(), QUICK, prior=initial((64, 3, 2), 0))
    net = initial((3, 2), 0)
    with pytest.raises(ValueError, match="the net takes 3 inputs"):
        train_posterior(net, digits(), QUICK, prior=net)
    with pytest.raises(ValueError, match="sigma must be above 0"):
        train_posterior(PRIOR, digits(), QUICK, prior=PRIOR, sigma=0.0)
