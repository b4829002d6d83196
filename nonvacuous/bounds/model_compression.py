r"""Bounds for a net that can be shrunk (Arora, Ge, Neyshabur, Zhang 2018).

What is certified is the projected net, from the bits that describe it: the helper
matrices are fixed by seeds before the sample, and the seeds, the number of
coefficients, their precision and their scale are all part of the code.
"""

from nonvacuous.bounds._assumptions import CODE_FIXED, IID, PREFIX_CODE, ZERO_ONE
from nonvacuous.bounds._bound import About, Bound, Fidelity, Reference
from nonvacuous.bounds.occam import occam_binomial
from nonvacuous.evidence import CodedFit

__all__ = ["compress_then_evaluate"]

compress_then_evaluate: Bound[CodedFit] = Bound(
    name="compress-then-evaluate",
    statement=r"\Pr_{S \sim D^n}\bigl[\, \forall A \in \mathcal A:\; L_0(g_{A,s}) \le"
    r" \overline{\mathrm{Bin}}(n, n \hat L_0(g_{A,s}), \delta\, 2^{-|A|}) \,\bigr]"
    r" \ge 1 - \delta",
    source=Reference(
        key="arora2018stronger",
        where="Theorem 2.1, on the errors of the compressed net",
        fidelity=Fidelity.DERIVED,
    ),
    assumptions=(IID, CODE_FIXED, PREFIX_CODE, ZERO_ONE),
    about=About.COMPRESSED,
    formula=occam_binomial.formula,
    example=CodedFit(errors=6_000, trials=60_000, bits=6_572),
    rises=occam_binomial.rises,
    falls=occam_binomial.falls,
    terms=occam_binomial.terms,
    uniform=True,
)
