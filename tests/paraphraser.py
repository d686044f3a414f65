"""What a well-behaved language model would answer, for tests: rewrites what stands inside the fence, nothing else."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

FIRST = ("The lamp burned.", "A clock ticked.", "The kettle sang.", "A door creaked.", "The floor shone.",
         "A curtain moved.", "The stove glowed.", "A tap dripped.")  # fmt: skip
SECOND = ("Snow fell outside.", "Leaves lay around.", "Rain was coming.", "Clouds went by.", "Grass grew there.",
          "Sand lay about.", "Mist came up.", "Wind was blowing.")  # fmt: skip


class Heard(NamedTuple):
    """A request as the model reads it: what stands outside every fence, the text inside, how many are wanted."""

    outside: str
    text: str
    count: int


def heard(asked: dict[str, Any]) -> Heard:
    """Read a request: each message names its fence before it uses it; what lies between two fence lines is data."""
    outside, inside = [], []
    for message in asked["messages"]:
        content = message["content"]
        fence = re.search(r"^The fence is (=== \w+ ===)$", content, re.MULTILINE)
        parts = re.split(rf"^{re.escape(fence[1])}$\n?", content, flags=re.MULTILINE) if fence else [content]
        outside += parts[::2]
        inside = [part.removesuffix("\n") for part in parts[1::2]] or inside
    count = re.search(r"with exactly (\d+) of them", "\n".join(outside))
    return Heard("\n".join(outside), inside[-1] if inside else "", int(count[1]) if count else 1)


def reworded(text: str, i: int) -> str:
    """The text and a sentence or two that say nothing, other ones for each of 64 `i`; all that it claims stays."""
    few = len(text.split()) < 10
    return f"{text} {FIRST[i % 8]}" + ("" if few else f" {SECOND[i // 8 % 8]}")


def paraphrase(asked: dict[str, Any]) -> str:
    """The answer of a model that does as it is told."""
    said = heard(asked)
    some = (int(asked.get("seed", 0)) % 64 + i for i in range(said.count))
    return json.dumps({"paraphrases": [reworded(said.text, i) for i in some]})
