"""The benchmark of texts measures each thing beside its peer."""

import pytest

from synthgen.benches.text import Text, _many, _plain_eda, _texts
from synthgen.seeds import numpy_rng


@pytest.mark.slow
def test_everything_is_measured_and_put_beside_its_peer():
    title, rows = Text(sentences=200, near_duplicates=2_000, embedded=32, requests=320).run()
    assert "one core" in title
    rates = {row["what"]: row for row in rows}
    assert {"text/reword, draw and make", "hashed embedding", "near-duplicates among 2,000 (MinHash)"} <= set(
        rates
    )
    assert all(row["a second"] > 0 for row in rows)
    client = next(row for what, row in rates.items() if "client" in what)
    assert client["peer a second"] == 320
    assert 0 < client["times the peer"] <= 1


def test_the_texts_and_the_peer_are_real():
    texts = _texts(300)
    assert len(texts) == len(set(texts)) == 300
    changed = [_plain_eda(text, numpy_rng("eda", i)) for i, text in enumerate(texts)]
    assert sum(a != b for a, b in zip(texts, changed, strict=True)) > 290
    assert sum(a[50:] == b[50:] for a, b in zip(_many(20), _many(20)[9:], strict=False)) >= 2
