"""``python -m medmnist_fast.compat`` is ``medmnist-fast run``."""

import sys

from medmnist_fast.cli import main

if __name__ == "__main__":
    sys.argv.insert(1, "run")
    main()
