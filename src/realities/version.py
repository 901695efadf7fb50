"""The version of this package, in one place: the installer, the command line, files and pages read it here.

Nothing comes in and nothing else is here. It stands in the source, not in what an installer noted down,
so a source tree says the same installed or not. Between releases it ends in `.dev0`: on the way to that.
"""

from __future__ import annotations

__version__ = "0.1.0.dev0"
