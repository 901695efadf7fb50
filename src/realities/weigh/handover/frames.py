"""A weighing as a pandas frame, long and tidy: one number in each row.

In comes a weighing; out come weights, evidences and posterior draws in the same four columns, so that any of
them can be filtered, grouped and drawn by the same few words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from realities.weigh.fits import Weighing

COLUMNS = ("account", "name", "draw", "value")


def weighing_frame(weighing: Weighing) -> pd.DataFrame:
    """Return weights, evidences and posterior draws of every account.

    Columns are `account` (its id), `name`, `draw` and `value`. Of `weight`, `weight_error`, `log_evidence`,
    `log_evidence_error`, `effective_draws`, `k_hat` and `reliable` (0 or 1) there is one row for each
    account, without a draw. Of each parameter, the reporters' included, there is one row for each posterior
    draw, and draw k is the same in all of them. `attrs` say which case and date.
    """
    import pandas

    parts = []
    for account, fit in weighing.fits.items():
        known = {
            "weight": weighing.weights[account],
            "weight_error": weighing.weight_errors.get(account, np.nan),
            "log_evidence": fit.log_evidence,
            "log_evidence_error": fit.log_evidence_error,
            "effective_draws": fit.effective_draws,
            "k_hat": fit.k_hat,
            "reliable": float(fit.reliable),
        }
        head = {"account": account, "name": list(known), "draw": pandas.NA, "value": list(known.values())}
        parts.append(pandas.DataFrame(head))
        for name, draws in {**fit.parameters, **fit.reporter_parameters}.items():
            one = {"account": account, "name": name, "draw": np.arange(len(draws)), "value": draws}
            parts.append(pandas.DataFrame(one))
    found = pandas.concat(
        [part.astype({"draw": "Int64", "value": float}) for part in parts], ignore_index=True
    )
    found.attrs = {"case": weighing.case_id, "as_of": weighing.as_of.isoformat()}
    return found[list(COLUMNS)]
