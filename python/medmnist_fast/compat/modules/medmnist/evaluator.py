"""``medmnist.evaluator``: the official evaluation."""

from medmnist_fast.evaluator import Evaluator, Metrics, getACC, getAUC, save_results

from .info import DEFAULT_ROOT, INFO

__all__ = ["DEFAULT_ROOT", "INFO", "Evaluator", "Metrics", "getACC", "getAUC", "save_results"]
