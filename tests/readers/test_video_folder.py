"""Videos in class folders: what is read, how, and what is refused in words."""

import shutil
from fractions import Fraction
from io import BytesIO

import av
import numpy as np
import pytest
from PIL import Image

from synthgen.errors import SourceError, UnreadableItem
from synthgen.models.clip_frames import encoded, frames
from synthgen.reader import Found, Quarantined
from synthgen.readers.video_folder import VideoFolder

READER = VideoFolder(max_seconds=20)
SIDE = (48, 64)


def _pictures(n: int = 30, shape=SIDE) -> list[np.ndarray]:
    """A bar that moves over a ground that grows lighter."""
    made = []
    for i in range(n):
        picture = np.full((*shape, 3), 2 * i, np.uint8)
        picture[:, 2 * i % shape[1] : 2 * i % shape[1] + 8] = 220
        made.append(picture)
    return made


def _written(path, pictures, *, codec="libx264", rate=25, times=None, sound=False, options=None, **container):
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", options=container) as file:
        stream = file.add_stream(codec, rate=rate, options=options or {})
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "rgb8" if codec == "gif" else "yuv420p"
        heard = file.add_stream("aac", rate=8000) if sound else None
        for i, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = (times or range(10**6))[i], Fraction(1, rate)
            file.mux(stream.encode(frame))
        file.mux(stream.encode())
        if heard:
            silence = av.AudioFrame.from_ndarray(
                np.zeros((1, 1024), np.float32), format="fltp", layout="mono"
            )
            silence.sample_rate, silence.pts = 8000, 0
            file.mux(heard.encode(silence))
            file.mux(heard.encode())
    return path


def _read(path, reader=READER):
    return reader.decode(reader.raw(path.parent.parent, f"{path.parent.name}/{path.name}"))


def _off(clip, pictures):
    seen = frames(clip)
    assert seen.shape == (len(pictures), *pictures[0].shape)
    return np.abs(seen.astype(int) - np.stack(pictures)).mean()


@pytest.fixture
def a(tmp_path):
    return tmp_path / "source" / "a"


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("x.mp4", "libx264"), ("x.mkv", "libx264"), ("x.avi", "mpeg4"), ("x.webm", "libvpx-vp9"), ("x.mp4", "mpeg4"),
    ],
)  # fmt: skip
def test_containers_and_codecs_are_read(a, name, codec):
    clip = _read(_written(a / name, _pictures(), codec=codec))
    assert (clip.frames, float(clip.rate)) == (30, pytest.approx(25, abs=0.1))
    assert _off(clip, _pictures()) < 12


def test_h264_stays_as_it_is_coded(a):
    whole = encoded(_pictures(), Fraction(25))
    a.mkdir(parents=True)
    (a / "x.mp4").write_bytes(whole.data)
    np.testing.assert_array_equal(frames(_read(a / "x.mp4")), frames(whole))


def test_a_gif_is_read_by_the_times_of_its_frames(a):
    a.mkdir(parents=True)
    pictures = [Image.fromarray(p) for p in _pictures(6)]
    pictures[0].save(
        a / "x.gif",
        save_all=True,
        append_images=pictures[1:],
        duration=[100, 100, 300, 100, 100, 100],
        loop=0,
    )
    clip = _read(a / "x.gif")
    assert clip.seconds == pytest.approx(0.8, abs=0.11)
    seen = frames(clip).astype(int).mean((1, 2, 3))
    assert (np.diff(seen) > -2).all()


def test_what_players_turn_is_upright(a):
    path = _written(a / "x.mp4", _pictures(12))
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 40
    data[at : at + 36] = np.array([0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000], ">i4").tobytes()
    path.write_bytes(data)
    upright = [np.ascontiguousarray(np.rot90(p, -1)) for p in _pictures(12)]
    assert _off(_read(path), upright) < 12


def test_frames_at_uneven_times_keep_them(a):
    clip = _read(_written(a / "x.mkv", _pictures(8), times=[0, 1, 2, 10, 11, 20, 21, 40]))
    assert clip.frames == 8
    assert clip.seconds == pytest.approx(41 / 25, abs=0.1)


def test_sound_is_left_out(a):
    clip = _read(_written(a / "x.mp4", _pictures(), sound=True))
    with av.open(BytesIO(clip.data)) as file:
        assert [stream.type for stream in file.streams] == ["video"]


def test_odd_sides_are_read(a):
    pictures = _pictures(12, (49, 65))
    clip = _read(_written(a / "x.gif", pictures, codec="gif"))
    assert (clip.height, clip.width) == (48, 64)


def test_a_size_brings_all_to_it(a):
    clip = _read(_written(a / "x.mp4", _pictures(12)), VideoFolder(size=(32, 24)))
    assert (clip.width, clip.height, clip.frames) == (32, 24, 12)


def test_a_long_file_is_read_in_windows_that_leave_no_frame_out(a):
    path = _written(a / "x.mp4", _pictures(110), options={"g": "10", "bf": "0"})
    reader = VideoFolder(window_s=1.2)
    found = list(reader.items(a.parent, "train"))
    assert [f.place for f in found] == [f"a/x.mp4#window={i}" for i in range(4)]
    clips = [reader.decode(reader.raw(a.parent, f.place)) for f in found]
    assert sum(c.frames for c in clips) == 110
    np.testing.assert_array_equal(np.concatenate([frames(c) for c in clips]), frames(_read(path)))


