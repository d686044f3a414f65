"""Clips: MP4 files that repeat, and vectors that find copies and stretches of them."""

import numpy as np
import pytest

from synthgen.modalities.video import Video
from synthgen.models import clip_defects, clip_features
from synthgen.models.clip import cut
from synthgen.models.clip_frames import encoded, frames
from synthgen.seeds import numpy_rng

VIDEO = Video()


@pytest.fixture(scope="module")
def clips():
    return [VIDEO.specimen(numpy_rng("clips", i)) for i in range(12)]


def test_what_is_no_clip_is_refused():
    for other in (None, b"bytes", np.zeros((4, 8, 8, 3), np.uint8)):
        with pytest.raises(ValueError, match="a clip is"):
            VIDEO.check(other)


def test_a_clip_encoded_again_keeps_its_signature_and_a_stretch_of_it_does_not(clips):
    for i, clip in enumerate(clips):
        (copy,) = clip_defects.copies(clip, numpy_rng("copy", i)).values()
        stretch = cut(clip, 0, round(0.8 * clip.frames))
        own, again, part = clip_features.signature([clip, copy, stretch])
        assert np.abs(own - again).max() <= VIDEO.copy_tolerance
        assert np.abs(own - part).max() > 2 * VIDEO.copy_tolerance


@pytest.mark.parametrize(
    "kind", ["cut at an offset", "cut and encoded again", "mirrored", "brighter or darker", "backwards"]
)
def test_a_disguised_clip_is_among_the_parts_of_its_original_and_of_no_other(clips, kind):
    for i, clip in enumerate(clips):
        disguised = clip_defects.disguises(clip, numpy_rng("disguise", i))[kind]
        seen = clip_features.fingerprint([disguised])[0]
        assert 1 - (clip_features.parts(clip) @ seen).max() < VIDEO.leak_tolerance
        assert 1 - (clip_features.parts(clips[i - 1]) @ seen).max() > 2 * VIDEO.leak_tolerance


def test_the_first_part_is_the_whole(clips):
    for clip in clips[:3]:
        np.testing.assert_allclose(
            clip_features.parts(clip)[0], clip_features.fingerprint([clip])[0], atol=1e-6
        )


def test_a_grey_clip_is_blank(clips):
    assert "blank" in VIDEO.blank(VIDEO.emptied(clips[0]))
    assert VIDEO.emptied(clips[0]).frames == clips[0].frames


def test_embeddings_tell_what_moves_from_what_stands(clips):
    standing = encoded([frames(clips[0])[0]] * clips[0].frames, clips[0].rate)
    moving, copy, still = clip_features.embed([clips[0], clip_defects.again(clips[0], 22), standing])
    assert moving @ copy > 0.99
    assert moving @ still < 0.95
