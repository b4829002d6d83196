r"""Campi and Garatti (2023), Compression, Generalization and Learning.

For a preferent compression of n rows to k, the probability that one more row changes
it exceeds :math:`u(k)` with probability at most :math:`\delta`, where (recalled)

.. math:: \frac\delta n \sum_{j=k}^{n-1} \frac{\binom jk}{\binom nk}
          (1 - u)^{-(n-j)} = 1.

Proof (derived).  Let :math:`G_{j,k}` be the law of the change probability v of the
first k rows where j rows are compressed to them.  One subset is the compression, so
:math:`\sum_k \binom jk \int dG_{j,k} = 1`.  A compression of n rows is by preference
that of the j first, and of itself with any one of the other n - j, so
:math:`dG_{n,k} \le (1 - v)^{n-j}\, dG_{j,k}`.  Where v > u(k) the left side above is
at least 1, so that :math:`\sum_k \binom nk \int_{v > u(k)} dG_{n,k}` is at most
:math:`\delta/n` times n such sums.

Two short cuts fail.  :math:`(1 - v)^{j-k} dG_{k,k}` in place of :math:`dG_{j,k}` sums
to 1 only if rows that change nothing one by one change nothing together, as in
Pick-to-Learn.  And where rows can be equal, several subsets may be the compression:
give each row a uniform number, and let the least keep for its copies.  Then one subset
is the compression, and v, towards which a lesser copy now counts, has only grown.

Pick-to-Learn is preferent: of rows among which are all that it picks, it picks the one
that it gets most wrong first, the same one from fewer, and so on; ties by an order that
was fixed.

Letters: their N is n, their :math:`\epsilon(k)` is :math:`u(k)`.
"""

PARTS = ("_proof", "_root")
