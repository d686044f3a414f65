import typing

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from synthgen.contract import LabelContract, Refusal
from synthgen.errors import ModelError, RecipeError
from synthgen.generators.image import img2img
from synthgen.generators.image.img2img import Img2Img
from synthgen.models import pipelines
from synthgen.sample import Failed, Job, Sample, Work
from synthgen.seeds import folder_sha256, numpy_rng


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


def parent(i=0, height=24, width=40):
    picture = numpy_rng("parent", i).integers(0, 256, (height, width, 3), np.uint8)
    return Sample(f"{i:032x}", "image", "ab"[i % 2], lambda: picture)


def works(generator, n=6, label="a"):
    made = []
    for i in range(n):
        job = Job(0, label, i, (parent(i).id,), {"redraw": generator.strength_range}, 0)
        made.append(Work(job, (parent(i),), generator.draw(job, (parent(i),), numpy_rng("draw", i))))
    return made


@pytest.mark.parametrize("kind", ["sd", "turbo", "sdxl", "sdxl-turbo"])
def test_a_given_model_of_every_class_redraws_at_the_parents_size(tiny_diffusion, kind):
    generator = Img2Img(model=str(tiny_diffusion / kind), steps=2, guidance_range=(1.5, 3))
    folder = generator.given_model()
    made = generator.make(works(generator, 3), generator.load(folder, "cpu"))
    assert [m.payload.shape for m in made] == [(24, 40, 3)] * 3
    assert generator.learns() is None


@pytest.mark.parametrize("guidance", [(1.0, 1.0), (1.0, 4.0)])
def test_the_batch_size_asked_for_changes_nothing(tiny_diffusion, guidance):
    generators = [
        Img2Img(model=str(tiny_diffusion / "sd"), guidance_range=guidance, batch_size=size, steps=4)
        for size in (1, 2, 16)
    ]
    assert len({str(g.identity()) for g in generators}) == 1
    model = generators[0].load(tiny_diffusion / "sd", "cpu")
    first, *others = [[m.payload.tobytes() for m in g.make(works(g, 5), model)] for g in generators]
    assert others == [first, first]


@pytest.mark.parametrize(
    ("strength", "steps", "expected"),
    [(0.3, 1, (4, 1)), (0.5, 2, (2, 1)), (1.0, 1, (1, 1)), (0.6, 10, (10, 6))],
)
def test_models_of_few_steps_take_at_least_one(strength, steps, expected):
    generator = Img2Img(model="x", strength_range=(strength, strength), steps=steps)
    task = generator._task(works(generator, 1)[0], 32)
    assert (task.steps, task.taken) == expected


def test_the_strength_stays_inside_the_bounds_of_the_job():
    generator = Img2Img(strength_range=(0.2, 0.9))
    job = Job(0, "a", 0, ("p",), {"redraw": (0.4, 0.5)}, 0)
    drawn = [generator.applied(generator.draw(job, (), numpy_rng(i)))["redraw"] for i in range(100)]
    assert 0.4 <= min(drawn) < 0.42
    assert 0.48 < max(drawn) <= 0.5


def test_a_class_that_tolerates_no_redrawing_is_refused():
    contract = LabelContract.model_validate({"label": {"a": {"redraw": 0.1}}})
    assert isinstance(contract.routes(Img2Img().effects(), "a", ["a", "b"]), Refusal)


def test_a_common_class_is_redrawn_as_a_rare_one_only_where_the_contract_says_so():
    generator = Img2Img(recast=True)
    contract = LabelContract.model_validate({"label": {"paper": {"recast": {"relabel": "trash"}}}})
    own, other = contract.routes(generator.effects(), "trash", ["glass", "paper", "trash"])
    assert (own.parent_label, other.parent_label) == ("trash", "paper")
    drawn = {}
    for route in (own, other):
        job = Job(0, "trash", 0, ("p",), route.bounds, 0)
        drawn[route.parent_label] = generator.draw(job, (), numpy_rng(0))
    assert [generator.applied(drawn[label])["recast"] for label in ("trash", "paper")] == [0.0, 1.0]
    assert "trash" in drawn["paper"]["prompt"]
    for silent in (generator, Img2Img()):
        [alone] = LabelContract().routes(silent.effects(), "trash", ["paper", "trash"])
        assert alone.parent_label == "trash"
    [alone] = contract.routes(Img2Img().effects(), "trash", ["paper", "trash"])
    assert alone.parent_label == "trash"


