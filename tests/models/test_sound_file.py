"""Sound files: bytes that repeat, and files that lie."""

import io
import struct

import numpy as np
import pytest
import soundfile
from sounds import loudest_hz, tone

from synthgen.errors import UnreadableItem
from synthgen.models import sound_file
from synthgen.models.sound import rounded
from synthgen.models.sound_file import Limits
from synthgen.seeds import numpy_rng

LIMITS = Limits(seconds=2.0)


def written(samples, rate=8000, **how) -> bytes:
    to = io.BytesIO()
    soundfile.write(to, samples, rate, **{"format": "WAV", "subtype": "PCM_16", **how})
    return to.getvalue()


def test_what_is_encoded_is_flac_that_others_read_with_its_comments(tmp_path):
    sound = rounded(numpy_rng("x").uniform(-1, 1, (500, 2)), 44100)
    data = sound_file.encoded(sound, {"Software": "synthgen", "synthgen:id": "ünï"})
    with soundfile.SoundFile(io.BytesIO(data)) as file:
        assert (file.format, file.subtype, file.samplerate) == ("FLAC", "PCM_16", 44100)
        assert file.software == "synthgen"
        np.testing.assert_array_equal(file.read(dtype="float32"), sound.samples)
    assert data == sound_file.encoded(sound, {"Software": "synthgen", "synthgen:id": "ünï"})
    assert sound_file.decoded(data).samples.tobytes() == sound.samples.tobytes()


@pytest.mark.parametrize(
    "how",
    [
        {"format": "WAV", "subtype": "PCM_24"}, {"format": "WAV", "subtype": "FLOAT"}, {"format": "FLAC"},
        {"format": "OGG", "subtype": "VORBIS"}, {"format": "OGG", "subtype": "OPUS"},
        {"format": "MP3", "subtype": "MPEG_LAYER_III"}, {"format": "WAVEX", "subtype": "PCM_16"},
    ],
    ids=lambda how: " ".join(how.values()),
)  # fmt: skip
def test_each_format_comes_back_as_what_was_written(how):
    sound = tone(seconds=0.5)
    back = sound_file.read(written(sound.samples, **how), LIMITS)
    assert back.rate == 8000
    assert len(back.samples) == 4000
    assert np.abs(back.samples - sound.samples)[400:-400].max() < 0.06


def test_sounds_are_brought_to_one_rate_and_keep_their_pitch():
    back = sound_file.read(written(tone(440, 1.0, rate=44100).samples, 44100), LIMITS, rate=8000)
    assert back.rate == 8000
    assert len(back.samples) == 8000
    assert abs(loudest_hz(back) - 440) < 2
    # What 8 kHz can't hold is filtered, not folded.
    high = sound_file.read(
        written(tone(6000, 1.0, rate=44100).samples, 44100, subtype="FLOAT"), LIMITS, rate=16000
    )
    assert abs(loudest_hz(high) - 6000) < 2


def test_channels_become_what_is_asked_for():
    left, right = tone(300).samples[:, 0], tone(700).samples[:, 0]
    data = written(np.stack([left, right], 1))
    step = 1.01 / 32768
    for stereo, expected in (("mix", (left + right) / 2), ("left", left), ("right", right)):
        back = sound_file.read(data, LIMITS, stereo=stereo).samples
        assert np.abs(back[:, 0] - expected).max() <= step
    assert sound_file.read(data, LIMITS, stereo="keep").samples.shape == (4000, 2)


def _patched(data: bytes, at: int, form: str, value: int) -> bytes:
    changed = bytearray(data)
    struct.pack_into(form, changed, at, value)
    return bytes(changed)


WAV = written(tone().samples)
FLAC = written(tone().samples, format="FLAC")
NAN = tone().samples.copy()
NAN[77] = np.nan
LOUD = 40 * tone().samples


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "damaged or no sound"),
        (b"RIFF" + b"\0" * 50, "damaged or no sound"),
        (b"<html>" * 100, "damaged or no sound"),
        (written(np.zeros((0, 1))), "no sample"),
        (written(NAN, subtype="FLOAT"), "no numbers"),
        (written(LOUD, subtype="FLOAT"), "beyond full scale"),
        (written(np.zeros(4000)), "silent"),
        (written(np.full(4000, 0.25)), "silent"),
        (written(1e-6 * tone().samples, subtype="FLOAT"), "silent"),
        (written(np.zeros(4000), format="AIFF"), "AIFF"),
        (written(tone(seconds=2.5).samples), "longer than max_seconds"),
        (WAV[: len(WAV) // 2], "header promises"),
        (_patched(WAV, 40, "<I", 10**9), "header promises"),
        (_patched(WAV, 24, "<I", 10**6), "1,000,000 samples a second"),
        (FLAC[: len(FLAC) // 2], "header promises|damaged"),
        (_patched(FLAC, 22, ">I", 9000), "header promises|damaged"),
        (written(tone().samples, format="OGG", subtype="VORBIS")[:300], "no sample|damaged"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_with_its_reason(data, reason):
    with pytest.raises(UnreadableItem, match=reason):
        sound_file.read(data, LIMITS)


def test_a_day_of_silence_is_refused_by_its_header_alone():
    short = written(np.zeros(8000), format="FLAC")
    n = 24 * 3600 * 8000
    day = bytearray(short)
    day[21] = day[21] & 0xF0 | n >> 32
    struct.pack_into(">I", day, 22, n & 0xFFFFFFFF)
    for ask in (sound_file.glance, sound_file.read):
        with pytest.raises(UnreadableItem, match="86,400 s, longer"):
            ask(bytes(day), Limits())


def test_what_lasts_longer_than_its_header_says_is_not_read_to_its_end():
    long = written(tone(seconds=1.5).samples, format="FLAC")
    lying = _patched(long, 22, ">I", 100)
    assert len(sound_file.read(lying, Limits(seconds=1.0)).samples) == 100


def test_a_little_overshoot_of_coders_is_cut_off():
    samples = tone(level=0.9).samples.copy()
    samples[100] = 1.3
    assert sound_file.read(written(samples, subtype="FLOAT"), LIMITS).samples.max() == 1 - 1 / 32768
