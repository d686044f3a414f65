from synthgen.contract import LabelContract
from synthgen.models import label_score
from synthgen.models.masked_words import Gap, Option
from synthgen.sample import Sample

TEXTS = [
    ("weather", "will it rain in the north tomorrow"), ("weather", "is it going to snow this evening"),
    ("weather", "what is the forecast for the coast"), ("money", "move fifty pounds to my savings account"),
    ("money", "what is the balance of my account"), ("money", "pay the invoice from my account"),
]  # fmt: skip


def scored(folder, texts=TEXTS):
    samples = [Sample(f"{i}", "text", label, lambda t=text: t) for i, (label, text) in enumerate(texts)]
    label_score.train(samples, LabelContract(), folder / "judge", 3, lambda *_: None)
    return label_score.load(folder / "judge")


def test_words_of_another_class_are_dropped_and_those_of_the_class_kept(tmp_path):
    judge = scored(tmp_path)
    gap = Gap("will it rain in the north tomorrow", 8, 12)
    snow, account = Option("snow", 0.5), Option("account", 0.4)
    weather, money = judge.keeping([gap, gap], ["weather", "money"], [[snow, account]] * 2, 0.02)
    assert weather == [snow]
    assert account in money
    assert judge.keeping([gap], ["weather"], [[snow, account]], 1.0) == [[snow, account]]


def test_a_label_that_it_does_not_know_keeps_every_word(tmp_path):
    offered = [Option("account", 1.0)]
    assert scored(tmp_path).keeping([Gap("a rain", 2, 6)], ["sports"], [offered], 0.0) == [offered]


def test_one_class_needs_no_judge(tmp_path):
    assert scored(tmp_path, TEXTS[:3]) is None
