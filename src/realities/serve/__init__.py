"""A page of a case on this computer, built again whenever a file of the case is saved.

`server.py` answers a browser, and `guard.py` says whom; `pages.py` makes what it shows. `workshop.py`
watches files (`watch.py`) and has pages built by another process (`builder.py`, `work.py`), and tells a
`desk.py` for each case how things stand. `shelf.py` lists cases.
"""

from realities.serve.server import DEFAULT_PORT, Library, PortTakenError, Server
from realities.serve.workshop import Settings

__all__ = ["DEFAULT_PORT", "Library", "PortTakenError", "Server", "Settings"]
