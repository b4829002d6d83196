r"""Mohri, Rostamizadeh and Talwalkar (2018), Foundations of Machine Learning.

With :math:`\hat{\mathfrak R}_S(F) = E_\sigma \sup_{f \in F} \frac1n \sum_i \sigma_i
f(x_i)`, for a class of losses in [0, 1] fixed before the sample (Theorem 3.3, recalled)

.. math:: \Pr_S\Bigl[\, \forall h:\; R(h) \le \hat R_S(h) + 2 \hat{\mathfrak R}_S(\ell
          \circ H) + 3 \sqrt{\tfrac{\ln(2/\delta)}{2n}} \,\Bigr] \ge 1 - \delta,

and for classifiers of values -1 and 1 with the 0-1 loss (Theorem 3.5, recalled)
:math:`\hat{\mathfrak R}_S(H)` in place of twice the losses' complexity.  Massart:
:math:`\hat{\mathfrak R}_S(F) \le \max_v \|v\| \sqrt{2 \ln |F|} / n`.  What random signs
may have made too small, :math:`\delta_{MC}`, is taken from :math:`\delta` first.

The book writes m for n and S for the sample as we do.
"""

PARTS = ("_classes", "_bounds")
