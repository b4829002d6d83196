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

By the same proof (derived; :mod:`nonvacuous._sharp_sizes`) the draws of layer l may be

.. math:: m = \Bigl\lceil \frac{1 + r_{l-1}}{1 - r_{l-1}} \cdot \frac{S K
          (2 + 2\epsilon_l/3) \ln(8\eta/\delta)}{\epsilon_l^2} \Bigr\rceil, \quad
          \epsilon_l = \frac{(1+\epsilon)^{1/(L-1)} - 1}{\hat\Delta^{l\to}}, \quad
          r_{l-1} = \frac{(1+\epsilon)^{(l-2)/(L-1)} - 1}{\hat\Delta^{l\to}}.

Corollary, with every constant: for :math:`\gamma = \sqrt2\,\epsilon \max_x
\|f_\theta(x)\|` and :math:`\delta' = \delta_T \pi(j)/n` at :math:`\epsilon = 2^{-j}`,
with q the non-zeros that T4 allows, biases among them, at most N,

.. math:: L_0(f_{\hat\theta}) \le \hat L_\gamma(f_\theta) + \sqrt{\frac{q \ln(N r)
          + \ln((N+1)/(\delta - \delta_T))}{2n}}.

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
    "_mended",
    "_mended_code",
    "_mended_trials",
)
