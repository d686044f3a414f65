"""Sounds in class folders: what is read, how, and what is refused in words."""

import numpy as np
import pytest
import soundfile
from sounds import loudest_hz, tone

from synthgen.errors import SourceError, UnreadableItem
from synthgen.reader import Found, Quarantined
from synthgen.readers.audio_folder import AudioFolder

READER = AudioFolder()


@pytest.fixture
def root(tmp_path):
    """Two classes in four formats, and files that are none."""
    root = tmp_path / "train"
    for i, name in enumerate(("no/0.wav", "no/deep/1.flac", "007/2.ogg", "007/3.mp3")):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, tone(300 + 200 * i, rate=16000).samples, 16000)
    (root / "007/notes.txt").write_text("no sound")
    (root / "README").write_text("beside")
    return root


def _read(root, place, reader=READER):
    return reader.decode(reader.raw(root, place))


def test_all_formats_are_read_and_classes_are_the_folders_names(root):
    found = [one for one in READER.items(root, "train") if isinstance(one, Found)]
    assert [(one.place, one.label) for one in found] == [
        ("007/2.ogg", "007"), ("007/3.mp3", "007"), ("007/notes.txt", "007"), ("no/0.wav", "no"),
        ("no/deep/1.flac", "no"),
    ]  # fmt: skip
    for place, hertz in (("no/0.wav", 300), ("no/deep/1.flac", 500), ("007/2.ogg", 700), ("007/3.mp3", 900)):
        sound = _read(root, place)
        assert (sound.rate, sound.samples.shape) == (16000, (8000, 1))
        assert abs(loudest_hz(sound) - hertz) < 3
    assert any(isinstance(one, Quarantined) and one.place == "README" for one in READER.items(root, "train"))


def test_what_is_no_sound_is_unreadable_also_at_a_glance(root):
    raw = READER.raw(root, "007/notes.txt")
    for ask in (READER.glance, READER.decode):
        with pytest.raises(UnreadableItem, match="damaged or no sound"):
            ask(raw)


def test_sounds_are_brought_to_the_rate_asked_for(root):
    sound = _read(root, "no/0.wav", AudioFolder(rate=8000))
    assert (sound.rate, len(sound.samples)) == (8000, 4000)
    assert abs(loudest_hz(sound) - 300) < 3


def test_stereo_is_mixed_or_kept_as_the_recipe_says(root):
    soundfile.write(root / "no/2.wav", np.concatenate([tone(300).samples, tone(900).samples], 1), 8000)
    assert _read(root, "no/2.wav").samples.shape == (4000, 1)
    assert _read(root, "no/2.wav", AudioFolder(stereo="keep")).samples.shape == (4000, 2)
    assert abs(loudest_hz(_read(root, "no/2.wav", AudioFolder(stereo="right"))) - 900) < 3


def test_limits_of_length_rate_and_bytes_are_kept(root):
    for reader, reason in (
        (AudioFolder(max_seconds=0.4), "longer than max_seconds = 0.4"),
        (AudioFolder(max_rate=8000), "16,000 samples a second"),
        (AudioFolder(max_bytes=1000), "more than max_bytes"),
    ):
        with pytest.raises(UnreadableItem, match=reason):
            _read(root, "no/0.wav", reader)


@pytest.mark.parametrize("column", ["transcript", "text"])
def test_a_table_says_what_is_said(root, column):
    (root.parent / "said.csv").write_text(f"file,{column}\ntrain/no/0.wav,nö\n007/2.ogg,\n")
    found = {one.place: one for one in AudioFolder(transcripts="said.csv").items(root, "train")}
    assert found["no/0.wav"].annotations == {"transcript": "nö"}
    assert found["007/2.ogg"].annotations == {"transcript": ""}
    assert found["007/3.mp3"].annotations == {}


def test_a_table_that_is_missing_or_lacks_a_column_is_an_error_in_words(root):
    with pytest.raises(SourceError, match=r"said\.csv"):
        list(AudioFolder(transcripts="said.csv").items(root, "train"))
    (root.parent / "said.csv").write_text("name,text\n")
    with pytest.raises(SourceError, match="lacks the column 'file'"):
        list(AudioFolder(transcripts="said.csv").items(root, "train"))
    (root.parent / "said.csv").write_bytes(b"file,text\nno/0.wav,\xff\n")
    with pytest.raises(SourceError, match="not UTF-8"):
        list(AudioFolder(transcripts="said.csv").items(root, "train"))
