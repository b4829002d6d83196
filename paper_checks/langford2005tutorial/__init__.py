r"""Langford (2005), Tutorial on Practical Prediction Theory for Classification.

Test-set bound, for a predictor fixed before the sample:

.. math:: \Pr_{S \sim D^n}\bigl[\, R(h) \le
          \overline{\mathrm{Bin}}(n, n \hat R_S(h), \delta) \,\bigr] \ge 1 - \delta,
          \qquad \overline{\mathrm{Bin}}(n, k, \delta)
          = \max\{\, p : \Pr[\mathrm{Bin}(n, p) \le k] \ge \delta \,\}.

Occam's razor bound, for weights fixed before the sample, :math:`\sum_h P(h) \le 1`:

.. math:: \Pr_{S \sim D^n}\bigl[\, \forall h:\; R(h) \le
          \overline{\mathrm{Bin}}(n, n \hat R_S(h), \delta P(h)) \,\bigr]
          \ge 1 - \delta.

Sample compression, for a reconstruction fixed before the sample that turns k rows and a
message of :math:`|b|` bits into a predictor, with :math:`\pi(k) = 6/\pi^2(k+1)^2`:

.. math:: \Pr_{S \sim D^n}\Bigl[\, \forall S_k, b:\; R(h_{S_k, b}) \le
          \overline{\mathrm{Bin}}\Bigl(n - k, (n-k) \hat R_{S \setminus S_k},
          \tfrac{\delta\, \pi(k)\, 2^{-|b|}}{\binom nk}\Bigr) \,\Bigr] \ge 1 - \delta.

Chain: :math:`\overline{\mathrm{Bin}}(n, k, \delta)
\le \mathrm{kl}^{-1}(k/n, \tfrac1n \ln\tfrac1\delta)
\le k/n + \sqrt{\ln(1/\delta)/2n}`.

The paper writes m for n, c for h, :math:`c_D` for :math:`R(h)`, :math:`\hat c_S` for
the *count* :math:`n \hat R_S(h)`; ours are P(h) = 2^-|h| of a prefix code, P(h) = 1/M
of M candidates, and P(h) = 2^-bN of a net of N parameters of b bits.  The statements
are recalled, with 1/n for :math:`\pi(k)` and no message; the rest is derived here.
"""

PARTS = (
    "_inverses",
    "_holdout",
    "_occam",
    "_code_assumptions",
    "_sample_compression",
    "_agreement",
    "_findings",
)