def test_the_small_model_hears_of_no_negative_prompt_and_a_given_one_does():
    assert works(Img2Img(prompt="photo"), 1)[0].draw["negative"] == ""
    assert works(Img2Img(prompt="photo", model="x"), 1)[0].draw["negative"] != ""


def test_training_follows_the_contract_class_by_class():
    contract = LabelContract.model_validate(
        {"every": {"mirror": True}, "label": {"a": {"mirror": False, "shift": 0}, "b": {"shift": 0.03}}}
    )
    generator = Img2Img()
    freedom = {label: generator._freedom(contract, label, 32) for label in "abc"}
    assert freedom == {"a": (False, 0), "b": (True, 1), "c": (True, 2)}
    assert generator._freedom(LabelContract(), "a", 32) == (False, 2)


def test_the_trained_model_depends_on_the_prompt_and_the_training_settings():
    base = Img2Img()
    assert base.learns() == Img2Img(strength_range=(0.1, 0.2), steps=4, batch_size=1).learns()
    for changed in ({"prompt": "digit"}, {"fit_steps": 3}, {"size": 64}, {"mirror": False}):
        assert Img2Img(**changed).learns() != base.learns()


def test_loaded_models_are_shared_only_by_entries_that_load_alike():
    base = Img2Img(model="x").compute("cpu")
    assert base == Img2Img(model="x", strength_range=(0.1, 0.2)).compute("cpu")
    for changed in ({"scheduler": "ddim"}, {"size": 64}, {"guidance_range": (1, 3)}, {"dtype": "bfloat16"}):
        assert Img2Img(model="x", **changed).compute("cpu") != base


def test_the_same_training_gives_the_same_folder(tmp_path):
    generator = Img2Img(fit_steps=2, fit_batch=4, size=16)
    for name in "xy":
        (tmp_path / name).mkdir()
        generator.fit([parent(i) for i in range(8)], LabelContract(), tmp_path / name, 5, lambda *_: None)
    assert folder_sha256(tmp_path / "x") == folder_sha256(tmp_path / "y")


def test_a_picture_of_no_numbers_fails_alone_with_a_remedy(tiny_diffusion):
    generator = Img2Img(model=str(tiny_diffusion / "sd"))
    model = generator.load(tiny_diffusion / "sd", "cpu")
    model.pipeline.unet.conv_out.bias.fill_(float("nan"))
    [made] = generator.make(works(generator, 1), model)
    assert isinstance(made, Failed)
    assert "float32" in made.reason


def test_the_schedulers_are_those_that_can_be_opened():
    offered = set(typing.get_args(img2img.Scheduler))
    assert offered == {*pipelines.SCHEDULERS, "model"}


@pytest.mark.parametrize(
    "settings",
    [{"strength_range": (0, 0.5)}, {"strength_range": (0.6, 0.5)}, {"size": 33}, {"scheduler": "pndm"}],
)
def test_settings_that_make_no_sense_are_refused(settings):
    with pytest.raises(ValidationError):
        Img2Img(**settings)


def test_an_unknown_prompt_or_model_is_a_clear_error(tmp_path):
    with pytest.raises(RecipeError, match="no prompt"):
        Img2Img(prompt="nothing like it").prompts(["a"])
    with pytest.raises(ModelError, match="does not exist"):
        Img2Img(model=str(tmp_path / "none")).given_model()
