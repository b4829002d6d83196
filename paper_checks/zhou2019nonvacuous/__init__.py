r"""Zhou, Veitch, Austern, Adams and Orbanz (2019), bounds at the ImageNet scale.

Theorem 4.1 (Catoni's bound on a geometric grid; read in the authors' code), for a prior
P fixed before the sample, losses in [0, 1] and :math:`\alpha > 1`:

.. math:: \Pr_S\Bigl[\forall Q\, \forall \lambda > 1:\; R(Q) \le \Phi_{\lambda/n}^{-1}
          \Bigl(\hat R_S(Q) + \frac\alpha\lambda \bigl(\mathrm{KL}(Q \| P) +
          \ln\tfrac1\delta + 2 \ln\tfrac{\ln(\alpha^2 \lambda)}{\ln\alpha} \bigr)\Bigr)
          \Bigr] \ge 1 - \delta,
          \quad \Phi_a^{-1}(q) = \frac{1 - e^{-aq}}{1 - e^{-a}}.

Theorem 4.3 (recalled): a net of code length |h| has
:math:`\mathrm{KL}(\delta_h \| \pi) \le |h| \ln 2`, for a prefix code.  Symmetry: all
orders of hidden units compute one predictor, so it has the weight of all of them
(theirs: the full :math:`\ln h_l!`; ours: :math:`\ln h_l! - \sum_c \ln m_{l,c}!` with
the multiplicities of equal incoming vectors, derived).

Letters: the paper's m is n and its KL bound is ours.
"""

PARTS = ("_grid", "_symmetry", "_needs")
