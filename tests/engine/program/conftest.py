"""Puts the helpers of other directories on the path: models built by hand, and random ones."""

from __future__ import annotations

import sys
from pathlib import Path

TESTS = Path(__file__).parents[2]
sys.path += [str(TESTS / "engine"), str(TESTS / "properties")]
