import json

import numpy as np
import pytest
from tiny_sentences import WORDS, sentence_model

from synthgen.contract import LabelContract
from synthgen.errors import ModelError
from synthgen.filters.label_agreement import LabelAgreement
from synthgen.modalities.text import Text
from synthgen.models import text_transformer
from synthgen.sample import Candidate, Sample

NAMES = ("few", "many")
TEXTS = ["a short one", "another text with more words in it", "x " * 200, "", "few words " * 30]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A tiny BERT with a head for two classes, of random weights."""
    import transformers as t
    from tokenizers import Tokenizer, models, pre_tokenizers

    from synthgen.seeds import torch_init

    place = tmp_path_factory.mktemp("classifier")
    inner = Tokenizer(models.WordLevel({word: i for i, word in enumerate(["[PAD]", *WORDS])}, "[UNK]"))
    inner.pre_tokenizer = pre_tokenizers.Whitespace()
    t.PreTrainedTokenizerFast(tokenizer_object=inner, unk_token="[UNK]", pad_token="[PAD]").save_pretrained(
        place
    )
    config = t.BertConfig(
        vocab_size=30, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=100, initializer_range=0.5, id2label={0: "many", 1: "few"},
        label2id={"many": 0, "few": 1},
    )  # fmt: skip
    with torch_init("tiny-classifier"):
        t.BertForSequenceClassification(config).save_pretrained(place)
    return str(place)


def test_a_given_classifier_answers_in_the_order_of_the_classes(folder):
    model = text_transformer.load(folder, NAMES, "cpu")
    turned = text_transformer.load(folder, NAMES[::-1], "cpu")
    seen = text_transformer.predict(model, TEXTS)
    assert seen.shape == (5, 2)
    np.testing.assert_allclose(seen.sum(1), 1, atol=1e-6)
    np.testing.assert_array_equal(seen, text_transformer.predict(turned, TEXTS)[:, ::-1])
    assert len(np.unique(seen.round(4), axis=0)) > 2


def test_a_text_knows_no_neighbours(folder):
    model = text_transformer.load(folder, NAMES, "cpu")
    alone = [text_transformer.predict(model, [text])[0] for text in TEXTS * 8]
    np.testing.assert_array_equal(np.stack(alone), text_transformer.predict(model, TEXTS * 8))
    assert text_transformer.predict(model, []).shape == (0, 2)


def test_a_class_that_it_does_not_know_and_weights_that_it_lacks_are_told(folder, tmp_path):
    with pytest.raises(ModelError, match=r"does not know the class 'fewer'.*'few'"):
        text_transformer.load(folder, ["fewer"], "cpu")
    with pytest.raises(ModelError, match="lacks the weights"):
        text_transformer.load(str(sentence_model(tmp_path / "encoder")), NAMES, "cpu")


def test_it_judges_labels(folder, tmp_path):
    model = text_transformer.load(folder, NAMES, "cpu")
    texts = [" ".join(np.random.default_rng(i).choice(WORDS, 6)) for i in range(40)]
    labels = [NAMES[i] for i in text_transformer.predict(model, texts).argmax(1)]
    assert set(labels) == set(NAMES)
    train = [
        Sample(str(i), "text", label, lambda t=text: t)
        for i, (text, label) in enumerate(zip(texts, labels, strict=True))
    ]
    judge = LabelAgreement(model=folder)
    facts = judge.fit(Text(), train, None, LabelContract(), tmp_path, 0, lambda *_: None)
    assert facts["real samples seen right"] == {"few": 1.0, "many": 1.0}
    ready = judge.load(Text(), tmp_path, "cpu")
    right = judge.score(Text(), [Candidate(t, label) for t, label in zip(texts, labels, strict=True)], ready)
    assert sum(verdict.passed for verdict in right) >= 36


def test_a_sentence_model_tells_classes_by_their_descriptions(tmp_path):
    model = str(sentence_model(tmp_path / "model"))
    told = text_transformer.described(model, ["a short one", "another text with more words"], "cpu")
    seen = text_transformer.likened(told, ["a short one", "another text with more words"])
    assert seen.argmax(1).tolist() == [0, 1]
    judge = LabelAgreement(
        zero_shot=model, prompt="{label} words", descriptions={"many": "another text with more words"}
    )
    (tmp_path / "fit").mkdir()
    train = [
        Sample(str(i), "text", label, lambda t=text: t)
        for i, (text, label) in enumerate(
            [("few words", "few"), ("another text with more words", "many")] * 3
        )
    ]
    facts = judge.fit(Text(), train, None, LabelContract(), tmp_path / "fit", 0, lambda *_: None)
    assert facts["real samples seen right"] == {"few": 1.0, "many": 1.0}
    assert json.loads((tmp_path / "fit/classes.json").read_text())["names"] == ["few", "many"]
