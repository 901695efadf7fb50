"""Model files out again: a syntax tree printed in its own language, or turned into the other one first."""
