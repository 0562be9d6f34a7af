"""Traces of runs: one trace a run, whichever instances work on it."""
