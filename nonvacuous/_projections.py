"""How many random matrices name a matrix well enough: counts of Matrix-Project."""

import math

__all__ = ["gaussian_count", "sign_count"]


def gaussian_count(epsilon: float, eta: float) -> int:
    r"""Coefficients that are enough when the matrices are standard Gaussian.

    .. math:: k = \left\lceil (1 + \sqrt{1 + 2 \epsilon})^2\,
       \frac{\ln(2 / \eta)}{\epsilon^2} \right\rceil

    gives :math:`\Pr\bigl[ | u^\top (\hat A - A) v | \ge \epsilon \lVert A \rVert_F
    \lVert u \rVert \lVert v \rVert \bigr] \le \eta` for fixed u and v, coefficients not
    rounded.  (The :math:`\ln(1/\eta)/\epsilon^2` of Arora et al. 2018 is too few.)

    Args:
        epsilon: error over norms, above 0.
        eta: failure probability, in (0, 1).

    Returns:
        k.

    Raises:
        ValueError: if a setting is out of range.

    Source: derived, by the tails of Laurent and Massart 2000 (recalled).

    >>> gaussian_count(0.5, 0.05)
    87
    """
    _check(epsilon, eta)
    root = 1 + math.sqrt(1 + 2 * epsilon)
    return _whole(root**2 * (math.log(2) - math.log(eta)) / epsilon**2)


def sign_count(epsilon: float, eta: float) -> int:
    r"""Coefficients that are enough when the matrices are of signs, as here.

    .. math:: k = \left\lceil \frac{2 \ln(2 / \eta)}{\epsilon - \ln(1 + \epsilon)}
       \right\rceil

    gives what :func:`gaussian_count` says, and holds for Gaussian matrices too.  Proof:
    let a and b be the unit vectors along A and :math:`u v^\top`, :math:`r = \langle a,
    b \rangle`, :math:`\theta = (1 + r)/2`, and M one sign matrix.  With
    :math:`2 P = \langle a + b, M \rangle` and :math:`2 Q = \langle a - b, M \rangle`

    .. math:: X = \langle a, M \rangle \langle b, M \rangle - r
       = (P^2 - \theta) - (Q^2 - (1 - \theta)),

    where :math:`\theta = E P^2` and :math:`1 - \theta = E Q^2`.  Hoelder's inequality
    with exponents :math:`1/\theta` and :math:`1/(1-\theta)` bounds :math:`\ln E
    e^{\lambda X}`, :math:`0 < \lambda < 1/2`, by the mean with weights
    :math:`\theta, 1 - \theta` of two terms.  One is :math:`\ln E \exp(\lambda(P^2/
    \theta - 1)) \le \psi(\lambda) = -\frac12 \ln(1 - 2 \lambda) - \lambda`: write the
    exponential of a square as a Gaussian mean and use :math:`\cosh t \le e^{t^2/2}`.
    The other, :math:`\ln E \exp(\lambda (1 - Q^2/(1 - \theta)))`, is of a variable of
    mean 0, at most 1 and of variance at most 2 (the fourth moment of a sum of signs is
    at most three times its squared variance), so by Bennett's lemma it is at most
    :math:`2 (e^\lambda - 1 - \lambda) \le \psi(\lambda)`, term by term.  Hence
    :math:`\ln E e^{\lambda X} \le \psi(\lambda)`, and Chernoff's bound at
    :math:`\lambda = \epsilon / (2 + 2 \epsilon)` is :math:`\exp(-k (\epsilon - \ln(1 +
    \epsilon)) / 2)`.  The other side is the same for :math:`-b`.

    Args:
        epsilon: error over norms, above 0.
        eta: failure probability, in (0, 1).

    Returns:
        k, never more than that of :func:`gaussian_count`.

    Raises:
        ValueError: if a setting is out of range.

    Source: derived.

    >>> sign_count(0.5, 0.05)
    79
    """
    _check(epsilon, eta)
    # for a tiny epsilon the difference has no digits: its series is e^2/2 - e^3/3 + ...
    series = epsilon**2 * (0.5 - epsilon / 3)
    rate = series if epsilon < 1e-4 else epsilon - math.log1p(epsilon)
    return _whole(2 * (math.log(2) - math.log(eta)) / rate)


def _whole(count: float) -> int:
    """Rounded up, and no rounding error below."""
    return math.ceil(count * (1 + 1e-9))


def _check(epsilon: float, eta: float) -> None:
    """Refuse an error or a failure probability that means nothing.

    Raises:
        ValueError: if one is out of range.
    """
    if not 1e-100 < epsilon < 1e100:  # its square is a float
        raise ValueError(f"epsilon must lie in (1e-100, 1e100), got {epsilon}")
    if not 0 < eta < 1:
        raise ValueError(f"eta must lie in (0, 1), got {eta}")
