import typing
from fractions import Fraction

import numpy as np
import pytest
import torch
from moving_bar import barred, drawn, sample
from pydantic import ValidationError

from synthgen.contract import LabelContract, Refusal
from synthgen.generators.video.img2img import Img2Img
from synthgen.models import clip_looks, pipelines
from synthgen.models.clip_frames import encoded, frames
from synthgen.readers.gestures import Gestures
from synthgen.sample import Failed, Job, Sample, Work
from synthgen.seeds import numpy_rng


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def whole():
    return barred(10)


@pytest.mark.parametrize("kind", ["sd", "sdxl-turbo"])
def test_a_given_model_redraws_all_frames_at_the_parents_size(tiny_diffusion, whole, kind):
    generator = Img2Img(model=str(tiny_diffusion / kind), steps=2, strength_range=(0.5, 0.5))
    model = generator.load(generator.given_model(), "cpu")
    parents = (sample(whole, (2, 6)),)
    (redrawn,) = generator.make([_work(generator, parents)], model)
    assert (redrawn.payload.frames, redrawn.payload.width, redrawn.payload.height) == (10, 28, 32)
    assert redrawn.annotations == {"span": [2, 6]}
    assert np.abs(frames(redrawn.payload).astype(int) - frames(whole)).mean() > 5
    assert generator.learns() is None


def test_all_frames_start_from_one_noise(tiny_diffusion):
    generator = Img2Img(model=str(tiny_diffusion / "sd"), steps=2, strength_range=(0.9, 0.9))
    model = generator.load(tiny_diffusion / "sd", "cpu")
    picture = numpy_rng("still").integers(0, 256, (32, 32, 3), np.uint8)
    alone, still = (encoded([picture] * n, Fraction(25), 10) for n in (1, 8))
    (one,), (all_of_them,) = (generator.make([_work(generator, (sample(c),))], model) for c in (alone, still))
    # Noises of their own would have been averaged away over time.
    apart = np.abs(frames(all_of_them.payload).astype(int) - frames(one.payload)).mean((1, 2, 3))
    assert apart.max() < 0.3 * np.abs(frames(one.payload).astype(int) - frames(alone)).mean()


def test_flicker_is_bound_by_that_of_the_parent(tiny_diffusion):
    reader = Gestures()
    clip = reader.decode(reader.raw(None, "wave/train/0000"))
    generator = Img2Img(model=str(tiny_diffusion / "sd"), steps=2, strength_range=(0.6, 0.6), flicker=1.5)
    model = generator.load(tiny_diffusion / "sd", "cpu")
    (redrawn,) = generator.make([_work(generator, (sample(clip),))], model)
    own, theirs = (clip_looks.unsteadiness(clip_looks.greys(c)) for c in (clip, redrawn.payload))
    assert theirs <= max(0.003, 1.7 * own)


def test_long_clips_and_numbers_that_are_none_make_no_sample(tiny_diffusion, whole):
    short = Img2Img(model=str(tiny_diffusion / "sd"), most_frames=9)
    model = short.load(tiny_diffusion / "sd", "cpu")
    (answer,) = short.make([_work(short, (sample(whole),))], model)
    assert isinstance(answer, Failed)
    assert "most_frames = 9" in answer.reason
    model.pipeline.unet.conv_out.bias.fill_(float("nan"))
    usual = Img2Img(model=str(tiny_diffusion / "sd"))
    (answer,) = usual.make([_work(usual, (sample(whole),))], model)
    assert "float32" in answer.reason


def test_a_small_one_is_trained_on_frames_and_repeats(tmp_path, whole):
    generator = Img2Img(fit_steps=2, fit_batch=4, size=16)
    train = [Sample(str(i), "video", "ab"[i % 2], lambda: whole) for i in range(4)]
    for name in "xy":
        (tmp_path / name).mkdir()
        generator.fit(train, LabelContract(), tmp_path / name, 5, lambda *_: None)
    one, other = (generator.load(tmp_path / name, "cpu") for name in "xy")
    work = _work(generator, (sample(whole),))
    assert [generator.make([work], m)[0].payload.data for m in (one,)] == [
        generator.make([work], other)[0].payload.data
    ]


def test_a_class_that_tolerates_no_redrawing_is_refused():
    contract = LabelContract.model_validate({"label": {"a": {"redraw": 0.1}}})
    assert isinstance(contract.routes(Img2Img().effects(), "a", ["a"]), Refusal)


def test_the_schedulers_are_those_that_can_be_opened():
    offered = set(typing.get_args(Img2Img.model_fields["scheduler"].annotation))
    assert offered == {*pipelines.SCHEDULERS, "model"}


@pytest.mark.parametrize("settings", [{"flicker": 0.5}, {"strength_range": (0, 0.5)}, {"size": 33}])
def test_settings_that_make_no_sense_are_refused(settings):
    with pytest.raises(ValidationError):
        Img2Img(**settings)


def _work(generator, parents):
    job = Job(0, "a", 0, tuple(p.id for p in parents), {}, 0)
    return Work(job, parents, drawn(generator, parents))
