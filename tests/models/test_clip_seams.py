import io
from fractions import Fraction

import av
import numpy as np
import pytest
from moving_bar import bars, places

from synthgen.models.clip import Clip, clip, cut
from synthgen.models.clip_frames import frames
from synthgen.models.clip_seams import recut

CODERS = {
    "plain": {"bf": "0"},
    "frames coded in another order": {"bf": "3", "b_strategy": "0"},
    "open groups": {"bf": "3", "b_strategy": "0", "x264-params": "open-gop=1"},
    "baseline": {"profile": "baseline"},
}


def coded(options: dict[str, str], codec: str = "libx264", n: int = 60) -> Clip:
    to = io.BytesIO()
    with av.open(to, "w", format="mp4") as file:
        stream = file.add_stream(codec, rate=Fraction(30000, 1001))
        pictures = bars(n)
        stream.height, stream.width = pictures.shape[1:3]
        stream.pix_fmt, stream.options = "yuv420p", {"g": "12", "keyint_min": "12", **options}
        for picture in pictures:
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")):
                file.mux(packet)
        for packet in stream.encode():
            file.mux(packet)
    return clip(to.getvalue())


@pytest.fixture(scope="module", params=CODERS, ids=list(CODERS))
def whole(request) -> Clip:
    return coded(CODERS[request.param])


def hidden(of: Clip) -> int:
    with av.open(io.BytesIO(of.data), format="mp4") as file:
        return sum(1 for p in file.demux(video=0) if p.size) - of.frames


@pytest.mark.parametrize(
    ("first", "end"), [(0, 60), (12, 36), (5, 41), (13, 14), (11, 12), (14, 23), (7, 60), (0, 31), (35, 49)]
)
def test_the_frames_asked_for_are_shown_and_none_is_hidden(whole, first, end):
    part = recut(whole, first, end)
    assert places(part) == list(range(first, end))
    assert hidden(part) == 0
    assert part.rate == whole.rate
    apart = np.abs(frames(part).astype(int) - frames(whole)[first:end]).mean((1, 2, 3))
    assert apart.max() < 3


def test_only_groups_at_the_edges_are_encoded_again():
    whole = coded(CODERS["plain"])
    part = recut(whole, 7, 55)
    same = (frames(part) == frames(whole)[7:55]).all((1, 2, 3))
    assert same[5:].all()  # from the keyframe at 12 on
    assert not same[:5].all()
    body = cut(whole, 12, 24).data.split(b"mdat", 1)[1]
    assert body in part.data


def test_where_frames_are_coded_in_another_order_both_edges_are():
    whole = coded({"bf": "3", "b_strategy": "0", "refs": "1"})
    assert hidden(cut(whole, 7, 40)) > 0
    part = recut(whole, 7, 40)
    same = (frames(part) == frames(whole)[7:40]).all((1, 2, 3))
    inner = [k - 7 for k in whole.keyframes if 7 <= k < 40]
    assert len(inner) > 1
    assert same[inner[0] : inner[-1]].all()
    assert not same[: inner[0]].any()
    assert not same[inner[-1] :].all()


def test_a_recut_clip_is_cut_again_by_either_way(whole):
    once = recut(whole, 7, 55)
    assert places(cut(once, 2, 30)) == list(range(9, 37))
    assert places(recut(once, 2, 30)) == list(range(9, 37))
    assert places(recut(recut(once, 2, 30), 1, 9)) == list(range(10, 18))


def test_another_codec_is_encoded_again_as_a_whole():
    whole = coded({}, "mpeg4")
    part = recut(whole, 7, 30)
    assert places(part) == list(range(7, 30))
    assert hidden(part) == 0


def test_it_repeats(whole):
    assert recut(whole, 5, 41).data == recut(whole, 5, 41).data
