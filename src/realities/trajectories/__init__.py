"""Results: what an ensemble of runs gave, by variable, draw and time, and how it is handed on.

`runs.py` has the runs of one account or model, `accounts.py` those of several accounts side by side;
`gathered.py` makes axes of subscripts, `card.py` shows runs in a notebook.
"""

from realities.trajectories.accounts import AccountTrajectories as AccountTrajectories
from realities.trajectories.runs import Excerpt as Excerpt
from realities.trajectories.runs import Trajectories as Trajectories
from realities.trajectories.runs import write_beside as write_beside
