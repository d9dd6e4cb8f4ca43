"""What is imported under names of others: a folder of ``sys.path`` under ``medmnist-fast run``."""
