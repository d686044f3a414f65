import json

import pytest
from conftest import needed
from text_jobs import a_text, made_of, works

from synthgen.contract import LabelContract
from synthgen.errors import ModelError
from synthgen.generators.text.back_translate import BackTranslate
from synthgen.models import translation
from synthgen.models.translation import Sentence, lost, split
from synthgen.sample import Failed, Made

TEXT = "The old teacher bought a small house. It rained!\n\nWe walked home."
WORDS = TEXT.replace(".", " ").replace("!", " ").split()


def tiny_marian(folder, key, words=WORDS, size=None, pad=0, eos=1):
    """A Marian model of random weights that knows these words and all letters."""
    import transformers as t
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors

    from synthgen.seeds import torch_init

    letters = [chr(c) for c in range(33, 127)]
    pieces = ["<pad>", "</s>", "<unk>", *(f"▁{w}" for w in (*words, *letters)), *letters]
    inner = Tokenizer(models.WordPiece({w: i for i, w in enumerate(dict.fromkeys(pieces))}, unk_token="<unk>",
                                       continuing_subword_prefix=""))  # fmt: skip
    inner.pre_tokenizer, inner.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
    inner.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    tokenizer = t.PreTrainedTokenizerFast(
        tokenizer_object=inner, unk_token="<unk>", pad_token="<pad>", eos_token="</s>", model_max_length=512
    )
    size = size or len(tokenizer)
    config = t.MarianConfig(
        vocab_size=size, d_model=32, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=64, decoder_ffn_dim=64, max_position_embeddings=512, init_std=1.0,
        pad_token_id=pad, eos_token_id=eos, decoder_start_token_id=pad, forced_eos_token_id=eos, bos_token_id=None,
        decoder_vocab_size=size,
    )  # fmt: skip
    with torch_init("tiny-marian", key):
        t.MarianMTModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def contract_settings(folder):
    from synthgen.modalities.text import Text
    from synthgen.seeds import numpy_rng

    words = sorted(
        {w.strip(".,!") for i in range(60) for w in Text().specimen(numpy_rng(i)).split()} | set(WORDS)
    )
    for part in ("there", "back"):
        tiny_marian(folder / part, part, words)
    return {"model": str(folder), "keeps_label": False, "beams": 2}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    generator = BackTranslate(**contract_settings(tmp_path_factory.mktemp("marian")))
    return generator, generator.load(generator.given_model(), "cpu")


def test_sentences_are_translated_one_by_one_and_what_lies_between_stays(tiny):
    generator, model = tiny
    for made in made_of(generator, TEXT, 4, model=model):
        assert isinstance(made, Made)
        assert "\n\n" in made.payload
        assert made.payload != TEXT


def test_beams_are_drawn_and_give_other_texts(tiny):
    generator, model = tiny
    made = made_of(generator, "The old house.", 12, model=model)
    assert 2 <= len({m.payload for m in made if isinstance(m, Made)}) <= 4


def test_a_row_knows_no_neighbours(tiny):
    _, model = tiny
    some = [
        Sentence("the old teacher", 0, 1),
        Sentence("a small house it rained", 1, 0),
        Sentence("we walked " * 10),
    ] * 3
    assert model(some) == [one for sentence in some for one in model([sentence])]


def test_a_sentence_that_is_too_long_fails_with_its_reason(tiny):
    generator, model = tiny
    (made,) = made_of(generator, "house " * 400, 1, model=model)
    assert made == Failed("a sentence is too long to be translated, or came back empty")


def test_a_share_of_the_sentences_is_translated_and_one_at_least():
    draws = [w.draw["parts"] for w in works(BackTranslate(sentence_share=0.5), a_text(TEXT), 60)]
    assert {tuple(d) for d in draws} == {(0,), (2,), (4,), (0, 2), (0, 4), (2, 4), (0, 2, 4)}
    assert "".join(split(TEXT)) == TEXT


def test_nothing_is_translated_where_the_contract_forbids_it():
    generator = BackTranslate()
    (work,) = works(generator, a_text(TEXT), 1, bounds={"translate": (0.0, 0.0)})
    assert generator.applied(work.draw) == {"translate": 0.0}
    assert isinstance(generator.make([work], None)[0], Failed)
    assert isinstance(LabelContract().routes(generator.effects(), "x", ["x"]), list)


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("Nobody laughed", "Anybody laughed", "1 negations became 0"),
        ("It has 3 parts", "It has 4 parts", "the numbers 3 became 4"),
        ("It has three parts", "It has parts", "the numbers three became none"),
        ("We saw Tom Hanks", "We saw Tom", "the name Hanks is gone"),
        ("See www.a.org", "See it", "www.a.org is gone"),
        ("A great film", "An utmost film", "what it feels is gone"),
        ("A great film", "A terrible film", "what it feels is gone"),
        ("He noticed", "He darse# noticed", "a mark of an unknown word"),
        ("A great film by Tom's son, not 3", "A not great movie of 3 sons of Tom", None),
    ],
)  # fmt: skip
def test_what_a_translation_must_not_lose(old, new, what):
    assert (lost(old, new) or "").startswith(what) if what else lost(old, new) is None


