import numpy as np
import pytest
from tiny_sentences import sentence_model

from synthgen import registry
from synthgen.contract import LabelContract
from synthgen.errors import ModelError
from synthgen.filters.label_agreement import LabelAgreement
from synthgen.mixture import Mixture, Synthetic, Use
from synthgen.models.text_backbone import TextBackbone
from synthgen.models.text_classifier import TextReference
from synthgen.sample import Candidate, Sample

NAMES, CONTRACT = ["few", "many"], LabelContract()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return str(sentence_model(tmp_path_factory.mktemp("model")))


def texts(n, seed=0):
    rng = np.random.default_rng(seed)
    words = {"few": ["a", "short", "one", "few"], "many": ["another", "text", "with", "more", "words"]}
    return [" ".join(rng.choice(words[c], 6)) for c in NAMES for _ in range(n)], np.repeat([0, 1], n)


def test_a_head_on_a_sentence_model_learns_what_the_model_shows(folder, tmp_path):
    backbone = TextReference().on_backbone(folder)
    some, labels = texts(20)
    learnt = backbone.train_mixture(Mixture(some, labels), NAMES, CONTRACT, tmp_path, steps=200, seed=0)
    unseen, truth = texts(30, seed=3)
    found = backbone.predict(backbone.load(tmp_path, "cpu"), unseen)
    assert (found.argmax(1) == truth).mean() > 0.9
    assert learnt.losses[-1] < learnt.losses[0]


def test_synthetic_texts_with_wrong_labels_teach_the_wrong_thing(folder, tmp_path):
    backbone = TextBackbone(folder)
    some, labels = texts(20)
    wrong = Synthetic(
        some[:20], np.eye(2, dtype=np.float32)[[1] * 20], np.ones(20, np.int64), np.full(20, -1)
    )
    mixture = Mixture(some, labels, synthetic=wrong, use=Use(share=1.0))
    backbone.train_mixture(mixture, NAMES, CONTRACT, tmp_path, steps=200, seed=0)
    few = backbone.predict(backbone.load(tmp_path, "cpu"), texts(20, seed=3)[0][:20])
    assert few[:, 1].mean() > 0.3


def test_features_know_no_neighbours(folder):
    some, _ = texts(20)
    together = TextBackbone(folder).features(some, "cpu")
    again = TextBackbone(folder)
    np.testing.assert_array_equal(together, np.concatenate([again.features([text], "cpu") for text in some]))


def test_the_label_filter_may_judge_by_it(folder, tmp_path):
    some, labels = texts(15)
    train = [
        Sample(str(i), "text", NAMES[c], lambda t=t: t)
        for i, (t, c) in enumerate(zip(some, labels, strict=True))
    ]
    kind, judge = registry.find("modalities", "text")(), LabelAgreement(backbone=folder, folds=3, steps=150)
    judge.fit(kind, train, None, CONTRACT, tmp_path, 0, lambda *_: None)
    model = judge.load(kind, tmp_path, "cpu")
    few = texts(10, seed=5)[0][:10]
    right = judge.score(kind, [Candidate(text, "few") for text in few], model)
    wrong = judge.score(kind, [Candidate(text, "many") for text in few], model)
    assert sum(v.passed for v in right) >= 8
    assert sum(v.passed for v in wrong) <= 2


def test_what_is_no_model_is_refused_with_what_to_give(tmp_path):
    with pytest.raises(ModelError, match="is no folder"):
        TextReference().on_backbone(str(tmp_path / "nothing"))
