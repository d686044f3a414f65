import io

import numpy as np
from PIL import Image
from sounds import tone

from synthgen.models import sound_picture
from synthgen.models.sound import rounded


def test_the_wave_is_above_and_the_spectrogram_shows_when_and_how_high():
    low, high = tone(300, 0.5), tone(3000, 0.5)
    both = rounded(np.concatenate([low.samples, high.samples]), 8000)
    with Image.open(io.BytesIO(sound_picture.picture(both, 96))) as picture:
        seen = np.asarray(picture.convert("L"), float)
    assert seen.shape == (96, 96)
    assert seen[:32].mean() > 30
    spectrum = seen[32:]
    assert spectrum[:, 10:40].mean(1).argmax() > 45, "low at first"
    assert spectrum[:, 56:86].mean(1).argmax() < 20, "high at last"
