import numpy as np
import pytest
from sounds import drawn, level_db, made, sample, tone

from synthgen.generators.audio.codec import Codec
from synthgen.models.sound import rounded
from synthgen.models.sound_codec import LAWS


def _off_db(sound, other):
    """How far the error lies below the sound."""
    return level_db(sound.samples) - level_db(other.samples.astype(float) - sound.samples)


@pytest.mark.parametrize("rate", [8000, 11025, 44100, 9000])
def test_mp3_takes_the_same_time_and_the_fewer_bits_the_worse(rate):
    rng = np.random.default_rng(2)
    sound = rounded(tone(440, 1.0, 0.3, rate).samples[:, 0] + 0.05 * rng.standard_normal(rate), rate)
    good, bad = (
        made(Codec(), (sample(sound),), {"codec": 1, "kind": "mp3", "how": strength}).payload
        for strength in (0.0, 0.85)
    )
    assert good.samples.shape == bad.samples.shape == sound.samples.shape
    assert _off_db(sound, good) > max(10, _off_db(sound, bad) + 2)


@pytest.mark.parametrize("law", LAWS)
def test_a_telephone_keeps_300_to_3400_hertz(law):
    draw = {"codec": 1, "kind": "telephone", "how": law}
    inside, below, above = (
        made(Codec(), (sample(tone(hertz, 1.0, 0.4, 16000)),), draw).payload for hertz in (1000, 100, 5000)
    )
    loud = level_db(tone(1000, 1.0, 0.4, 16000).samples)
    assert level_db(inside.samples) == pytest.approx(loud, abs=1.5)
    assert level_db(below.samples) < loud - 25
    assert level_db(above.samples) < loud - 25
    assert inside.seconds == 1


def test_each_kind_and_law_is_drawn_and_stereo_stays_stereo():
    both = rounded(np.concatenate([tone(500).samples, tone(900).samples], 1), 8000)
    draws = [drawn(Codec(), (sample(both),), i) for i in range(60)]
    assert {draw["how"] for draw in draws if draw["kind"] == "telephone"} == set(LAWS)
    assert {draw["kind"] for draw in draws} == {"mp3", "telephone"}
    for draw in draws[:6]:
        assert made(Codec(), (sample(both),), draw).payload.samples.shape == (4000, 2)
    assert {drawn(Codec(kinds=("mp3",)), (sample(both),), i)["kind"] for i in range(20)} == {"mp3"}


def test_where_the_contract_forbids_it_a_sound_is_left_as_it_is():
    sound = tone()
    draw = drawn(Codec(), (sample(sound),), 0, {"codec": (0.0, 0.0)})
    assert Codec().applied(draw) == {"codec": 0}
    assert made(Codec(), (sample(sound),), draw).payload is sound
