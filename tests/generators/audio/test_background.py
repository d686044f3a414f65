from pathlib import Path

import numpy as np
import pytest
import soundfile
from sounds import drawn, level_db, made, sample, tone

from synthgen.errors import ModelError, RecipeError
from synthgen.generators.audio.background import Background
from synthgen.models.sound import rounded
from synthgen.seeds import folder_sha256, numpy_rng


def contract_settings(folder: Path) -> dict:
    """A folder of three recordings: rain, a hum in stereo at another rate, and drops with silence between them."""
    rng = numpy_rng("backgrounds")
    (folder / "more").mkdir(exist_ok=True)
    soundfile.write(folder / "rain.wav", 0.1 * rng.standard_normal(16000), 8000)
    hum = np.sin(2 * np.pi * 100 * np.arange(44100) / 22050) * 0.3
    soundfile.write(folder / "more/hum.flac", np.stack([hum, hum], 1), 22050)
    drops = np.zeros(40000)
    drops[30000:32000] = 0.2 * rng.standard_normal(2000)
    soundfile.write(folder / "drops.wav", drops, 8000)
    (folder / "README.txt").write_text("not a recording")
    return {"noises": str(folder)}


@pytest.fixture(scope="module")
def background(tmp_path_factory):
    folder = tmp_path_factory.mktemp("noises")
    one = Background(**contract_settings(folder))
    return one, one.load(one.given_model(), "cpu")


@pytest.mark.parametrize("snr_db", [0, 6, 20])
@pytest.mark.parametrize("which", [0.0, 0.5, 0.99])
def test_the_ratio_of_signal_to_background_is_the_one_that_was_drawn(background, snr_db, which):
    one, model = background
    sound = tone(900, 1.0, 0.1)
    draw = {"level": 10 ** (-snr_db / 20), "which": which, "place": 0.3}
    noisy = made(one, (sample(sound),), draw, model).payload
    noise = noisy.samples.astype(np.float64) - sound.samples
    assert level_db(sound.samples) - level_db(noise) == pytest.approx(snr_db, abs=0.1)


def test_each_recording_is_used_at_the_sounds_own_rate_and_length(background):
    one, model = background
    assert len(model) == 3
    for rate in (8000, 16000):
        sound = tone(900, 3.0, 0.1, rate)
        draw = {"level": 1.0, "which": 0.4, "place": 0.9}
        added = made(one, (sample(sound, transcript="x"),), draw, model)
        noise = added.payload.samples[:, 0] - sound.samples[:, 0]
        spectrum = np.abs(np.fft.rfft(noise))
        assert spectrum.argmax() * rate / len(noise) == pytest.approx(100, abs=1)
        assert added.annotations == {"transcript": "x"}


def test_silence_in_a_recording_is_not_made_loud(background):
    _, model = background
    sound = tone(900, 0.25, 0.1)
    for place in np.linspace(0, 0.99, 12):
        stretch = model.stretch(0.0, place, sound)
        assert np.abs(stretch).max() > 0.05, "holds some of the drops"


def test_draws_reach_all_recordings_and_levels_inside_the_range(background):
    one, _ = background
    draws = [drawn(one, (sample(tone()),), i) for i in range(100)]
    assert {int(draw["which"] * 3) for draw in draws} == {0, 1, 2}
    assert min(draw["level"] for draw in draws) >= 10 ** (-25 / 20)
    assert max(draw["level"] for draw in draws) <= 10 ** (-5 / 20)


def test_the_folders_content_counts_and_not_where_it_lies(background, tmp_path):
    one, _ = background
    other = Background(**contract_settings(tmp_path))
    assert other.identity() == one.identity()
    assert folder_sha256(other.given_model()) == folder_sha256(one.given_model())


def test_no_folder_and_none_with_recordings_are_errors_in_words(tmp_path):
    for noises in ("", str(tmp_path / "nowhere")):
        with pytest.raises(RecipeError, match="needs a folder of recordings"):
            Background(noises=noises).given_model()
    empty = Background(noises=str(tmp_path))
    with pytest.raises(ModelError, match="holds no recording"):
        empty.load(empty.given_model(), "cpu")
    (tmp_path / "a.wav").write_text("none")
    with pytest.raises(ModelError, match=r"a\.wav can't be used"):
        empty.load(empty.given_model(), "cpu")


def test_stereo_gets_the_same_background_in_both_channels(background):
    one, model = background
    sound = rounded(np.concatenate([tone(500).samples, tone(900).samples], 1), 8000)
    noise = (
        made(one, (sample(sound),), {"level": 0.1, "which": 0.9, "place": 0}, model).payload.samples
        - sound.samples
    )
    assert np.abs(noise[:, 0] - noise[:, 1]).max() <= 2 / 32768