def test_apertium_translates_there_and_back():
    needed("apertium")
    generator = BackTranslate()
    assert len(generator.compute("cpu")["apertium"]) == 64
    made = made_of(
        generator,
        "The house is big. I will call you later.\nShe does not eat meat.",
        3,
        model=generator.load(None, "cpu"),
    )
    assert {m.payload for m in made} == {made[0].payload}
    text = made[0].payload
    assert "\n" in text
    assert "house" in text
    assert " not " in text


def test_apertium_gives_the_same_alone_and_in_company():
    needed("apertium")
    model, _ = translation.apertium("eng-spa")
    some = [
        Sentence(s)
        for s in (
            "The house is big.",
            "I saw (it) [there] <b>.",
            "We",
            "He is # 1: a/b ^c$ \\d",
            "Nobody came",
        )
    ]
    assert model(some) == [model([one])[0] for one in some]
    assert all(model(some))


def test_without_apertium_the_command_to_install_it_is_said(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    translation.apertium.cache_clear()
    with pytest.raises(ModelError, match="apt-get install apertium apertium-eng-spa"):
        BackTranslate().compute("cpu")
    translation.apertium.cache_clear()


def test_a_pair_that_is_not_installed_is_named():
    needed("apertium")
    with pytest.raises(ModelError, match="has no mode xx-yy and yy-xx.*apertium-xx-yy"):
        BackTranslate(pair="xx-yy").compute("cpu")


def test_folders_without_both_models_or_with_pickles_are_refused(tmp_path):
    contract_settings(tmp_path)
    (tmp_path / "back" / "model.safetensors").rename(tmp_path / "back" / "pytorch_model.bin")
    with pytest.raises(ModelError, match="no safetensors"):
        BackTranslate(model=str(tmp_path)).given_model()
    config = json.loads((tmp_path / "there" / "config.json").read_text())
    (tmp_path / "there" / "config.json").write_text(json.dumps({**config, "auto_map": {}}))
    with pytest.raises(ModelError, match="code of its own"):
        BackTranslate(model=str(tmp_path)).given_model()
    with pytest.raises(ModelError, match="is no folder"):
        BackTranslate(model="Helsinki-NLP/opus-mt-en-es").given_model()


@pytest.mark.filterwarnings("ignore:Recommended. pip install sacremoses")
def test_a_model_with_sentencepiece_as_on_the_hub_is_loaded(tmp_path):
    import sentencepiece
    import transformers as t

    lines = iter(
        [TEXT.replace("\n", " "), *(f"{a} {b} {c}" for a in WORDS for b in WORDS[:4] for c in WORDS[4:9])]
    )
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=lines, model_prefix=str(tmp_path / "source"), vocab_size=60, hard_vocab_limit=False,
        minloglevel=2,
    )  # fmt: skip
    known = sentencepiece.SentencePieceProcessor(str(tmp_path / "source.model"))
    pieces = ["</s>", "<unk>", *(known.id_to_piece(i) for i in range(3, known.get_piece_size())), "<pad>"]
    (tmp_path / "vocab.json").write_text(json.dumps({piece: i for i, piece in enumerate(pieces)}))
    tokenizer = t.MarianTokenizer(
        source_spm=str(tmp_path / "source.model"), target_spm=str(tmp_path / "source.model"),
        vocab=str(tmp_path / "vocab.json"),
    )  # fmt: skip
    for part in ("there", "back"):
        tiny_marian(tmp_path / "pair" / part, part, size=len(pieces), pad=len(pieces) - 1, eos=0)
        for file in (tmp_path / "pair" / part).glob("*token*"):
            file.unlink()
        tokenizer.save_pretrained(tmp_path / "pair" / part)
    generator = BackTranslate(model=str(tmp_path / "pair"))
    model = generator.load(generator.given_model(), "cpu")
    assert model.there[1]("the house")["input_ids"] == tokenizer("the house")["input_ids"]
    assert len(model([Sentence("the small house")])) == 1
