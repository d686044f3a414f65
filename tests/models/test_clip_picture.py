import io

import numpy as np
import pytest
from PIL import Image

from synthgen.modalities.video import Video
from synthgen.models import clip_picture
from synthgen.models.clip_frames import frames
from synthgen.seeds import numpy_rng


@pytest.fixture(scope="module")
def clip():
    return Video().specimen(numpy_rng("picture"))


def test_a_strip_shows_four_frames_in_reading_order(clip):
    with Image.open(io.BytesIO(clip_picture.strip(clip, 96))) as picture:
        sheet = np.asarray(picture).astype(int)
    assert sheet.shape == (96, 96, 3)
    seen = frames(clip, clip_picture.spread(clip.frames, 4))
    for i, (top, left) in enumerate([(0, 0), (0, 48), (48, 0), (48, 48)]):
        assert np.abs(sheet[top : top + 48, left : left + 48] - seen[i]).mean() < 12


def test_a_moving_picture_loops_for_as_long_as_the_clip_lasts(clip):
    with Image.open(io.BytesIO(clip_picture.moving(clip, 48))) as picture:
        assert picture.format == "WEBP"
        assert max(picture.size) <= 48
        assert picture.info["loop"] == 0
        lasting = 0
        for i in range(picture.n_frames):
            picture.seek(i)
            picture.load()
            lasting += picture.info["duration"]
        assert picture.n_frames > 3
    assert lasting / 1000 == pytest.approx(clip.seconds, abs=0.1)
