"""``medmnist.evaluator``: the official evaluation."""

from medmnist_fast.evaluator import Evaluator, Metrics

from .info import DEFAULT_ROOT, INFO

__all__ = ["DEFAULT_ROOT", "INFO", "Evaluator", "Metrics"]
