import pytest

from synthgen.models.claims import changes, feeling
from synthgen.models.words import tokens


def kinds(parent: str, child: str) -> set[str]:
    return {change.kind for change in changes(parent, child)}


@pytest.mark.parametrize(
    ("parent", "child", "said"),
    [
        ("nobody laughed", "anybody laughed", "a negation was lost: 'nobody'"),
        ("it says nothing new", "it says at all new", "a negation was lost: 'nothing'"),
        ("I did see it", "I didn't see it", "a negation came: \"didn't\""),
        ("He asked me not to call", "He asked me to call", "a negation was lost: 'not'"),
        ("good and cheap", "dreadful and cheap", "a word turned into its opposite: 'good' became 'dreadful'"),
        (
            "It is not funny, but it is clever.",
            "It is funny, but it is not clever.",
            "the negation moved: it is 'funny' that was denied, and now 'clever'",
        ),
        ("for 3 days", "for four days", "a number changed: 3 became four"),
        ("for 3 days", "for days", "a number was lost: 3"),
        ("I met Ms Tanaka", "I met Ms Moreau", "a name changed: 'ms tanaka' became 'ms moreau'"),
        ("Rome beat Paris 2-1", "Rome beat Paris 1-2", "names or numbers changed places"),
        ("Rome beat Paris there", "Paris beat Rome there", "names or numbers changed places"),
        ("we go on friday", "we go on monday", "a name changed: 'friday' became 'monday'"),
        ("it was a delight", "it was a disgrace", "the feeling turned: 'delight' became 'disgrace'"),
    ],
)  # fmt: skip
def test_a_broken_claim_is_told_in_words(parent, child, said):
    assert said in "; ".join(change.what for change in changes(parent, child))


@pytest.mark.parametrize(
    ("parent", "child"),
    [
        ("It isn't good.", "It is bad."),
        ("This is not likely.", "This is unlikely."),
        ("I don’t know", "i do not know"),
        ("No one came.", "Nobody came."),
        ("Not only cheap but good", "Both cheap and good"),
        ("a few of them came", "some of them came"),
        ("It cost 1,000 dollars", "It cost one thousand dollars"),
        ("at 7 pm", "at 7:00 pm"),
        ("one of the best", "among the best"),
        ("In Rome I ate well", "I ate well in Rome"),
        ("I LOVED it", "I adored it"),
        ("Jean's film", "the film by Jean"),
        ("I will recieve it", "I will receive it"),
        ("", ""),
        ("?", "🦊"),
    ],
)
def test_the_same_said_otherwise_breaks_nothing(parent, child):
    assert not changes(parent, child)


def test_marked_entities_of_the_child_must_be_the_parents():
    assert not changes("we ate pho there", "there we ate pho", ["pho"])
    assert kinds("we ate there", "we ate pho there") == set()
    assert {c.kind for c in changes("we ate there", "we ate pho there", ["pho"])} == {"change_names"}


def test_a_negation_turns_the_feeling_round():
    assert feeling(tokens("a great film")) > 0.5
    assert feeling(tokens("not a great film")) < 0
    assert feeling(tokens("a film")) == 0


@pytest.mark.parametrize(
    "text", ["a" * 100_000, "not " * 20_000, "9 " * 20_000, "Ab " * 20_000, "\u202eאב\u202c " * 5000]
)
def test_long_and_odd_texts_take_little_time(text):
    assert changes(text, text) == []
    changes(text, text[: len(text) // 2] + "no 7 Rome")
