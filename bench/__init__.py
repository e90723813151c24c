"""Measurements against peers: `make bench`, or `python -m bench`."""
