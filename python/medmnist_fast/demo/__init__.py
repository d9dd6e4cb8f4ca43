"""The demo: a small network trained through the loader, scored and drawn. Needs the extra ``demo``."""
