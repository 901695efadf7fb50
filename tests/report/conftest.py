"""One synthetic study, its payload and its page, made once for all tests of the report."""

from __future__ import annotations

from typing import Any

import pytest
from report_synthetic import HOSTILE, synthetic_study

from realities.report import render_payload, study_payload
from realities.report.schema import Payload
from realities.report.view import View


@pytest.fixture(scope="session")
def study() -> Any:
    return synthetic_study()


@pytest.fixture(scope="session")
def payload(study: Any) -> Payload:
    return study_payload(study, status=["Synthetic data."])


@pytest.fixture(scope="session")
def view(payload: Payload) -> View:
    return View(payload)


@pytest.fixture(scope="session")
def page(payload: Payload) -> str:
    return render_payload(payload)


@pytest.fixture(scope="session")
def hostile_study() -> Any:
    return synthetic_study(n_accounts=3, n_quantities=3, n_dates=4, n_claims=12, hostile=HOSTILE)


@pytest.fixture(scope="session")
def hostile_page(hostile_study: Any) -> str:
    return render_payload(study_payload(hostile_study, status=[HOSTILE]))
