"""The report: a finished study as one HTML file that needs nothing else.

`payload.py` makes plain data of a study, `page.py` HTML of plain data, `results.py` a folder of results.
"""

from realities.report.page import render_payload, write_report
from realities.report.payload import study_payload
from realities.report.results import is_results, rewrite_report, write_results

__all__ = ["is_results", "render_payload", "rewrite_report", "study_payload", "write_report", "write_results"]
