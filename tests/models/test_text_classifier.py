import json

import numpy as np
import pytest

from synthgen.contract import LabelContract
from synthgen.errors import ModelError
from synthgen.mixture import Mixture, Sampling, Synthetic, Use
from synthgen.models.text_classifier import TextReference, train_mixture
from synthgen.models.text_moves import dropped, limits
from synthgen.seeds import numpy_rng

NAMES = ("food", "rain")
WORDS = (("bread", "soup", "cheese", "butter", "apple"), ("storm", "cloud", "thunder", "drizzle", "flood"))
REST = ("the", "was", "here", "today", "quite", "again", "we", "saw", "some", "near")


def text(label: int, rng) -> str:
    words = [*rng.choice(WORDS[label], 2), *rng.choice(REST, 5)]
    return " ".join(words[i] for i in rng.permutation(len(words)))


def some(n: int, seed: int, rare_share: float = 0.5):
    rng = numpy_rng("texts", seed)
    labels = (rng.random(n) < rare_share).astype(np.int64)
    labels[:2] = 0, 1
    return [text(label, rng) for label in labels], labels


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    texts, labels = some(60, 1)
    TextReference().train(texts, labels, NAMES, LabelContract(), folder, steps=150, seed=3)
    return folder


def test_it_tells_texts_apart_that_it_has_not_seen(trained):
    texts, labels = some(200, 2)
    predicted = TextReference().predict(TextReference().load(trained, "cpu"), texts)
    np.testing.assert_allclose(predicted.sum(1), 1, atol=1e-6)
    assert (predicted.argmax(1) == labels).mean() > 0.97


def test_the_same_arguments_write_the_same_bytes(trained, tmp_path):
    texts, labels = some(60, 1)
    TextReference().train(texts, labels, NAMES, LabelContract(), tmp_path, steps=150, seed=3)
    for path in sorted(trained.iterdir()):
        assert path.read_bytes() == (tmp_path / path.name).read_bytes()


def test_a_prediction_does_not_depend_on_its_neighbours(trained):
    model, texts = TextReference().load(trained, "cpu"), [*some(20, 5)[0], "", "🦊", "x" * 9000]
    together = TextReference().predict(model, texts)
    alone = np.concatenate([TextReference().predict(model, [one]) for one in texts])
    np.testing.assert_array_equal(together, alone)


def test_logit_adjustment_finds_more_of_a_rare_class(tmp_path):
    rng = numpy_rng("noisy")
    texts, labels = some(200, 7, rare_share=0.05)
    texts = [f"{one} {' '.join(rng.choice(WORDS[rng.integers(2)], 3))}" for one in texts]
    recalls = []
    for tau in (0.0, 1.0):
        folder = tmp_path / str(tau)
        mixture = Mixture(texts, labels, Sampling(balanced=False, reach=0, tau=tau))
        train_mixture(mixture, NAMES, LabelContract(), folder, steps=150, seed=0)
        test, truth = some(300, 8)
        said = TextReference().predict(TextReference().load(folder, "cpu"), test).argmax(1)
        recalls.append((said[truth == 1] == 1).mean())
    assert recalls[1] > recalls[0] + 0.1


def test_synthetic_texts_teach_words_that_no_real_one_has(tmp_path):
    texts, labels = some(40, 9)
    new = [f"sunshine {one}" for one in REST]
    synthetic = Synthetic(new, np.tile(np.float32([0, 1]), (10, 1)), np.ones(10, np.int64), np.full(10, -1))
    for use, finds in ((Use(share=0.5), True), (Use(share=0.0), False)):
        folder = tmp_path / str(finds)
        learnt = train_mixture(
            Mixture(texts, labels, Sampling(), synthetic, use),
            NAMES,
            LabelContract(),
            folder,
            steps=150,
            seed=0,
        )
        said = TextReference().predict(TextReference().load(folder, "cpu"), ["sunshine sunshine"])[0]
        assert (said[1] > 0.7) == finds
        assert learnt.losses[-1] < learnt.losses[0]


def test_a_text_that_is_half_of_two_classes_is_learnt_as_such(tmp_path):
    texts, labels = some(40, 9)
    both = Synthetic(
        ["mud"] * 4, np.tile(np.float32([0.5, 0.5]), (4, 1)), np.ones(4, np.int64), np.full(4, -1)
    )
    mixture = Mixture(texts, labels, Sampling(), both, Use(share=0.9))
    train_mixture(mixture, NAMES, LabelContract(), tmp_path, steps=200, seed=0)
    said = TextReference().predict(TextReference().load(tmp_path, "cpu"), ["mud"])[0]
    assert 0.3 < said[0] < 0.7


def test_a_contract_that_keeps_all_words_leaves_texts_as_they_are():
    texts, labels = some(20, 4)
    contract = LabelContract.model_validate({"label": {"food": {"drop_words": False}}})
    assert limits(NAMES, contract).tolist() == pytest.approx([0, 0.15])
    varied = TextReference().varied(texts, labels, NAMES, contract, seed=1)
    same = np.array([a == b for a, b in zip(texts, varied, strict=True)])
    assert same[labels == 0].all()
    assert not same[labels == 1].all()
    assert varied == TextReference().varied(texts, labels, NAMES, contract, seed=1)


def test_dropping_words_leaves_the_others_and_their_blanks_alone():
    one = "  One,  two\tthree \n four five six seven"
    for i in range(50):
        left = dropped(one, 0.4, numpy_rng("drop", i))
        assert set(left.split()) <= set(one.split())
        assert len(left.split()) >= 5
    assert dropped("word", 1.0, numpy_rng("drop")) == "word"


def test_long_texts_are_cut_to_what_is_asked_for():
    assert TextReference().small("a b c d", 2) == "a b"
    assert TextReference().small(" as  it is ") == " as  it is "
    assert len(TextReference().small("word " * 5000).split()) == 1000


@pytest.mark.parametrize("broken", ["no model", "no config", "other classes"])
def test_a_folder_that_holds_something_else_is_an_error_in_words(broken, trained, tmp_path):
    for path in trained.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    if broken == "no model":
        (tmp_path / "model.safetensors").write_bytes(b"nothing")
    elif broken == "no config":
        (tmp_path / "config.json").unlink()
    else:
        config = json.loads((tmp_path / "config.json").read_text())
        (tmp_path / "config.json").write_text(json.dumps(config | {"classes": 7}))
    with pytest.raises(ModelError, match="remove the folder to train again"):
        TextReference().load(tmp_path, "cpu")
