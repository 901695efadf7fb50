"""The report: a finished study as one HTML file that needs nothing else.

`payload.py` makes plain data of a study and `page.py` HTML of plain data; `fitting.py` chooses how much
detail a page can carry, and `results.py` writes a folder of results.
"""

from realities.report.fitting import study_payload, why_leading, write_report
from realities.report.leading import reading
from realities.report.page import render_payload
from realities.report.results import is_results, rewrite_report, write_results

__all__ = [
    "is_results",
    "reading",
    "render_payload",
    "rewrite_report",
    "study_payload",
    "why_leading",
    "write_report",
    "write_results",
]
