"""Counting the points at which an edge's relative importance passes a limit."""

from numba import njit

__all__ = ["count_beyond"]


@njit(cache=True, nogil=True)
def count_beyond(activations, weight, sums, limits, counts):
    """counts[t, i, j] += points x where |w[i, j]| a[x, j] > limits[t, i, j] sums.

    Args:
        activations: (samples, inputs), at least 0.
        weight: (outputs, inputs).
        sums: (2, outputs, samples), over positive and over negative weights.
        limits: (2, outputs, inputs), times 1 / |w|, and infinite where w is 0.
        counts: (2, outputs, inputs).
    """
    for i in range(len(weight)):
        for x in range(len(activations)):
            plus, minus = sums[0, i, x], sums[1, i, x]
            for j in range(weight.shape[1]):
                w, a = weight[i, j], activations[x, j]
                total = plus if w > 0 else minus
                for t in range(2):
                    if w != 0 and a > limits[t, i, j] * total:
                        counts[t, i, j] += 1
