"""``medmnist.evaluator``: the official evaluation."""

from medmnist_fast.evaluator import Evaluator, Metrics

__all__ = ["Evaluator", "Metrics"]
