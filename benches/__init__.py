"""Benchmarks against real peers; ``make bench`` runs what takes some ten minutes, ``make bench-peers`` everything.

Rates come from one interleaved run (A B A B …) of processes that work on the same files, medians of all rounds after a
warm-up of each contender, whose answer is checked before it is timed. Tables of one question each (``kernels``,
``evaluation``, …) interleave in one process.
"""
