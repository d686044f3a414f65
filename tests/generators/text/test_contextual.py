import json

import pytest
from text_jobs import REVIEW, a_text, held, made_of, texts_of

from synthgen.contract import LabelContract
from synthgen.errors import ModelError
from synthgen.generators.text.contextual import Contextual
from synthgen.models import masked_words
from synthgen.models.masked_words import Gap
from synthgen.models.words import carries_label
from synthgen.sample import Failed, Sample

WORDS = [
    "the",
    "a",
    "we",
    "they",
    "movie",
    "story",
    "house",
    "garden",
    "street",
    "phone",
    "watch",
    "carry",
    "describe",
    "green",
    "quiet",
    "along",
    "never",
    "good",
    "three",
]
SETTINGS = {"least_probability": 0.0, "options": 50}


def tiny_masked_model(folder, more=()):
    """A BERT of random weights that knows these words whole, and all letters."""
    import transformers as t
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    from synthgen.seeds import torch_init

    letters = [chr(c) for c in range(33, 127)]
    vocabulary = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        *WORDS,
        *more,
        *letters,
        *(f"##{c}" for c in letters),
    ]
    inner = Tokenizer(
        models.WordPiece({w: i for i, w in enumerate(dict.fromkeys(vocabulary))}, unk_token="[UNK]")
    )
    inner.normalizer, inner.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    tokenizer = t.PreTrainedTokenizerFast(
        tokenizer_object=inner, unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]", pad_token="[PAD]",
        mask_token="[MASK]",
    )  # fmt: skip
    config = t.BertConfig(
        vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=160, initializer_range=0.3,
    )  # fmt: skip
    with torch_init("tiny-masked"):
        t.BertForMaskedLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


def contract_settings(folder):
    return {"model": tiny_masked_model(folder), "label_slack": 0.5, **SETTINGS}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    folder = tmp_path_factory.mktemp("masked")
    generator = Contextual(**contract_settings(folder / "given"))
    train = [a_text("the movie was long"), a_text("the garden was green")]
    (folder / "fit").mkdir()
    generator.fit(train, LabelContract(), folder / "fit", 1, lambda *_: None)
    return generator, generator.load(folder / "fit", "cpu")


def test_words_come_from_the_model_and_what_carries_the_label_stays(tiny):
    generator, model = tiny
    seen = set()
    for text in texts_of(generator, REVIEW, model=model):
        assert held(text) == held(REVIEW)
        seen |= {a for a, b in zip(text.split(), REVIEW.split(), strict=True) if a != b}
    assert seen
    assert {word.strip(",.").lower() for word in seen} <= set(WORDS)
    assert not any(map(carries_label, seen))


def test_a_word_is_never_replaced_by_itself_nor_by_one_that_carries_the_label(tiny):
    generator, model = tiny
    for text in texts_of(generator, "green movie", 80, model=model, bounds={"reword": (0.5, 0.5)}):
        changed = [w for w in text.split() if w not in ("green", "movie")]
        assert len(changed) == 1 or text in ("movie movie", "green green")
        assert not set(text.split()) & {"never", "good", "three"}


def test_a_row_knows_no_neighbours_and_long_texts_are_cut_around_the_word(tiny):
    _, model = tiny
    long = "green movie " * 300 + "story " + "quiet street " * 300
    gaps = [Gap("they watch the movie", 15, 20), Gap(long, 3600, 3605), Gap("a house", 2, 7)] * 7
    together = masked_words.options(model.words, gaps, 5)
    assert together == [one for gap in gaps for one in masked_words.options(model.words, [gap], 5)]
    assert all(together)
    shorter = Gap(long[2400:4800], 1200, 1205)
    assert masked_words.options(model.words, [shorter], 5)[0] == together[1]


def test_words_that_say_another_class_are_refused(tmp_path):
    weather, money = ("the green garden", "a quiet garden"), ("carry the phone", "watch the phone")
    train = [
        Sample(text, "text", label, lambda t=text: t)
        for label, texts in (("x", weather), ("money", money))
        for text in texts * 5
    ]
    given = tiny_masked_model(tmp_path / "given")
    written = {}
    for slack in (0.0, 1.0):
        generator = Contextual(model=given, label_slack=slack, **SETTINGS)
        folder = tmp_path / f"{slack}"
        folder.mkdir()
        generator.fit(train, LabelContract(), folder, 1, lambda *_: None)
        model = generator.load(folder, "cpu")
        made = made_of(generator, "the green garden", 200, model=model, bounds={"reword": (0.3, 0.4)})
        written[slack] = {word for one in made if not isinstance(one, Failed) for word in one.payload.split()}
    assert {"phone", "carry", "watch"} <= written[1.0]
    assert not {"phone", "carry", "watch"} & written[0.0]


def test_the_place_of_the_model_decides_nothing_and_a_copy_is_kept(tmp_path):
    one, other = (Contextual(model=tiny_masked_model(tmp_path / name)) for name in ("here", "there"))
    assert one.identity() == other.identity()
    assert one.learns() == other.learns()
    (tmp_path / "there" / "config.json").write_text("{}")
    assert one.learns() != other.learns()
    again = Contextual.model_validate(one.identity())
    assert again.identity() == one.identity()


def test_entities_stay_and_their_spans_move(tiny):
    generator, model = tiny
    text = "green street Ann Smith describe"
    for made in made_of(generator, text, model=model, entities=[[13, 22, "person"]]):
        (span,) = made.annotations["entities"]
        assert made.payload[span[0] : span[1]] == "Ann Smith"


def test_words_that_the_model_finds_improbable_are_left(tiny):
    _, model = tiny
    picky = Contextual(model="x", least_probability=1.0)
    (made, *_) = made_of(picky, "green movie", model=model, bounds={"reword": (0.5, 0.5)})
    assert made == Failed("the model offers other words for 0 of the 1 places drawn")


def test_without_a_model_the_plan_says_what_to_set():
    with pytest.raises(ModelError, match="text/contextual needs a model: set `model`"):
        Contextual().compute("cpu")


def test_code_pickles_and_other_models_are_refused(tmp_path):
    folder = tmp_path / "model"
    tiny_masked_model(folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(
        json.dumps({**config, "auto_map": {"AutoModelForMaskedLM": "evil.Evil"}})
    )
    with pytest.raises(ModelError, match="code of its own"):
        Contextual(model=str(folder)).given_model()
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match="no safetensors"):
        Contextual(model=str(folder)).given_model()
    with pytest.raises(ModelError, match="is no folder"):
        Contextual(model="bert-base-uncased").given_model()
