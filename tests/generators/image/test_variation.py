import numpy as np
import pytest

from synthgen.contract import LabelContract, Refusal
from synthgen.errors import ModelError, SourceError
from synthgen.generators.image.variation import Variation
from synthgen.sample import Job, Sample, Work
from synthgen.seeds import numpy_rng

TINY = Variation(size=16, fit_steps=3, fit_batch=4)


def _silent(*_) -> None:
    pass


def _sample(label: str | None, i: int, shape: tuple[int, int] = (20, 28)) -> Sample:
    picture = np.random.default_rng(i).integers(0, 256, (*shape, 3), np.uint8)
    return Sample(str(i), "image", label, lambda: picture)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("variation")
    TINY.fit([_sample("ab"[i % 2], i) for i in range(6)], LabelContract(), folder, 0, _silent)
    return folder


def _work(parent: Sample, index: int, bounds=None) -> Work:
    job = Job(0, str(parent.label), index, (parent.id,), bounds or {}, 0)
    return Work(job, (parent,), TINY.draw(job, (parent,), numpy_rng("test", index)))


def test_noise_and_parent_both_tell(folder):
    model = TINY.load(folder, "cpu")
    works = [_work(_sample("a", i % 2), i // 2, {"vary": (1.0, 1.0)}) for i in range(8)]
    assert len({made.payload.tobytes() for made in TINY.make(works, model)}) == 8


def test_a_variation_has_the_size_of_its_parent_and_is_the_same_in_any_batch(folder):
    model = TINY.load(folder, "cpu")
    works = [_work(_sample("a", i, (17 + i, 30)), i) for i in range(40)]
    together = TINY.make(works, model)
    for i in (0, 31, 32, 39):
        assert together[i].payload.shape == (17 + i, 30, 3)
        np.testing.assert_array_equal(TINY.make(works[i : i + 1], model)[0].payload, together[i].payload)


def test_no_strength_leaves_the_parent_as_it_is(folder):
    parent = _sample("a", 0)
    made = TINY.make([_work(parent, 0, {"vary": (0.0, 0.0)})], TINY.load(folder, "cpu"))[0]
    np.testing.assert_allclose(made.payload.astype(int), parent.payload.astype(int), atol=1)


def test_a_contract_bounds_or_forbids_it():
    def routes(rule):
        return LabelContract(every={"vary": rule}).routes(TINY.effects(), "a", ())

    assert routes(0.5)[0].bounds["vary"] == (0.4, 0.5)
    assert isinstance(routes(False), Refusal)


def test_what_the_contract_bounds_is_cut_off_in_every_draw():
    bounds = {
        "turn": (-5, 5),
        "shift": (0, 0),
        "resize": (0.9, 1.5),
        "brightness": (0.5, 1.2),
        "hue": (-3, 9),
    }
    most = _work(_sample("a", 0), 0, bounds).draw["most"]
    wanted = {"turn": 5, "shift": 0, "resize": 1 / 0.9, "brightness": 1.2, "hue": 3}
    assert {name: high for name, (_, high) in most.items()} == pytest.approx(wanted)
    assert most["resize"][0] == pytest.approx(0.9)


def test_settings_of_making_do_not_train_anew():
    assert Variation(strength_range=(0.1, 0.2)).learns() == Variation().learns()
    assert Variation(fit_steps=10).learns() != Variation().learns()


def test_a_folder_saved_earlier_takes_the_place_of_training(folder, tmp_path):
    given = Variation(model=str(folder))
    assert given.learns() is None
    assert given.cost(1000) == 0
    assert given.given_model() == folder
    with pytest.raises(ModelError, match="no folder"):
        Variation(model=str(tmp_path / "nothing")).given_model()


@pytest.mark.parametrize("labels", [[], [None, None], ["a", "b", None]])
def test_a_source_without_two_pictures_of_a_class_is_refused(tmp_path, labels):
    with pytest.raises(SourceError, match="two labelled pictures"):
        TINY.fit([_sample(one, i) for i, one in enumerate(labels)], LabelContract(), tmp_path, 0, _silent)
