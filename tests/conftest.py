"""What several test files share: the command line in process, and one long run."""

import contextlib
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np
import pytest

Command = Callable[..., SimpleNamespace]


def _command(*args: object) -> SimpleNamespace:
    from nonvacuous.cli import main

    out, err = io.StringIO(), io.StringIO()
    argv = ["nonvacuous", *map(str, args)]
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        mock.patch.object(sys, "argv", argv),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    return SimpleNamespace(
        code=ended.value.code or 0, out=out.getvalue(), err=err.getvalue()
    )


@pytest.fixture(scope="session")
def command() -> Command:
    """The command line without a new process: arguments in; code, out and err out."""
    return _command


@pytest.fixture(scope="session")
def digits_run(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """``nonvacuous certify --json FILE``, once, and the report that it printed."""
    import nonvacuous._certify as job

    path: Path = tmp_path_factory.mktemp("digits") / "report.json"
    reports, real = [], job.certify

    def watched(*args: Any, **kwargs: Any) -> Any:
        reports.append(real(*args, **kwargs))
        return reports[-1]

    with mock.patch.object(job, "certify", watched):
        run = _command("certify", "--json", path)
    assert run.code == 0, run.err
    run.report, run.path, run.json = reports[0], path, json.loads(path.read_text())
    return run


@pytest.fixture(scope="session")
def toy() -> SimpleNamespace:
    """A small net, 6-8-3, with the samples it was and was not trained on."""
    from nonvacuous.training import Recipe, fine_tune, initial

    draw = np.random.default_rng(20190430)
    x = draw.normal(size=(500, 6)).astype(np.float32)
    y = np.argmax(x[:, :3] + 0.3 * draw.normal(size=(500, 3)), axis=1)
    train, test = (x[:300], y[:300]), (x[300:], y[300:])
    recipe = Recipe(steps=300, rate=1e-2, batch=64)
    net = fine_tune(initial((6, 8, 3), 0), *train, recipe, keep_zeros=False)
    return SimpleNamespace(net=net, train=train, test=test)
