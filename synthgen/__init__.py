"""Labelled samples from labelled samples: made, judged, versioned, explained."""
