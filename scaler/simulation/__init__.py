"""A simulator for scaling policies: the very same `decide`, peers, bounds, traces, plots."""
