r"""A last layer on a representation that was learnt from other rows.

Kawaguchi, Kaelbling and Bengio 2017 split the data: some rows fix the hidden layers,
and on the others only what is linear in them counts.  Given the hidden layers
:math:`\phi`, the nets :math:`(W^0 + V) \phi(x)` with :math:`\|V\|_F \le \tau` are
linear in V, and by vector contraction (Maurer 2016) the ramp's complexity on the other
rows is at most :math:`2 \sqrt{\eta^L}\, \tau \|\Phi\|_F / (\gamma n)`: no product over
layers (derived; the paper's constants are recalled to be larger in the number of
classes).  The last layer, the norm of V and the margin may depend on these rows, each
budget on a grid; the reference :math:`W^0`, like :math:`\phi`, may depend on the
others.
"""

import math

from nonvacuous.bounds._bound import (
    About,
    Assumption,
    Bound,
    Fidelity,
    Reference,
    Verdict,
)
from nonvacuous.bounds.norms._margins import (
    SHARED,
    deviation,
    fine,
    margin_error,
    outward,
)
from nonvacuous.evidence import RepresentationFit

__all__ = ["representation_margin"]


def _parts(fit: RepresentationFit, delta: float) -> dict[str, float]:
    budget, nats = fine(fit.distance)
    inverse, more = fine(1 / fit.margin)
    root = math.sqrt(fit.classes)
    return {
        "margin error": margin_error(fit),
        "complexity": outward(
            4 * root * budget * inverse * fit.feature_norm / fit.trials
        ),
        "deviation": deviation(fit.trials, delta, nats + more),
    }


def _apart(fit: RepresentationFit) -> tuple[Verdict, str]:
    if not fit.apart:
        return (
            Verdict.VIOLATED,
            "the hidden layers or the reference learnt from these very rows",
        )
    if fit.origin is not None and fit.origin.role == "train":
        return (
            Verdict.VIOLATED,
            f"the rows of {fit.origin.source} have the role train, so they shaped the"
            " hidden layers",
        )
    return Verdict.VOUCHED, ""


representation_margin: Bound[RepresentationFit] = Bound(
    name="representation-margin",
    statement=r"\Pr_{S \sim D^n}\Bigl[\, \forall h, \gamma:\; R(h) \le"
    r" \hat L_\gamma(h) + \tfrac{4 \sqrt{\eta^L}}{\gamma n} \tau \|\Phi\|_F + 3"
    r" \sqrt{\tfrac{\ln(2/\delta) + \ln(1/\pi(j_1)) + \ln(1/\pi(j_2))}{2n}} \,\Bigr]"
    r" \ge 1 - \delta, \quad h = W \phi, \quad \|W - W^0\|_F \le \tau,"
    r" \quad \tau, 1/\gamma \in \{2^{j/8}\}",
    source=Reference(
        key="kawaguchi2017generalization",
        where="the bound for two phases of training, constants derived",
        fidelity=Fidelity.DERIVED,
    ),
    assumptions=(
        *SHARED,
        Assumption(
            name="representation-apart",
            statement="hidden layers and reference owe nothing to these rows",
            judge=_apart,
        ),
    ),
    about=About.ORIGINAL,
    formula=lambda fit, delta: outward(math.fsum(_parts(fit, delta).values())),
    example=RepresentationFit(
        margin_errors=600,
        trials=30_000,
        margin=1.0,
        distance=0.5,
        feature_norm=900.0,
        classes=10,
        apart=True,
        reference="a digest",
    ),
    rises=("margin_errors", "feature_norm", "classes"),
    falls=("trials",),
    terms=_parts,
    uniform=True,
)
