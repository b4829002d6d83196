"""Studies: rank coefficients, information, sign errors, and random samples."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau

from nonvacuous import studies
from nonvacuous.data import Role, make_sample
from nonvacuous.studies import Randomisation, randomise


def fresh():
    return np.random.default_rng(20200101)


def sign(value):
    return int(value > 0) - int(value < 0)


def grid(*sizes):
    return np.array(list(itertools.product(*map(range, sizes))))


# Kendall


def test_kendall_of_one_swap_is_two_thirds() -> None:
    assert studies.kendall([1, 2, 3, 4], [1, 3, 2, 4]) == pytest.approx(0.6666666667)


def test_kendall_of_itself_is_one_and_of_its_reverse_minus_one() -> None:
    order = fresh().permutation(50)
    assert studies.kendall(order, order) == 1
    assert studies.kendall(order, -order) == -1


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=2, max_size=9)
)
def test_kendall_is_the_mean_over_pairs_with_ties_in_the_denominator(pairs) -> None:
    mu, g = map(list, zip(*pairs, strict=True))
    naive = [
        sign(mu[a] - mu[b]) * sign(g[a] - g[b])
        for a, b in itertools.combinations(range(len(mu)), 2)
    ]
    assert studies.kendall(mu, g) == pytest.approx(sum(naive) / len(naive))


def test_kendall_without_ties_is_that_of_scipy() -> None:
    mu, g = fresh().normal(size=(2, 300))
    assert studies.kendall(mu, g) == pytest.approx(kendalltau(mu, g).statistic)


def test_ties_bring_tau_a_below_tau_b() -> None:
    mu, g = [1, 1, 2, 3], [1, 2, 3, 4]
    assert studies.kendall(mu, g) == pytest.approx(5 / 6)
    assert kendalltau(mu, g).statistic == pytest.approx(5 / math.sqrt(30))


def test_infinite_measures_tie_with_each_other() -> None:
    assert studies.kendall([np.inf, np.inf, 0], [1, 2, 3]) == pytest.approx(-2 / 3)


# granulated


def test_granulated_has_the_value_of_the_two_by_two_grid() -> None:
    mu, g = [1, 4, 2, 3], [1, 2, 3, 4]
    found = studies.granulated(mu, g, grid(2, 2))
    assert found.by_hyperparameter.tolist() == [0, 1]
    assert found.mean == 0.5
    assert studies.kendall(mu, g) == pytest.approx(0.3333333333)


def naive_granulated(mu, g, table):
    found = []
    for i in range(table.shape[1]):
        taus, others = [], np.delete(table, i, axis=1)
        for setting in {tuple(row) for row in others.tolist()}:
            rows = [r for r in range(len(mu)) if tuple(others[r]) == setting]
            signs = [
                sign(mu[a] - mu[b]) * sign(g[a] - g[b])
                for a, b in itertools.combinations(rows, 2)
            ]
            if signs:
                taus.append(sum(signs) / len(signs))
        found.append(sum(taus) / len(taus) if taus else math.nan)
    return found


@pytest.mark.parametrize("seed", range(5))
def test_granulated_is_the_slow_loop_with_models_missing(seed: int) -> None:
    draw = np.random.default_rng(seed)
    table = grid(3, 4, 2)
    table = table[draw.random(len(table)) < 0.8]
    mu, g = draw.integers(0, 4, size=(2, len(table)))
    found = studies.granulated(mu, g, table)
    expected = naive_granulated(mu, g, table)
    np.testing.assert_allclose(found.by_hyperparameter, expected)
    assert found.mean == pytest.approx(np.nanmean(expected))


def test_a_hyperparameter_that_never_varies_is_left_out() -> None:
    table = np.array([[0, 7], [1, 7], [2, 7]])
    found = studies.granulated([1, 2, 3], [3, 2, 1], table)
    assert found.by_hyperparameter[0] == -1
    assert math.isnan(found.by_hyperparameter[1])
    assert found.mean == -1


def test_granulated_refuses_repeats_and_models_without_neighbours() -> None:
    with pytest.raises(ValueError, match="3 settings of 4 models"):
        studies.granulated([1, 2, 3, 4], [1, 2, 3, 4], [[0], [1], [2], [2]])
    with pytest.raises(ValueError, match="one hyperparameter alone"):
        studies.granulated([1, 2], [1, 2], [[0, 0], [1, 1]])


# information


def information(table):
    """I, in nats, and I / H(second) of a table of counts."""
    p = np.asarray(table, float) / np.sum(table)
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    found = sum(
        p[i, j] * math.log(p[i, j] / rows[i] / columns[j])
        for i in range(len(p))
        for j in range(len(p[0]))
        if p[i, j] > 0
    )
    return found, found / -sum(q * math.log(q) for q in columns if q > 0)


def naive_scores(mu, g, table, size):
    scores = {}
    n, k = table.shape
    for r in range(size + 1):
        for subset in itertools.combinations(range(k), r):
            cells = {}
            for a, b in itertools.permutations(range(n), 2):
                u = (tuple(table[a, list(subset)]), tuple(table[b, list(subset)]))
                counts = cells.setdefault(u, np.zeros((3, 3)))
                counts[sign(mu[a] - mu[b]) + 1, sign(g[a] - g[b]) + 1] += 1
            total = sum(c.sum() for c in cells.values())
            told = left = 0.0
            for counts in cells.values():
                p = counts / counts.sum()
                columns = p.sum(axis=0)
                entropy = -sum(q * math.log(q) for q in columns if q > 0)
                left += counts.sum() / total * entropy
                if entropy > 0:
                    told += counts.sum() / total * information(counts)[0]
            scores[subset] = told / left if left > 0 else math.nan
    return scores


def test_the_oracle_of_counts_is_what_the_naive_formula_gives() -> None:
    told, share = information([[4, 1], [1, 4]])
    assert told == pytest.approx(0.192744757)
    assert share == pytest.approx(0.2780719051)


def test_five_models_with_one_pair_in_five_reversed_have_the_oracles_score() -> None:
    # (1,2,3,4,5) and two neighbours swapped twice: 2 of 10 pairs disagree
    found = studies.information_scores(
        [1, 2, 3, 4, 5], [2, 1, 4, 3, 5], np.zeros((5, 1))
    )
    assert found[()] == pytest.approx(0.2780719051)


@pytest.mark.parametrize("seed", range(4))
def test_information_is_the_slow_loop(seed: int) -> None:
    draw = np.random.default_rng(seed)
    table = draw.integers(0, 3, size=(14, 3))
    mu, g = draw.integers(0, 5, size=(2, 14))
    found = studies.information_scores(mu, g, table)
    expected = naive_scores(mu, g, table, 2)
    assert found.keys() == expected.keys()
    for subset, score in expected.items():
        assert found[subset] == pytest.approx(score, nan_ok=True, abs=1e-12)
    least = studies.conditional_information(mu, g, table)
    assert least == pytest.approx(np.nanmin(list(expected.values())), abs=1e-12)


def test_the_gap_itself_tells_everything_and_so_does_its_negative() -> None:
    g = fresh().normal(size=24)
    table = grid(2, 3, 4)
    assert studies.conditional_information(g, g, table) == pytest.approx(1)
    assert studies.conditional_information(-g, g, table) == pytest.approx(1)


def test_a_constant_measure_tells_nothing() -> None:
    g = fresh().normal(size=24)
    assert studies.conditional_information(np.ones(24), g, grid(2, 3, 4)) == 0


def test_a_measure_of_one_hyperparameter_tells_nothing_given_it() -> None:
    table = grid(4, 6)
    g = table[:, 0] + 0.1 * fresh().normal(size=24)
    scores = studies.information_scores(table[:, 0], g, table, size=1)
    assert scores[()] > 0.5
    assert scores[(0,)] == pytest.approx(0, abs=1e-12)


def test_information_does_not_depend_on_the_order_of_models() -> None:
    table = grid(3, 2, 2)
    mu, g = fresh().normal(size=(2, 12))
    order = fresh().permutation(12)
    found = studies.conditional_information(mu[order], g[order], table[order])
    assert found == pytest.approx(studies.conditional_information(mu, g, table))


def test_information_refuses_gaps_that_settings_decide() -> None:
    with pytest.raises(ValueError, match="leaves its signs open"):
        studies.conditional_information([1, 2], [1, 1], [[0], [1]])


def naive_pgdl(mu, g, table):
    """The scoring program in a few lines: 2x2 tables, even cells, self-pairs."""
    best = math.inf
    for s in itertools.combinations(range(table.shape[1]), 2):
        cells = {}
        for a in range(len(mu)):
            for b in range(len(mu)):
                u = (tuple(table[a, list(s)]), tuple(table[b, list(s)]))
                counts = cells.setdefault(u, np.zeros((2, 2)))
                counts[int(g[a] > g[b]), int(mu[a] > mu[b])] += 1
        told = left = 0.0
        for counts in cells.values():
            p = counts / counts.sum()
            left += sum(-q * math.log2(q) for q in p.sum(axis=1) if q > 0)
            for i, j in itertools.product(range(2), range(2)):
                if p[i, j] > 0:
                    product = p[i].sum() * p[:, j].sum()
                    told += p[i, j] * math.log2(p[i, j] / product)
        best = min(best, told / left)
    return 100 * best


@pytest.mark.parametrize("seed", range(3))
def test_the_pgdl_score_is_what_the_scoring_program_counts(seed: int) -> None:
    draw = np.random.default_rng(seed)
    table = np.repeat(grid(2, 2, 3), 2, axis=0)[draw.random(24) < 0.9]
    g = draw.normal(size=len(table))
    mu = g + draw.normal(size=len(table))
    found = studies.pgdl_score(mu, g, table)
    assert found == pytest.approx(naive_pgdl(mu, g, table))


def test_the_pgdl_score_of_the_gap_is_a_hundred() -> None:
    g = fresh().normal(size=12)
    assert studies.pgdl_score(g, g, grid(2, 2, 3)) == pytest.approx(100)
    with pytest.raises(ValueError, match="at least 2"):
        studies.pgdl_score(g, g, np.arange(12)[:, None])


# robust sign errors


def test_hoeffding_weights_have_the_values_of_the_formula() -> None:
    found = studies.hoeffding_weight([0.0, 0.01, -0.03, 0.1], 10_000)
    naive = [
        max(0, 1 - 2 * math.exp(-2e4 * (d / 2) ** 2)) ** 2 for d in (0, 0.01, 0.03)
    ]
    np.testing.assert_allclose(found[:3], naive)
    assert found[0] == 0
    assert found[3] == pytest.approx(1)
    assert studies.hoeffding_weight(0.03, 10_000, 0.5) == pytest.approx(naive[2] - 0.5)


def naive_sign_errors(mu, g, table, test_rows, least):
    environments = {}
    for a, b in itertools.permutations(range(len(mu)), 2):
        if sum(table[a] != table[b]) != 1:
            continue
        sure = max(0, 1 - 2 * math.exp(-2 * test_rows * ((g[a] - g[b]) / 2) ** 2)) ** 2
        weight = max(0, sure - least)
        error = (1 - sign(mu[a] - mu[b]) * sign(g[a] - g[b])) / 2
        key = frozenset({tuple(table[a]), tuple(table[b])})
        losses = environments.setdefault(key, [])
        losses.append((weight, error))
    found = []
    for losses in environments.values():
        total = sum(w for w, _ in losses)
        if total > 0:
            found.append(sum(w * e for w, e in losses) / total)
    return found


@pytest.mark.parametrize("least", [0.0, 0.5])
def test_sign_errors_are_those_of_the_slow_loop(least: float) -> None:
    table = np.repeat(grid(3, 2, 2), 4, axis=0)
    g = 0.03 * fresh().random(len(table))
    mu = np.round(g + 0.02 * fresh().normal(size=len(table)), 2)
    found = studies.sign_errors(mu, g, table, least=least)
    naive = naive_sign_errors(mu, g, table, 10_000, least)
    np.testing.assert_allclose(np.sort(found.errors), np.sort(naive))
    assert found.worst == pytest.approx(max(naive))
    assert found.mean == pytest.approx(np.mean(naive))
    assert set(found.hyperparameter) == {0, 1, 2}


def test_a_measure_may_be_right_on_average_and_wrong_in_one_environment() -> None:
    table = np.array([[0], [1], [2]])
    found = studies.sign_errors([1, 3, 2], [0.1, 0.2, 0.3], table)
    assert sorted(found.errors) == pytest.approx([0, 0, 1])
    assert found.worst == 1


def test_the_effective_number_of_pairs_is_that_of_even_weights() -> None:
    table = np.repeat([[0], [1]], 3, axis=0)
    g = np.repeat([0.0, 0.9], 3)
    found = studies.sign_errors(g, g, table, size=9)
    assert found.sizes.tolist() == pytest.approx([9])
    with pytest.raises(ValueError, match="got none of 1"):
        studies.sign_errors(g, g, table, size=9.1)


def test_environments_of_gaps_within_noise_are_refused() -> None:
    with pytest.raises(ValueError, match="differ enough"):
        studies.sign_errors([1, 2], [0.1, 0.1001], [[0], [1]])
    with pytest.raises(ValueError, match="test_rows must be at least 1"):
        studies.sign_errors([1, 2], [0.1, 0.2], [[0], [1]], test_rows=0)


@pytest.mark.parametrize(
    ("mu", "g", "table", "words"),
    [
        ([1], [1], [[0]], "at least 2"),
        ([1, 2], [1, 2, 3], [[0], [1]], "one length"),
        ([1, math.nan], [1, 2], [[0], [1]], "got nan"),
        ([1, 2], [1, 2], [0, 1], "shape"),
        ([1, 2], [1, 2], np.zeros((2, 0)), "k >= 1"),
    ],
)
def test_studies_refuse_what_does_not_fit(mu, g, table, words) -> None:
    for function in (
        studies.granulated,
        studies.conditional_information,
        studies.pgdl_score,
        studies.sign_errors,
    ):
        with pytest.raises(ValueError, match=words):
            function(mu, g, table)


def test_many_models_take_no_more_than_a_table_of_pairs() -> None:
    draw = np.random.default_rng(0)
    table = draw.integers(0, 4, size=(400, 4))
    mu, g = draw.normal(size=(2, 400))
    assert 0 <= studies.conditional_information(mu, g, table) < 0.05
    assert abs(studies.kendall(mu, g)) < 0.1


# randomisation


@pytest.fixture
def sample():
    x = fresh().normal(2, 3, size=(400, 4, 4)).astype(np.float32)
    y = np.arange(400) % 10
    return make_sample(x, y, role=Role.TRAIN, source="toy")


def test_true_labels_are_the_sample_itself(sample) -> None:
    assert randomise(sample, Randomisation.NONE) is sample


def test_labels_keep_their_rows_and_random_ones_are_right_one_time_in_ten(
    sample,
) -> None:
    new = randomise(sample, Randomisation.LABELS, seed=3)
    assert new.x is sample.x or (new.x == sample.x).all()
    right = int((new.y == sample.y).sum())
    assert 20 <= right <= 60  # 40 expected, six deviations of the fixed seed's law
    assert set(new.y) == set(range(10))


@pytest.mark.parametrize("fraction", [0.0, 0.3, 1.0])
def test_a_share_of_the_labels_is_corrupted(sample, fraction: float) -> None:
    new = randomise(sample, Randomisation.SOME_LABELS, fraction, seed=1)
    changed = float((new.y != sample.y).mean())
    assert abs(changed - 0.9 * fraction) < 0.08
    assert new.source == f"toy; partly corrupted labels {fraction:g}, seed 1"


def test_all_labels_corrupted_are_random_labels(sample) -> None:
    all_of_them = randomise(sample, Randomisation.SOME_LABELS, 1.0, seed=5)
    assert (all_of_them.y == randomise(sample, Randomisation.LABELS, seed=5).y).all()


def test_one_permutation_serves_train_and_test(sample) -> None:
    train = randomise(sample.take(slice(0, 300)), Randomisation.SHUFFLED_PIXELS)
    test = randomise(sample.take(slice(300, 400)), Randomisation.SHUFFLED_PIXELS)
    whole = randomise(sample, Randomisation.SHUFFLED_PIXELS)
    assert (np.concatenate([train.x, test.x]) == whole.x).all()
    assert (whole.x != sample.x).any()
    assert train.x.shape == (300, 4, 4)


def test_each_row_has_its_own_permutation_or_all_have_one(sample) -> None:
    places = np.arange(16.0).reshape(1, 4, 4) * np.ones((400, 1, 1))
    base = make_sample(places, sample.y, role=Role.TRAIN)
    one = randomise(base, Randomisation.SHUFFLED_PIXELS).x.reshape(400, 16)
    own = randomise(base, Randomisation.PIXELS).x.reshape(400, 16)
    assert (one == one[0]).all()
    assert len(np.unique(own, axis=0)) > 390
    for rows in (one, own):
        assert (np.sort(rows, axis=1) == np.arange(16)).all()


def test_gaussian_pixels_have_the_samples_mean_and_deviation(sample) -> None:
    new = randomise(sample, Randomisation.GAUSSIAN)
    assert new.x.mean() == pytest.approx(sample.x.mean(), abs=0.15)
    assert new.x.std() == pytest.approx(sample.x.std(), rel=0.03)
    assert new.x.dtype == sample.x.dtype
    assert (new.y == sample.y).all()


@pytest.mark.parametrize("kind", list(Randomisation)[1:])
def test_a_random_sample_says_what_it_is_and_repeats(sample, kind) -> None:
    fraction = 0.5 if kind is Randomisation.SOME_LABELS else None
    digest = sample.digest
    new = randomise(sample, kind, fraction, seed=2)
    assert new.source.startswith("toy; ")
    assert "seed 2" in new.source
    assert kind.value in new.source
    assert new.role is sample.role
    assert (new.index == sample.index).all()
    assert new.digest == randomise(sample, kind, fraction, seed=2).digest
    assert new.digest != randomise(sample, kind, fraction, seed=3).digest
    assert sample.digest == digest


def test_a_fraction_is_asked_for_where_it_means_something(sample) -> None:
    for fraction in (None, -0.1, 1.1):
        with pytest.raises(ValueError, match=r"fraction must lie in \[0, 1\]"):
            randomise(sample, Randomisation.SOME_LABELS, fraction)
    with pytest.raises(ValueError, match="left out"):
        randomise(sample, Randomisation.LABELS, 0.5)


@settings(derandomize=True, max_examples=20, deadline=None)
@given(st.lists(st.integers(-4, 4), min_size=12, max_size=12), st.integers(0, 99))
def test_only_the_order_of_a_measure_matters(mu, seed) -> None:
    g, table = np.random.default_rng(seed).normal(size=12), grid(2, 3, 2)
    bent = np.exp(np.array(mu) / 2.0) - 7
    assert studies.kendall(bent, g) == studies.kendall(mu, g)
    before, after = (studies.granulated(m, g, table).mean for m in (mu, bent))
    assert after == before
    for function in (studies.conditional_information, studies.pgdl_score):
        assert function(bent, g, table) == function(mu, g, table)
    errors = [studies.sign_errors(m, g, table).worst for m in (mu, bent)]
    assert errors[0] == errors[1]
