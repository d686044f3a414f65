"""Sounds: FLAC that repeats, and vectors that find copies and stretches of them."""

import io

import numpy as np
import pytest
import soundfile

from synthgen.modalities.audio import Audio
from synthgen.models import sound_defects, sound_features
from synthgen.models.sound import Sound
from synthgen.seeds import numpy_rng

AUDIO = Audio()


@pytest.fixture(scope="module")
def sounds():
    return [AUDIO.specimen(numpy_rng("sounds", i)) for i in range(20)]


@pytest.mark.parametrize(
    ("samples", "rate", "reason"),
    [
        (np.zeros((0, 1), np.float32), 8000, "no sample"),
        (np.zeros(8, np.float32), 8000, "float32"),
        (np.zeros((8, 1)), 8000, "float32"),
        (np.zeros((8, 9), np.float32), 8000, "1 to 8"),
        (np.full((8, 1), np.nan, np.float32), 8000, "from -1 to 1"),
        (np.full((8, 1), 1.0, np.float32), 8000, "from -1 to 1"),
        (np.full((8, 1), 1e-6, np.float32), 8000, "steps of 16 bit"),
        (np.zeros((8, 1), np.float32), 0, "samples a second"),
    ],
)
def test_what_no_file_would_keep_is_refused(samples, rate, reason):
    with pytest.raises(ValueError, match=reason):
        AUDIO.check(Sound(samples, rate))


@pytest.mark.parametrize("kind", ["MP3", "OGG"])
def test_a_sound_encoded_again_keeps_its_signature_and_a_stretch_or_another_level_does_not(sounds, kind):
    for i, sound in enumerate(sounds):
        others = [
            sound_defects.again(sound, kind), sound_defects.part(sound, numpy_rng(i)), sound_defects.louder(sound, -5),
        ]  # fmt: skip
        own, again, part, quieter = sound_features.signature([sound, *others])
        assert np.abs(own - again).max() <= AUDIO.copy_tolerance
        assert np.abs(own - part).max() > AUDIO.copy_tolerance
        assert np.abs(own - quieter).max() > AUDIO.copy_tolerance


@pytest.mark.parametrize(
    "kind", ["other gain", "later", "cut at an offset", "cut, encoded again, other gain", "telephone"]
)
def test_a_disguised_sound_is_among_the_parts_of_its_original_and_of_no_other(sounds, kind):
    found = []
    for i, sound in enumerate(sounds):
        disguised = sound_defects.disguises(sound, numpy_rng("disguise", i))[kind]
        seen = sound_features.fingerprint([disguised])[0]
        own, other = (1 - (sound_features.parts(s) @ seen).max() for s in (sound, sounds[i - 1]))
        found.append(own < AUDIO.leak_tolerance)
        assert other > AUDIO.leak_tolerance
    assert np.mean(found) >= 0.9


def test_the_first_part_is_the_whole(sounds):
    for sound in sounds[:3]:
        whole = sound_features.fingerprint([sound])[0]
        np.testing.assert_array_equal(sound_features.parts(sound)[0], whole)


def test_silence_is_blank(sounds):
    assert "blank" in AUDIO.blank(AUDIO.emptied(sounds[0]))
    assert AUDIO.emptied(sounds[0]).seconds == sounds[0].seconds


def test_what_a_page_plays_is_the_sound_itself_or_its_first_ten_seconds():
    long = sound_defects.later(AUDIO.specimen(numpy_rng(1)), numpy_rng(2))
    media_type, data = AUDIO.played(long)
    assert media_type == "audio/flac"
    np.testing.assert_array_equal(soundfile.read(io.BytesIO(data), dtype="float32")[0], long.samples[:, 0])
    noise = Sound(np.zeros((44100 * 20, 2), np.float32), 44100)
    seen, rate = soundfile.read(io.BytesIO(AUDIO.played(noise)[1]))
    assert (len(seen), rate) == (160_000, 16_000)
