"""The benchmark of sounds measures each operation beside its peer."""

import pytest

from synthgen.benches.audio import Audio


@pytest.mark.slow
def test_every_operation_is_measured_and_noise_and_bands_are_faster_than_the_peer():
    title, rows = Audio(sounds=8, seconds=1.0, repeats=3).run()
    assert "one core" in title
    ratios = {(row["what"], row.get("peer")): row["times the peer"] for row in rows}
    assert all(row["a second"] > 0 and row["peer a second"] > 0 for row in rows[:-1])
    assert ratios["audio/noise", "AddGaussianSNR"] > 1
    assert ratios["audio/band_pass", "BandPassFilter"] > 1
    assert len({row["what"] for row in rows}) >= 10
