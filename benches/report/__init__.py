"""What a run shows: tables on the terminal, targets and whether they are met, pictures, the table of README."""
