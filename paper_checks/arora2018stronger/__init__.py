r"""Arora, Ge, Neyshabur and Zhang (2018), Stronger Generalization Bounds for Deep Nets.

Theorem 2.1 (transcribed by others).  A class of q parameters of r values, and an f that
a net of the class approximates to :math:`\gamma` on the sample:
:math:`L_0(g_A) \le \hat L_\gamma(f) + O(\sqrt{q \ln r / n})`.  With every constant,
for a class fixed before the sample (derived):

.. math:: \Pr\bigl[\forall A:\; L_0(g_A) \le \overline{\mathrm{Bin}}(n, n \hat L_0(g_A),
          \delta r^{-q}) \bigr] \ge 1 - \delta.

Matrix-Project draws k matrices of signs or Gaussians and keeps
:math:`\hat A = \frac1k \sum_l \langle A, M_l \rangle M_l`; the claim for fixed u, v is
:math:`\Pr[|u^\top (\hat A - A) v| \ge \epsilon \|A\|_F \|u\| \|v\|] \le \eta` at
:math:`k = \ln(1/\eta) / \epsilon^2`, which is false; ours is
:math:`\lceil (1 + \sqrt{1 + 2\epsilon})^2 \ln(2/\eta) / \epsilon^2 \rceil`.

Theorem 4.1.  With cushions :math:`\mu_i, \mu_{i\to}`, contraction c and smoothness
:math:`\rho \ge 3d`, accuracies :math:`\epsilon_i = \epsilon \mu_i \mu_{i\to} / (6cd)`
give :math:`\|f - g\| \le \epsilon \|f\|` on the sample with at most
:math:`72 c^2 d^2 \ln(n d h / \delta) \epsilon^{-2} \sum_i (\mu_i \mu_{i\to})^{-2}`
parameters, and a margin bound with :math:`\tilde O` of that.

Letters: the paper's m is n, its h is :math:`\eta^*`, its d is L - 1.  Nobody here could
open the paper: its statements are those of a public transcription with proofs.
"""

PARTS = (
    "_finite_class",
    "_coded",
    "_projection",
    "_network",
    "_network_needs",
    "_sayings",
)
