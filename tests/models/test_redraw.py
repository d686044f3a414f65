import numpy as np
import pytest
import torch

from synthgen.models.pipelines import open_img2img
from synthgen.models.redraw import Redrawer, Task
from synthgen.seeds import numpy_rng, torch_rng

PROMPT, NEGATIVE = "a photo of a cat", "a photo of a dog"
KINDS = ["sd", "turbo", "sdxl", "sdxl-turbo"]


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


def task(i=0, taken=3, guidance=2.0, **changes):
    picture = numpy_rng("source", i).integers(0, 256, (32, 32, 3), np.uint8)
    return Task(picture, PROMPT, NEGATIVE, 5, taken, guidance, i)._replace(**changes)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("guidance", [1.0, 4.0])
def test_a_picture_is_what_the_unmodified_pipeline_makes(tiny_diffusion, kind, guidance):
    pipeline = open_img2img(tiny_diffusion / kind, "cpu")
    redrawer = Redrawer(pipeline, 32, 4, guided=guidance > 1)
    one = task(guidance=guidance)
    [ours] = redrawer([one])
    theirs = pipeline(
        prompt=PROMPT, negative_prompt=NEGATIVE, image=redrawer._source(one.picture), strength=0.6 + 1e-6,
        num_inference_steps=5, guidance_scale=guidance, generator=[torch_rng("redraw", 0)], output_type="np",
    ).images[0]  # fmt: skip
    assert np.abs(ours - theirs * 255).max() <= 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_depends_on_its_task_alone(tiny_diffusion, kind):
    redrawer = Redrawer(open_img2img(tiny_diffusion / kind, "cpu"), 32, 4, guided=True)
    tasks = [task(i, taken=1 + i % 3, guidance=1 + i / 4) for i in range(11)]
    together = redrawer(tasks)
    for one, made in zip(tasks[::-1], together[::-1], strict=True):
        np.testing.assert_array_equal(redrawer([one])[0], made)


def test_more_steps_taken_move_a_picture_further(tiny_diffusion):
    redrawer = Redrawer(open_img2img(tiny_diffusion / "sd", "cpu"), 32, 4, guided=False)
    source = redrawer._decoded(redrawer._source(task().picture).repeat(4, 1, 1, 1))[0].astype(int)
    moved = [np.abs(redrawer([task(taken=taken)])[0] - source).mean() for taken in (1, 3, 5)]
    assert moved == sorted(moved)


def test_sources_and_prompts_are_encoded_once(tiny_diffusion):
    redrawer = Redrawer(open_img2img(tiny_diffusion / "sd", "cpu"), 32, 4, guided=False)
    redrawer([task(), task(noise_seed=5), task(taken=2)])
    assert len(redrawer._latents) == len(redrawer._words) == 1


def test_numbers_that_are_none_give_no_picture(tiny_diffusion):
    pipeline = open_img2img(tiny_diffusion / "sd", "cpu")
    pipeline.unet.conv_out.bias.fill_(float("nan"))
    assert Redrawer(pipeline, 32, 4, guided=False)([task()]) == [None]
