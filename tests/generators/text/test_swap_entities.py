import pytest
from text_jobs import a_text, made_of, works

from synthgen.contract import LabelContract
from synthgen.errors import ModelError, SourceError
from synthgen.generators.text.swap_entities import SwapEntities
from synthgen.sample import Failed

TRAIN = [
    a_text("Ann met Bob in Rome", [[0, 3, "person"], [8, 11, "person"], [15, 19, "place"]]),
    a_text("New York sleeps", [[0, 8, "place"]]),
    a_text("nothing here", []),
    a_text("no data"),
]


@pytest.fixture
def model(tmp_path):
    SwapEntities().fit(TRAIN, LabelContract(), tmp_path, 0, lambda *_: None)
    return SwapEntities().load(tmp_path, "cpu")


def test_others_of_the_same_type_from_train_come_in_and_spans_fit(model):
    text = "Tom likes Oslo and Tom"
    entities = [[0, 3, "person"], [10, 14, "place"], [19, 22, "person"]]
    seen = set()
    for made in made_of(SwapEntities(), text, model=model, entities=entities):
        spans = made.annotations["entities"]
        first, place, second = (made.payload[s:e] for s, e, _ in spans)
        assert made.payload == f"{first} likes {place} and {second}"
        assert first == second
        assert [kind for _, _, kind in spans] == ["person", "place", "person"]
        seen.add((first, place))
    assert seen == {(p, q) for p in ("Ann", "Bob") for q in ("Rome", "New York")}


def test_an_entity_is_never_exchanged_for_itself(model):
    for made in made_of(SwapEntities(), "Ann sleeps", model=model, entities=[[0, 3, "person"]]):
        assert made.payload == "Bob sleeps"


def test_a_share_of_the_entities_is_exchanged_and_one_at_least(model):
    entities = [[0, 3, "person"], [10, 14, "place"]]
    made = made_of(SwapEntities(entity_share=0.5), "Tom likes Oslo", 80, model=model, entities=entities)
    kept = {("Tom" in m.payload, "Oslo" in m.payload) for m in made}
    assert kept == {(True, False), (False, True), (False, False)}


def test_texts_without_entities_and_unknown_types_fail_with_their_reason(model):
    assert made_of(SwapEntities(), "a", 1, model=model, entities=[]) == [Failed("it has no entity")]
    (made,) = made_of(SwapEntities(), "Ann", 1, model=model, entities=[[0, 3, "ship"]])
    assert made == Failed("train has no other entity of its types (ship)")


def test_names_stay_where_the_contract_forbids_to_change_them(model):
    generator = SwapEntities()
    parent = a_text("Ann sleeps", [[0, 3, "person"]])
    (work,) = works(generator, parent, 1, bounds={"change_names": (0.0, 0.0)})
    assert generator.applied(work.draw) == {"change_names": 0.0}
    assert isinstance(generator.make([work], model)[0], Failed)
    assert not isinstance(LabelContract().routes(generator.effects(), "x", ["x"]), list)


def test_a_train_split_without_entities_is_refused(tmp_path):
    with pytest.raises(SourceError, match="no text there has any"):
        SwapEntities().fit(TRAIN[2:], LabelContract(), tmp_path, 0, lambda *_: None)


def test_a_damaged_folder_is_a_model_error(tmp_path):
    (tmp_path / "entities.json").write_text("{")
    with pytest.raises(ModelError, match="cannot be read"):
        SwapEntities().load(tmp_path, "cpu")
