import numpy as np
import pytest
from real_digits import IMAGE, Fit, as_sample, real
from tiny_sentences import WORDS, sentence_model

from synthgen.contract import LabelContract
from synthgen.filters.leakage import Leakage
from synthgen.modalities.text import Text
from synthgen.sample import Candidate, Sample
from synthgen.seeds import numpy_rng

CLASSES = "0347"
TEXT = Text()


@pytest.fixture(scope="module")
def fit(tmp_path_factory) -> Fit:
    train, holdout = real("train", 40, CLASSES), real("holdout", 20, CLASSES)
    return Fit(Leakage(), tmp_path_factory.mktemp("leakage"), train, holdout)


def test_holdout_samples_are_caught_in_every_disguise(fit):
    rng = numpy_rng("leaks")
    for sample in real("holdout", 20, CLASSES)[::8]:
        for kind, other in (IMAGE.copies(sample.payload, rng) | IMAGE.disguises(sample.payload, rng)).items():
            verdict = fit.judge(other, sample.label)
            assert not verdict.passed, kind
            assert "holdout" in verdict.reason


def test_real_samples_are_not_accused(fit):
    assert fit.passed(real("train", 40, CLASSES)) >= 0.985


def test_the_threshold_comes_from_the_distance_between_train_and_holdout(fit):
    assert fit.facts["threshold"] == min(fit.facts["real train samples keep"], IMAGE.leak_tolerance)


def test_without_a_holdout_everything_passes_and_that_is_said(tmp_path):
    fit = Fit(Leakage(), tmp_path, real("train", 2), [])
    assert fit.passed(real("train", 2)) == 1
    assert "not checked" in fit.facts["notes"][0]


def test_splits_that_share_pictures_are_reported(tmp_path):
    shared = real("train", 4, CLASSES)
    assert "share" in Fit(Leakage(), tmp_path, shared, shared[:8]).facts["notes"][0]


def test_train_samples_that_are_holdout_ones_do_not_hide_the_others(tmp_path):
    rng = numpy_rng("poison")
    holdout = real("holdout", 20, CLASSES)
    encoded = [as_sample(IMAGE.copies(s.payload, rng)["re-encoded"], str(s.label)) for s in holdout[:6]]
    fit = Fit(Leakage(), tmp_path, [*real("train", 40, CLASSES), *encoded], holdout)
    for sample in holdout[6::8]:
        for kind, other in (IMAGE.copies(sample.payload, rng) | IMAGE.disguises(sample.payload, rng)).items():
            assert not fit.judge(other, sample.label).passed, kind
    assert fit.facts["train samples that are holdout ones"] == 6
    assert "6 of 166 real train samples" in fit.facts["notes"][0]


def test_the_threshold_has_a_floor(tmp_path):
    rng = numpy_rng("crops")
    holdout = real("holdout", 20, CLASSES)
    cropped = [as_sample(IMAGE.disguises(s.payload, rng)["cropped"], str(s.label)) for s in holdout[:40]]
    fit = Fit(Leakage(), tmp_path, [*real("train", 10, CLASSES), *cropped], holdout)
    assert fit.facts["real train samples keep"] < fit.facts["threshold"] == IMAGE.leak_tolerance / 4
    assert all(not fit.judge(IMAGE.copies(s.payload, rng)["re-encoded"]).passed for s in holdout[::9])


def test_every_train_text_that_is_nearly_a_holdout_one_is_counted(tmp_path):
    rng = numpy_rng("texts")
    texts = [TEXT.specimen(rng) for _ in range(1300)]
    train = [
        as_text(text, i)
        for i, text in enumerate([*texts[:1000], *(f"{text}!!" for text in texts[1000:1200])])
    ]
    holdout = [as_text(text, i) for i, text in enumerate(texts[1000:])]
    facts = Leakage().fit(TEXT, train, holdout, LabelContract(), tmp_path, 0, lambda *_: None)
    assert 200 <= facts["train samples that are holdout ones"] <= 230
    assert "of 1200 real train samples" in facts["notes"][0]


def as_text(text: str, i: int) -> Sample:
    return Sample(str(i), "text", "a", lambda: text)


def test_a_backbone_finds_what_says_the_same_in_other_words(tmp_path):
    model = str(sentence_model(tmp_path / "model"))
    rng = np.random.default_rng(4)
    letters = list("abcdefghij")

    def strange() -> str:
        return "".join(rng.choice(letters, 7))

    known = [list(rng.choice(WORDS[1:], 6)) for _ in range(120)]
    texts = [" ".join(word for one in some for word in (one, strange())) for some in known]
    train, holdout = ([as_text(t, i) for i, t in enumerate(some)] for some in (texts[:80], texts[80:]))
    # To the model all words are alike that it does not know.
    other = [" ".join(word for one in some for word in (one, strange())) for some in known[80:]]
    turned = [Candidate(text, "a") for text in other]
    own = [Candidate(sample.payload, "a") for sample in train]
    passed = {}
    for name, one in {"without": Leakage(), "with": Leakage(backbone=model, accused_share=0.05)}.items():
        (tmp_path / name).mkdir()
        facts = one.fit(TEXT, train, holdout, LabelContract(), tmp_path / name, 0, lambda *_: None)
        ready = one.load(TEXT, tmp_path / name, "cpu")
        passed[name] = [
            float(np.mean([v.passed for v in one.score(TEXT, some, ready)])) for some in (turned, own)
        ]
        assert [one.score(TEXT, [c], ready)[0] for c in turned] == one.score(TEXT, turned, ready)
    assert "real train samples keep, by the backbone" in facts
    assert passed["without"] == [1.0, 1.0]
    assert passed["with"][0] == 0
    assert passed["with"][1] >= 0.9


def test_without_a_backbone_nothing_of_it_is_part_of_what_was_judged():
    assert "backbone" not in Leakage().identity()
    assert Leakage(backbone="x").identity()["backbone"] == "x"
