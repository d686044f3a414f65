"""The benchmark of videos measures each thing beside its peer."""

import pytest

from synthgen.benches.video import Video, _clip, _sought_and_encoded
from synthgen.models.clip import clip


@pytest.mark.slow
def test_everything_is_measured_and_put_beside_its_peer():
    title, rows = Video(frames=150, crops=4, hours=0.1).run()
    assert "64-frame stretches" in title
    assert all(row["a second"] > 0 for row in rows)
    times = {row["what"]: row.get("times the peer") for row in rows}
    assert times["temporal_crop, keyframe, no pixel decoded"] > 5
    assert times["temporal_crop, exact, no pixel decoded"] > 5
    long = rows[-1]
    assert "24 stretches" in long["what"]
    assert long["peak memory MB"] < 500
    assert long["of the process that opens videos MB"] < 500


def test_the_peer_gives_the_stretch_asked_for():
    whole = _clip(120)
    assert whole.keyframes == (0, 30, 60, 90)
    assert clip(_sought_and_encoded(whole, 40, 64)).frames == 64
