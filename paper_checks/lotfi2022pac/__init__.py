r"""Lotfi et al. (2022), PAC-Bayes Compression Bounds So Tight ...

A net named by l bits has the universal prior's weight :math:`2^{-l} / l^2` (read in the
authors' code: :math:`l \ln 2 + 2 \ln l` nats), put into Catoni's bound on a grid.
These weights sum to :math:`\pi^2/6` over all words of at least one bit, so that a net
costs

.. math:: l \ln 2 + 2 \ln l + \ln\frac{\pi^2}{6}

nats (derived), and by a binomial tail (derived)

.. math:: \Pr_S\bigl[\forall h:\; R(h) \le \overline{\mathrm{Bin}}\bigl(n,
          n \hat R_S(h), \tfrac{6 \delta}{\pi^2 l^2} 2^{-l}\bigr)\bigr]
          \ge 1 - \delta.

The code need not be prefix-free: no word names two nets.  Their messages are those of
`quantize_fns.get_message_len`.  Letters: their K(h) and message length are l.
"""

PARTS = ("_universal", "_programs")
