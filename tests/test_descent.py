"""The training loop: its batches, its phases, and what it tells of its progress."""

import numpy as np
import torch

from nonvacuous._descent import Descent, Recipe, one_thread, stretch


def batches(rows, recipe, phases):
    """The row numbers of every batch, by a model that learns nothing."""
    seen = []
    weight = torch.zeros(1, requires_grad=True)

    def learn(x, y):
        seen.append(x[:, 0].long().tolist())
        assert (y == x[:, 0].long()).all()
        weight.grad = torch.ones(1)

    numbers = np.arange(rows)
    descent = Descent(torch.arange(rows).float()[:, None], numbers, recipe)
    for steps in phases:
        descent.run([([weight], 1.0)], learn, steps)
    return seen


def test_every_row_comes_once_before_any_comes_twice_across_phases():
    seen = batches(7, Recipe(steps=6, batch=3, seed=1), (2, 4))
    assert [len(batch) for batch in seen] == [3, 3, 1, 3, 3, 1]
    for epoch in (seen[:3], seen[3:]):
        assert sorted(row for batch in epoch for row in batch) == list(range(7))
    assert seen == batches(7, Recipe(steps=6, batch=3, seed=1), (6,))
    assert seen != batches(7, Recipe(steps=6, batch=3, seed=2), (6,))


def test_rates_follow_a_cosine_and_the_factor_of_their_group():
    # Adam's first step is the rate, whatever the gradient
    moved = []
    for factor, steps in ((1.0, 1), (0.25, 1)):
        weight = torch.zeros(1, requires_grad=True)

        def learn(x, y, weight=weight):
            weight.grad = torch.full((1,), 3.0)

        recipe = Recipe(steps=steps, rate=0.5)
        descent = Descent(torch.zeros(2, 1), np.zeros(2, np.int64), recipe)
        descent.run([([weight], factor)], learn, steps)
        moved.append(weight.item())
    assert np.allclose(moved, [-0.5, -0.125], rtol=1e-6)


def test_hooks_are_called_around_every_step():
    calls = []
    weight = torch.zeros(1, requires_grad=True)

    def learn(x, y):
        calls.append("learn")
        weight.grad = torch.ones(1)

    Descent(torch.zeros(2, 1), np.zeros(2, np.int64), Recipe(steps=2)).run(
        [([weight], 1.0)],
        learn,
        2,
        before=lambda step: calls.append(("before", step)),
        after=lambda step: calls.append(("after", step)),
    )
    assert calls == [
        *(("before", 0), "learn", ("after", 0)),
        *(("before", 1), "learn", ("after", 1)),
    ]


def test_a_stretch_is_told_as_a_part_of_the_whole():
    seen = []
    told = stretch(seen.append, 0.5, 0.75)
    told(0.0)
    told(0.5)
    told(1.0)
    assert seen == [0.5, 0.625, 0.75]
    assert stretch(None, 0.0, 1.0) is None


def test_the_thread_count_comes_back_when_something_fails():
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with one_thread():
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)
