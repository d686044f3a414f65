import numpy as np
import pytest
from sounds import level_db, made, sample, tone

from synthgen.generators.audio.mixup import Mixup
from synthgen.models.sound import rounded
from synthgen.sample import Failed


def _share(sound, hertz):
    wave = sound.samples[:, 0]
    return np.abs(np.exp(-2j * np.pi * hertz * np.arange(len(wave)) / sound.rate) @ wave)


def test_shares_count_power_whatever_the_levels_and_the_label_has_the_same():
    loud, quiet = sample(tone(500, level=0.8)), sample(tone(1500, level=0.1), "b", "q")
    mixed = made(Mixup(), (loud, quiet), {"partner_share": 0.25, "place": 0.0})
    assert _share(mixed.payload, 1500) / _share(mixed.payload, 500) == pytest.approx(1 / 3, rel=0.01)
    assert mixed.weights == {"a": 0.75, "b": 0.25}


def test_the_shorter_sound_is_laid_somewhere_over_the_longer_at_the_first_ones_rate():
    short, long = sample(tone(500, 0.25)), sample(tone(1500, 1.0, rate=16000), "b", "q")
    mixed = made(Mixup(), (short, long), {"partner_share": 0.4, "place": 0.999}).payload
    assert (mixed.rate, mixed.seconds) == (8000, 1.0)
    end, begin = (rounded(part, 8000) for part in (mixed.samples[-2000:], mixed.samples[:2000]))
    assert _share(end, 500) > 100 * _share(begin, 500)
    assert level_db(mixed.samples) < level_db(tone().samples) + 1


def test_without_a_label_nothing_is_mixed():
    assert isinstance(
        made(Mixup(), (sample(tone()), sample(tone(), None)), {"partner_share": 0.1, "place": 0}), Failed
    )
