"""Benchmarks: tables with medians and ratios, run by `make bench`; never timed tests."""
