"""``python -m medmnist_fast`` is the command line ``medmnist-fast``."""

from medmnist_fast.cli import main

if __name__ == "__main__":
    main()
