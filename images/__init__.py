"""Builds the container images: `python -m images`, which `make images` runs."""
