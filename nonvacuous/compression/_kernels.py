"""Kernels of sensitivities: sums of both signs, then the largest ratio of an edge.

Points come in whole groups of eight, so that what belongs to an edge is loaded once for
several of them; columns come in panels, so that a panel of many points stays in cache.
A sum is added in the same order wherever its row and its point stand, so chunks of rows
or points, and threads, do not change a bit.
"""

from numba import njit

__all__ = ["GROUP", "largest_ratios", "row_sums", "sign_sums"]

GROUP = 8  # points; of the sums, two halves
_PANEL = 4096  # bytes of a row


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def sign_sums(activations, weight, sums):
    """sums[0, i, x] += sum of w[i, j] a[x, j] over w > 0; sums[1], of -w a over w < 0.

    Args:
        activations: (samples, inputs or more), contiguous, at least 0; samples
            divisible by 8.
        weight: (outputs, inputs), contiguous.
        sums: (2, outputs, samples).
    """
    samples, inputs = len(activations), weight.shape[1]
    panel, zero = _PANEL // weight.itemsize, sums.dtype.type(0)
    for start in range(0, inputs, panel):
        stop = min(inputs, start + panel)
        for x in range(0, samples, 4):
            a0 = activations[x, start:stop]
            a1 = activations[x + 1, start:stop]
            a2 = activations[x + 2, start:stop]
            a3 = activations[x + 3, start:stop]
            for i in range(len(weight)):
                w = weight[i, start:stop]
                p0 = p1 = p2 = p3 = m0 = m1 = m2 = m3 = zero
                for j in range(len(w)):
                    plus = w[j] if w[j] > zero else zero
                    minus = -w[j] if w[j] < zero else zero
                    p0 += a0[j] * plus
                    m0 += a0[j] * minus
                    p1 += a1[j] * plus
                    m1 += a1[j] * minus
                    p2 += a2[j] * plus
                    m2 += a2[j] * minus
                    p3 += a3[j] * plus
                    m3 += a3[j] * minus
                for k, p, m in ((0, p0, m0), (1, p1, m1), (2, p2, m2), (3, p3, m3)):
                    sums[0, i, x + k] += p
                    sums[1, i, x + k] += m


@njit(cache=True, nogil=True, fastmath={"nnan", "nsz"})
def largest_ratios(activations, weight, inverses, out):
    """out[i, j] = max over x of itself and a[x, j] inverses[sign of w, i, x].

    Args:
        activations: (samples, inputs or more), contiguous, at least 0; samples
            divisible by 8.
        weight: (outputs, inputs), contiguous.
        inverses: (2, outputs, samples), of the sums, or 0.
        out: (outputs, inputs).
    """
    samples, inputs = len(activations), weight.shape[1]
    panel, zero = _PANEL // weight.itemsize, out.dtype.type(0)
    for start in range(0, inputs, panel):
        stop = min(inputs, start + panel)
        for x in range(0, samples, 8):
            a0 = activations[x, start:stop]
            a1 = activations[x + 1, start:stop]
            a2 = activations[x + 2, start:stop]
            a3 = activations[x + 3, start:stop]
            a4 = activations[x + 4, start:stop]
            a5 = activations[x + 5, start:stop]
            a6 = activations[x + 6, start:stop]
            a7 = activations[x + 7, start:stop]
            for i in range(len(weight)):
                w, row = weight[i, start:stop], out[i, start:stop]
                p0, p1, p2, p3, p4, p5, p6, p7 = _eight(inverses[0, i], x)
                m0, m1, m2, m3, m4, m5, m6, m7 = _eight(inverses[1, i], x)
                for j in range(len(w)):
                    positive = w[j] > zero
                    best = a0[j] * (p0 if positive else m0)
                    best = _larger(best, a1[j] * (p1 if positive else m1))
                    best = _larger(best, a2[j] * (p2 if positive else m2))
                    best = _larger(best, a3[j] * (p3 if positive else m3))
                    best = _larger(best, a4[j] * (p4 if positive else m4))
                    best = _larger(best, a5[j] * (p5 if positive else m5))
                    best = _larger(best, a6[j] * (p6 if positive else m6))
                    best = _larger(best, a7[j] * (p7 if positive else m7))
                    row[j] = _larger(row[j], best)


@njit(cache=True, fastmath={"nnan", "nsz"})
def _larger(one, other):
    return other if other > one else one


@njit(cache=True)
def _eight(v, x):
    return v[x], v[x + 1], v[x + 2], v[x + 3], v[x + 4], v[x + 5], v[x + 6], v[x + 7]


@njit(cache=True, nogil=True, fastmath={"reassoc", "nsz"})
def row_sums(weight, values, sums):
    """sums[i] = (sum of v[i, j] over w > 0, sum over w < 0), in double precision."""
    for i in range(len(weight)):
        w, v = weight[i], values[i]
        plus = minus = 0.0
        for j in range(len(w)):
            plus += v[j] if w[j] > 0 else 0.0
            minus += v[j] if w[j] < 0 else 0.0
        sums[i, 0], sums[i, 1] = plus, minus
