"""Labelled samples from labelled samples: made, judged, versioned, explained."""

__version__ = "0.1.0"
