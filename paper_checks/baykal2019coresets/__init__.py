r"""Baykal et al. (2019), Data-Dependent Coresets for Compressing Neural Networks.

Fix a neuron, the edges W of one
sign, activations a >= 0, :math:`g_j(x) = w_j a_j(x) / \sum_k w_k a_k(x)`, sensitivities
:math:`s_j = \max_{x \in S} g_j(x)`, :math:`S = \sum_j s_j`, and draw m edges with
probabilities :math:`s_j / S`; edge j keeps the weight
:math:`\hat w_j = w_j\, \mathrm{count}_j\, S / (m s_j)`.

Lemma L1: if :math:`g_j(x) \le K s_j` for all j and the activations entering are within
half of the original ones, then for :math:`\epsilon \in (0, 1)`

.. math:: m = \Bigl\lceil \frac{8 S K \ln(8\eta/\delta)}{\epsilon^2} \Bigr\rceil
          \;\Rightarrow\; \Pr[\, |\hat z - z| > \epsilon z \,] \le \frac{\delta}{4\eta},

and the event on the sensitivities costs :math:`\delta/(8\eta)` more.  Theorem T4: with
:math:`\epsilon_l = \epsilon / (2(L-1) \prod_{k \ge l} \hat\Delta^k)`, outputs are
within :math:`1 \pm \epsilon` with probability :math:`1 - \delta`, and

.. math:: \mathrm{nnz} \le \sum_l \sum_i \Bigl( \Bigl\lceil \frac{32 (L-1)^2
          (\hat\Delta^{l\to})^2 S_i^l K \ln(8\eta/\delta)}{\epsilon^2} \Bigr\rceil + 1
          \Bigr).

The statements are recalled, not read: the derivations below are ours and close.
:math:`\eta` counts the neurons of layers 2 to L; :math:`\eta^*` is the widest layer,
which in the paper leaves the input out (`check_hidden_width_closes_the_union_bound`).
"""

PARTS = (
    "_lemma",
    "_network",
    "_trials",
    "_sharp",
    "_generalization",
    "_flags",
    "_practice",
)
