"""Benchmarks against real peers; ``make bench`` runs them all.

Ratios come from one interleaved run (A B A B …) in one process, on the same data, medians of all rounds after a
warm-up of each contender. Every contender's answer is checked, bit for bit, before it is timed, and
the table says what came of it.
"""
