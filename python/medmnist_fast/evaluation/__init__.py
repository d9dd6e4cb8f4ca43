"""Beyond the official AUC and ACC: reports, intervals, comparisons, pictures, result files."""

from medmnist_fast.evaluation.report import ClassScores, Comparison, Difference, Interval, Report

__all__ = ["ClassScores", "Comparison", "Difference", "Interval", "Report"]
