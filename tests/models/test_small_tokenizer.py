import pytest

from synthgen.errors import ModelError
from synthgen.models.small_tokenizer import train_tokenizer


def ids(tokenizer, captions):
    return [tuple(tokenizer(caption, truncation=True).input_ids) for caption in captions]


@pytest.mark.parametrize(
    "names",
    [
        [str(i) for i in range(150)],
        ["😀", "😁"],
        ["no", "NA", "../x", "<script>"],
        ["x" * 299 + e for e in "ab"],
    ],
)
def test_captions_are_told_apart_whatever_the_class_names(names):
    captions = [f"a photo of a {name}" for name in names]
    tokenizer = train_tokenizer(captions)
    assert len(set(ids(tokenizer, captions))) == len(names)
    assert tokenizer.model_max_length <= 77


def test_words_it_never_saw_are_spelt_out():
    tokenizer = train_tokenizer(["a cat", "a dog"])
    assert len(tokenizer("zebra").input_ids) > 3


def test_names_that_differ_in_case_alone_need_other_words():
    with pytest.raises(ModelError, match=r"\[names\]"):
        train_tokenizer(["a photo of a B", "a photo of a b"])


def test_it_is_the_same_after_saving(tmp_path):
    from transformers import CLIPTokenizer

    captions = ["a handwritten digit six", "a handwritten digit nine"]
    tokenizer = train_tokenizer(captions)
    tokenizer.save_pretrained(tmp_path)
    assert ids(CLIPTokenizer.from_pretrained(tmp_path, local_files_only=True), captions) == ids(
        tokenizer, captions
    )
