"""The hand-read tables say what FFmpeg says, whatever the coder does, and what is written plays the same."""

import io
from fractions import Fraction

import av
import numpy as np
import pytest
from moving_bar import bars, places

from synthgen.models import clip_table
from synthgen.models.clip import Clip, clip, cut, plain, retimed

CODERS = {
    "plain": {"bf": "0"},
    "frames coded in another order": {"bf": "3", "b_strategy": "0"},
    "open groups": {"bf": "3", "b_strategy": "0", "x264-params": "open-gop=1"},
}


def coded(options: dict[str, str], form: str = "mp4", sound: bool = False, **more: str) -> bytes:
    to = io.BytesIO()
    with av.open(to, "w", format=form, options=more) as file:
        stream = file.add_stream("libx264", rate=Fraction(30000, 1001))
        pictures = bars(60)
        stream.height, stream.width = pictures.shape[1:3]
        stream.pix_fmt, stream.options = "yuv420p", {"g": "12", "keyint_min": "12", **options}
        voice = file.add_stream("aac", rate=8000) if sound else None
        for picture in pictures:
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")):
                file.mux(packet)
        for packet in stream.encode():
            file.mux(packet)
        if voice:
            quiet = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
            quiet.sample_rate = 8000
            for packet in [*voice.encode(quiet), *voice.encode()]:
                file.mux(packet)
    return to.getvalue()


@pytest.fixture(scope="module", params=CODERS, ids=list(CODERS))
def whole(request) -> Clip:
    return clip(coded(CODERS[request.param]))


def told_by_ffmpeg(of: Clip) -> tuple[int, int]:
    with av.open(io.BytesIO(of.data), format="mp4") as file:
        shown = [p for p in file.demux(video=0) if p.size and not p.is_discard]
    return len(shown), sum(p.is_keyframe for p in shown)


@pytest.mark.parametrize(("first", "end"), [(0, 60), (12, 36), (13, 14), (7, 41), (50, 60), (59, 60)])
def test_a_cut_shows_the_frames_asked_for(whole, first, end):
    part = cut(whole, first, end)
    assert places(part) == list(range(first, end))
    assert told_by_ffmpeg(part) == (end - first, len(part.keyframes))
    assert part.rate == whole.rate


def test_a_cut_of_a_cut_is_the_cut_of_both(whole):
    assert places(cut(cut(whole, 5, 50), 10, 30)) == list(range(15, 35))


def test_what_is_written_reads_back_the_same(whole):
    table, data = plain(whole)
    again = clip_table.read(clip_table.written(table, clip_table.coded(table, data)))
    for name in set(table._fields) - {"offsets"}:
        np.testing.assert_array_equal(getattr(again, name), getattr(table, name))
    assert clip_table.coded(
        again, clip_table.written(table, clip_table.coded(table, data))
    ) == clip_table.coded(table, data)


@pytest.mark.parametrize("speed", [0.5, 1.0, 1.234, 7 / 3])
def test_retimed_frames_are_the_same_at_other_times(whole, speed):
    part = retimed(cut(whole, 7, 41), speed)
    assert places(part) == list(range(7, 41))
    assert part.seconds == pytest.approx(34 * 1001 / 30000 / speed, rel=1e-3)
    with av.open(io.BytesIO(part.data)) as file:
        assert float(file.streams.video[0].average_rate) == pytest.approx(float(part.rate), rel=1e-3)


@pytest.mark.parametrize(
    "data",
    [coded({}, movflags="frag_keyframe+empty_moov"), coded({}, sound=True)],
    ids=["fragments", "with sound"],
)
def test_files_of_another_structure_are_cut_all_the_same(data):
    with pytest.raises(ValueError, match=r"fragments|2 tracks"):
        clip_table.read(data)
    assert places(cut(clip(data), 5, 30)) == list(range(5, 30))


def test_broken_tables_are_refused_and_never_read_past_the_file():
    data = bytearray(coded({"bf": "3"}))
    with pytest.raises(ValueError, match="outside the file|cut short"):
        clip_table.read(bytes(data[: len(data) // 2]))
    moov = data.index(b"moov")
    for at in range(moov, len(data) - 4, 3):
        broken = data[:at] + b"\xff\xff\xff\xff" + data[at + 4 :]
        try:
            table = clip_table.read(bytes(broken))
        except ValueError:
            continue
        assert (table.offsets + table.sizes).max() <= len(broken)