def test_a_table_gives_the_span_of_the_word_that_is_the_class(a):
    _written(a / "x.mp4", _pictures())
    _written(a / "y.mp4", _pictures())
    _written(a.parent / "b" / "z.mp4", _pictures())
    (a.parent.parent / "words.csv").write_text(
        "file,word,first_frame,end_frame\nsource/a/x.mp4,a,3,9\nsource/a/x.mp4,b,9,20\na/y.mp4,a,4,8\nb/z.mp4,a,1,2\n"
    )
    found = list(VideoFolder(spans="words.csv").items(a.parent, "train"))
    assert found[:2] == [
        Found("a/x.mp4", "a", {"span": [3, 9]}), Found("a/y.mp4", "a", {"span": [4, 8]})
    ]  # fmt: skip
    assert isinstance(found[2], Quarantined)
    assert "no row" in found[2].reason


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ("file,word,first_frame\n", "lacks the column 'end_frame'"),
        ("file,word,first_frame,end_frame\na/x.mp4,a,1,x\n", "row 2: first_frame and end_frame are whole"),
    ],
)
def test_a_table_that_makes_no_sense_is_an_error_with_its_row(a, table, reason):
    _written(a / "x.mp4", _pictures(3))
    (a.parent.parent / "words.csv").write_text(table)
    with pytest.raises(SourceError, match=reason):
        list(VideoFolder(spans="words.csv").items(a.parent, "train"))


def test_an_empty_span_costs_its_own_file_and_only_where_it_is_the_class(a):
    for name in ("x", "y"):
        _written(a / f"{name}.mp4", _pictures(3))
    rows = ("a/x.mp4,a,5,5", "a/y.mp4,a,0,2", "a/y.mp4,at,2,2")
    (a.parent.parent / "words.csv").write_text("\n".join(["file,word,first_frame,end_frame", *rows]))
    lost, found = VideoFolder(spans="words.csv").items(a.parent, "train")
    assert lost.reason == "words.csv says that 'a' stands from frame 5 to 5: that is empty"
    assert found == Found("a/y.mp4", "a", {"span": [0, 2]})


def test_a_table_that_is_not_there_is_an_error(a):
    a.mkdir(parents=True)
    with pytest.raises(SourceError, match=r"'words\.csv' is not there"):
        list(VideoFolder(spans="words.csv").items(a.parent, "train"))


def _refused(path, match, reader=READER):
    with pytest.raises(UnreadableItem, match=match):
        _read(path, reader)


def test_a_file_that_is_cut_short_is_refused(a):
    path = _written(a / "x.mp4", _pictures(60), movflags="+faststart")
    path.write_bytes(path.read_bytes()[:-1500])
    _refused(path, "cut short|damaged|lies")
    other = _written(a / "y.mp4", _pictures(60))
    other.write_bytes(other.read_bytes()[: other.stat().st_size // 2])
    _refused(other, "damaged or no video")


def test_a_file_whose_frames_are_garbage_is_refused(a):
    path = _written(a / "x.mp4", _pictures(40))
    data = bytearray(path.read_bytes())
    start = data.index(b"mdat") + 4
    end = min(data.find(b"moov") - 4 if data.find(b"moov") > start else len(data), len(data))
    data[start + 900 : end] = np.random.default_rng(1).bytes(end - start - 900)
    path.write_bytes(data)
    _refused(path, "damaged|ended the process")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"#EXTM3U\nhttp://127.0.0.1:9/x.ts\n", "no MP4"),
        (b"ffconcat version 1.0\nfile /etc/hostname\n", "no MP4"),
        (b"\0\0\0\x18ftypmp42" + bytes(40), "damaged or no video"),
        (b"GIF89a" + bytes(20), "damaged|no frame"),
    ],
)
def test_other_files_are_refused_in_words(a, data, reason):
    a.mkdir(parents=True)
    (a / "x.mp4").write_bytes(data)
    _refused(a / "x.mp4", reason)


def test_a_header_that_promises_more_than_is_there_is_refused(a):
    path = _written(a / "x.mkv", _pictures(30))
    data = bytearray(path.read_bytes())
    at = data.index(b"\x44\x89\x88") + 3
    data[at : at + 8] = np.array([9e6], ">f8").tobytes()
    path.write_bytes(data)
    _refused(path, "header lies")
    assert len(list(READER.items(a.parent, "train"))) == 75


def test_more_frames_or_pixels_than_allowed_are_refused(a):
    path = _written(a / "x.mp4", _pictures())
    _refused(path, "more than 20 frames", VideoFolder(max_frames=20))
    _refused(path, "more than max_pixels", VideoFolder(max_pixels=999))
    _refused(path, "more than max_bytes", VideoFolder(max_bytes=99))


def test_a_file_that_takes_too_long_is_refused_and_the_next_one_read(a):
    path = _written(a / "x.mp4", _pictures())
    _refused(path, r"more than 1e-05 s", VideoFolder(max_seconds=1e-5, max_memory_mb=1999))
    assert _read(path, VideoFolder(max_memory_mb=1999)).frames == 30


def test_a_file_that_needs_too_much_memory_is_refused(a):
    pictures = [np.zeros((1080, 1920, 3), np.uint8)] * 40
    path = _written(a / "x.avi", pictures, codec="mpeg4")
    _refused(path, "memory|ended the process|damaged", VideoFolder(max_memory_mb=400))
    assert _read(_written(a / "y.mp4", _pictures()), VideoFolder(max_memory_mb=400)).frames == 30


def test_a_file_that_is_gone_is_unreadable(a):
    path = _written(a / "x.mp4", _pictures())
    shutil.rmtree(a)
    _refused(path, "gone")
