"""``python -m medmnist`` under ``medmnist-fast run``: the command line of ``medmnist_fast``, which takes all of its."""

from medmnist_fast.cli import main

if __name__ == "__main__":
    main()
