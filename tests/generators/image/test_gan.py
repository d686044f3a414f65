import numpy as np
import pytest
from pydantic import ValidationError

from synthgen.contract import LabelContract
from synthgen.errors import ModelError, SourceError
from synthgen.generators.image.gan import MOST_PICTURES, Gan
from synthgen.models.gan_draws import fair_part
from synthgen.sample import Failed, Job, Sample, Work
from synthgen.seeds import numpy_rng

TINY = Gan(size=16, fit_steps=2, fit_batch=4)


def _silent(done: int, total: int, seen: str) -> None:
    pass


def _sample(label: str | None, at: int, height: int = 20, width: int = 28) -> Sample:
    def load() -> np.ndarray:
        return np.random.default_rng(at).integers(0, 256, (height, width, 3), np.uint8)

    return Sample(f"{label}{at}", "image", label, load)


TRAIN = [_sample("6" if i % 3 else "left hand", i) for i in range(12)] + [_sample("6", 99, 40, 40)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gan")
    TINY.fit(TRAIN, LabelContract(), folder, 0, _silent)
    return folder


def _work(gan: Gan, label: str, index: int) -> Work:
    job = Job(0, label, index, (), {}, 0)
    return Work(job, (), gan.draw(job, (), numpy_rng("test", label, index)))


def test_pictures_have_the_size_that_most_training_pictures_had(folder):
    made = TINY.make([_work(TINY, "6", 0), _work(TINY, "left hand", 1)], TINY.load(folder, "cpu"))
    assert [one.payload.shape for one in made] == [(20, 28, 3)] * 2
    assert made[0].payload.dtype == np.uint8


def test_a_picture_is_the_same_alone_and_in_any_batch(folder):
    model = TINY.load(folder, "cpu")
    works = [_work(TINY, "6" if i % 2 else "left hand", i) for i in range(70)]
    together = TINY.make(works, model)
    for i in (0, 33, 69):
        np.testing.assert_array_equal(TINY.make([works[i]], model)[0].payload, together[i].payload)


def test_different_jobs_give_different_pictures(folder):
    made = TINY.make([_work(TINY, "6", i) for i in range(8)], TINY.load(folder, "cpu"))
    assert len({one.payload.tobytes() for one in made}) == 8


def test_full_truncation_leaves_one_picture_a_class(folder):
    gan = TINY.model_copy(update={"truncation": 0.0})
    made = gan.make([_work(gan, "6", i) for i in range(4)], gan.load(folder, "cpu"))
    assert len({one.payload.tobytes() for one in made}) == 1


def test_a_class_that_the_model_does_not_know_fails_alone(folder):
    made = TINY.make([_work(TINY, "7", 0), _work(TINY, "6", 0)], TINY.load(folder, "cpu"))
    assert made[0] == Failed("the model knows no class '7'")
    assert made[1].payload.shape == (20, 28, 3)


def test_a_folder_saved_earlier_takes_the_place_of_training(folder):
    gan = Gan(model=str(folder))
    assert gan.learns() is None
    assert gan.cost(1000) == 0
    assert gan.given_model() == folder
    assert len(gan.make([_work(gan, "6", 0)], gan.load(gan.given_model(), "cpu"))) == 1


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ModelError, match="no folder"):
        Gan(model=str(tmp_path / "nothing")).given_model()


def test_settings_of_sampling_do_not_train_anew():
    assert Gan(truncation=0.5).learns() == Gan().learns()
    assert Gan(fit_steps=10).learns() != Gan().learns()


def test_training_pictures_are_varied_inside_the_contract():
    contract = LabelContract(
        every={"mirror": True, "turn": 5}, label={"6": {"turn": False, "mirror": {"relabel": "9"}}}
    )
    assert Gan()._vary(contract, "0") == ((-5, 5), (-0.04, 0.04), (0.92, 1.08), True)
    assert Gan()._vary(contract, "6") == ((0, 0), (-0.04, 0.04), (0.92, 1.08), False)
    assert Gan()._vary(LabelContract(), "0").mirror is False


def test_pictures_without_labels_are_refused(tmp_path):
    with pytest.raises(SourceError, match="labelled"):
        TINY.fit([_sample(None, 0)], LabelContract(), tmp_path, 0, _silent)


def test_a_large_source_is_thinned_and_rare_classes_stay_whole():
    many = [_sample("common", i) for i in range(200)] + [_sample("rare", i) for i in range(7)]
    part = fair_part(many, 100)
    assert len(part) <= 100
    assert sum(one.label == "rare" for one in part) == 7
    assert fair_part(many, MOST_PICTURES) is many


def test_a_size_that_is_no_power_of_two_is_refused():
    with pytest.raises(ValidationError, match="power of two"):
        Gan(size=48)
