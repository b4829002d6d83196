r"""What the order of hidden units is worth, and Occam's bound with that gain.

A predictor f has at least the weight of all nets that compute it.  If a code's length
does not depend on the order of a layer's units (independent weights coded alike, or
counts and then one of equally likely arrangements; not index gaps, adaptive codes or
random subspaces), the copies of a net weigh the same, and

.. math:: P(f) \ge |\mathrm{orbit}|\, 2^{-|h|}, \qquad \ln|\mathrm{orbit}| \ge
          \sum_l \Bigl(\ln h_l! - \sum_c \ln m_{l,c}!\Bigr)

with :math:`m_{l,c}` the multiplicities of equal incoming vectors (row of the weights,
and bias) among the h_l units of hidden layer l.  Proof: an order that leaves the net as
it is permutes, in the first hidden layer, units of equal incoming vectors; given those,
the same in the next; so at most :math:`\prod m_{l,c}!` orders do, and the orbit is all
orders divided by them.  Weights of distinct predictors still sum to at most 1.  The
full :math:`\ln h_l!` is right only if all incoming vectors of the layer differ.
"""

import math
from collections.abc import Sequence

from nonvacuous._numerics import up
from nonvacuous.bounds._assumptions import IID, ZERO_ONE, vouched
from nonvacuous.bounds._binomial import binomial_tail_inverse
from nonvacuous.bounds._bound import (
    About,
    Assumption,
    Bound,
    Fidelity,
    Reference,
)
from nonvacuous.bounds.occam import log_budget
from nonvacuous.bounds.pac_bayes._assumptions import CODE_BEFORE_ROWS
from nonvacuous.evidence import SymmetricFit

__all__ = ["occam_binomial_symmetric", "permutation_gain"]

ORDER_FREE: Assumption[SymmetricFit] = vouched(
    name="order-free-code",
    statement="every order of the hidden units has a code of this same length, and the"
    " gain is at most the logarithm of how many different nets these orders give",
)


def permutation_gain(multiplicities: Sequence[Sequence[int]]) -> float:
    r""":math:`\sum_l (\ln h_l! - \sum_c \ln m_{l,c}!)`, rounded down.

    Args:
        multiplicities: for each hidden layer, how many units share each incoming
            vector, biases included; they sum to the layer's width.

    Returns:
        Nats that a code of order-free length saves.

    Raises:
        ValueError: if a multiplicity is below 1.

    >>> round(permutation_gain([[1] * 600]), 6)
    3242.275335
    >>> round(math.exp(permutation_gain([[3], [1, 1, 1]])), 9)
    6.0
    """
    gained, spent = 0.0, 0.0
    for layer in multiplicities:
        if any(m < 1 for m in layer):
            raise ValueError(f"multiplicities must be at least 1, got {list(layer)}")
        gained += math.lgamma(sum(layer) + 1)
        spent += math.fsum(math.lgamma(m + 1) for m in layer)
    return max(0.0, gained - spent - 2.0**-46 * (gained + spent))


def _log_budget(fit: SymmetricFit, delta: float) -> float:
    whole = log_budget(fit.bits, delta) + fit.gain
    # a gain beyond the code would be a weight above 1, which is none
    return min(-up(-whole, ulps=2) - 2.0**-52 * fit.gain, math.log(delta))


occam_binomial_symmetric: Bound[SymmetricFit] = Bound(
    name="occam-binomial-symmetric",
    statement=r"\Pr_{S \sim D^n}\bigl[\, \forall h:\; R(h) \le"
    r" \overline{\mathrm{Bin}}(n, n \hat R_S(h), \delta\, 2^{-|h|} e^{g(h)}) \,\bigr]"
    r" \ge 1 - \delta, \quad g(h) \le \ln |\mathrm{orbit}(h)|",
    source=Reference(
        key="zhou2019nonvacuous",
        where="the symmetry argument, for units with equal incoming vectors too",
        fidelity=Fidelity.DERIVED,
    ),
    assumptions=(IID, CODE_BEFORE_ROWS, ORDER_FREE, ZERO_ONE),
    about=About.COMPRESSED,
    formula=lambda fit, delta: binomial_tail_inverse(
        fit.errors, fit.trials, _log_budget(fit, delta)
    ),
    example=SymmetricFit(errors=900, trials=60_000, bits=51_036, gain=3_242.0),
    rises=("errors", "bits"),
    falls=("trials", "gain"),
    terms=lambda fit, delta: {
        "error rate": fit.errors / fit.trials,
        "code, nats per row": fit.bits * math.log(2.0) / fit.trials,
        "symmetry, nats per row": -fit.gain / fit.trials,
    },
    uniform=True,
)
