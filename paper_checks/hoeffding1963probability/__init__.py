r"""Hoeffding (1963), Probability Inequalities for Sums of Bounded Random Variables.

Theorem 1, for independent :math:`X_i \in [0, 1]` with mean :math:`\mu` of their
expectations, and :math:`0 < t < 1 - \mu`:

.. math:: \Pr[\bar X - \mu \ge t] \le e^{-n\, \mathrm{kl}(\mu + t \| \mu)}
          \le e^{-2 n t^2}.

Applied to :math:`1 - X_i` and inverted, for losses in [0, 1] of a predictor fixed
before its n rows, and with :math:`2^{-|h|}` of delta for each net of a prefix code:

.. math:: R(h) \le \mathrm{kl}^{-1}\bigl(\hat R_S(h), \tfrac{\ln(1/\delta)}{n}\bigr)
          \le \hat R_S(h) + \sqrt{\tfrac{\ln(1/\delta)}{2n}}.

Recalled; the paper writes :math:`\bar X, \mu, t` for :math:`\hat R_S(h)`, R(h) and
their difference, and its first inequality without the letter kl.
"""

PARTS = ("_formulas", "_trials")
