"""The sensitivity kernel: one multiplication and one maximum an edge and point."""

from numba import njit

__all__ = ["largest_ratios"]


@njit(cache=True, fastmath={"nnan", "nsz", "ninf"})
def largest_ratios(activations, positive, inverse_plus, inverse_minus, out):
    """out[i, j] = max over x of a[x, j] / (sum of the sign part that j is in)."""
    samples, inputs = activations.shape
    outputs = positive.shape[0]
    for start in range(0, samples, 32):
        stop = min(samples, start + 32)
        for i in range(outputs):
            row, sign = out[i], positive[i]
            for x in range(start, stop):
                plus, minus = inverse_plus[x, i], inverse_minus[x, i]
                a = activations[x]
                for j in range(inputs):
                    ratio = a[j] * (plus if sign[j] else minus)
                    row[j] = ratio if ratio > row[j] else row[j]
