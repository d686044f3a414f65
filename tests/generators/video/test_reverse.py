import pytest
from moving_bar import barred, drawn, made, places, sample

from synthgen.contract import LabelContract, Refusal
from synthgen.generators.video.reverse import Reverse


@pytest.fixture(scope="module")
def whole():
    return barred(60)


def test_the_clip_is_played_backwards_and_its_span_too(whole):
    back = made(Reverse(), (sample(whole, (10, 20)),), {"reverse_time": 1.0})
    assert places(back.payload) == list(range(59, -1, -1))
    assert back.annotations == {"span": [40, 50]}


def test_it_is_forbidden_until_the_contract_allows_it():
    answer = LabelContract().routes(Reverse().effects(), "open", ["close", "open"])
    assert isinstance(answer, Refusal)
    assert "reverse_time" in answer.reason
    allowed = LabelContract(every={"reverse_time": True}).routes(Reverse().effects(), "open", ["open"])
    assert allowed[0].bounds == {"reverse_time": (1, 1)}


def test_open_becomes_close_where_the_contract_says_so(whole):
    contract = LabelContract(label={"open": {"reverse_time": {"relabel": "close"}}})
    (route,) = contract.routes(Reverse().effects(), "close", ["close", "open"])
    assert route.parent_label == "open"
    assert drawn(Reverse(), (sample(whole),), 0, route.bounds) == {"reverse_time": 1}


def test_among_further_steps_some_samples_stay_as_they_are(whole):
    some = Reverse(reverse_share=0.3)
    bounds = {"reverse_time": (0.0, 1.0)}
    turned = [drawn(some, (sample(whole),), i, bounds)["reverse_time"] for i in range(200)]
    assert 30 < sum(turned) < 90
    assert made(some, (sample(whole),), {"reverse_time": 0.0}).payload is whole
