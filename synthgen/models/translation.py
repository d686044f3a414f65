"""Translations there and back: by two Marian models, or by apertium where it is installed."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from synthgen.device import one_thread
from synthgen.errors import ModelError
from synthgen.models import hub
from synthgen.models.words import is_negation, is_number, names, sentiment, tokens
from synthgen.seeds import file_sha256, hash_of

LANES = 8
LENGTHS = (16, 32, 64, 128, 256)
"""A sentence is padded to the next of these many tokens: one shape each, so that a row knows no neighbours."""
WANTED = [*hub.WANTED, "*.spm", "vocab*"]
WAIT_S = 600
_SENTENCES = re.compile(r"((?<=[.!?…])\s+|\s*\n\s*)")
FEELING = 1.0


class Sentence(NamedTuple):
    """What is to be translated, and which of the beams is taken there and back, 0 the best."""

    text: str
    rank_there: int = 0
    rank_back: int = 0


class Marian(NamedTuple):
    """Two loaded models with their tokenizers."""

    there: tuple[Any, Any]
    back: tuple[Any, Any]
    beams: int
    device: str

    def __call__(self, sentences: Sequence[Sentence]) -> list[str | None]:
        """The sentences after there and back; None where one is too long."""
        middle = self._translated(self.there, [s.text for s in sentences], [s.rank_there for s in sentences])
        known = [i for i, text in enumerate(middle) if text]
        back = self._translated(
            self.back, [str(middle[i]) for i in known], [sentences[i].rank_back for i in known]
        )
        found: list[str | None] = [None] * len(sentences)
        for i, text in zip(known, back, strict=True):
            found[i] = text
        return found

    def _translated(
        self, model: tuple[Any, Any], texts: Sequence[str], ranks: Sequence[int]
    ) -> list[str | None]:
        import torch

        one_thread()
        network, tokenizer = model
        rows = [tokenizer(text)["input_ids"] for text in texts]
        found: list[str | None] = [None] * len(texts)
        for length in LENGTHS:
            mine = [i for i, row in enumerate(rows) if len(row) <= length and length == _length(len(row))]
            for at in range(0, len(mine), LANES):
                some = mine[at : at + LANES]
                ids = torch.full((LANES, length), tokenizer.pad_token_id)
                seen = torch.zeros((LANES, length), dtype=torch.long)
                ids[:, 0], seen[:, 0] = tokenizer.eos_token_id, 1
                for lane, i in enumerate(some):
                    ids[lane, : len(rows[i])] = torch.tensor(rows[i])
                    seen[lane, : len(rows[i])] = 1
                with torch.inference_mode():
                    out = network.generate(
                        input_ids=ids.to(self.device), attention_mask=seen.to(self.device), do_sample=False,
                        num_beams=self.beams, num_return_sequences=self.beams, max_length=length + length // 2,
                    )  # fmt: skip
                said = tokenizer.batch_decode(out, skip_special_tokens=True)
                for lane, i in enumerate(some):
                    found[i] = said[lane * self.beams + ranks[i]].strip()
        return found


class Apertium(NamedTuple):
    """The apertium program with the modes of a language pair."""

    program: str
    there: str
    back: str

    def __call__(self, sentences: Sequence[Sentence]) -> list[str | None]:
        """The sentences after there and back; None where apertium lost one."""
        found: list[str | None] = list(self._both([s.text for s in sentences]) or ())
        if len(found) != len(sentences):  # one of them confused it: find out which
            alone = [self._both([s.text]) for s in sentences]
            found = [one[0] if one else None for one in alone]
        return found

    def _both(self, texts: Sequence[str]) -> list[str] | None:
        middle = self._run(self.there, texts)
        return self._run(self.back, middle) if middle else None

    def _run(self, mode: str, texts: Sequence[str]) -> list[str] | None:
        """Each text as a paragraph of its own: lines would leak words into the next."""
        said = subprocess.run(
            [self.program, "-u", mode], input="\n\n".join(texts) + "\n\n", capture_output=True, text=True,
            timeout=WAIT_S, check=False,
        )  # fmt: skip
        if said.returncode:
            raise ModelError(
                f"apertium {mode} failed with code {said.returncode}: {said.stderr.strip()[:300]}"
            )
        parts = [" ".join(part.split()) for part in said.stdout.split("\n\n")]
        return parts[: len(texts)] if len(parts) == len(texts) + 1 and all(parts[:-1]) else None


@cache
def apertium(pair: str) -> tuple[Apertium, str]:
    """The program for a pair such as eng-spa, and a hash of its version and language data."""
    program = shutil.which("apertium")
    languages = pair.split("-")
    there, back = "-".join(languages), "-".join(reversed(languages))
    install = (
        f"Install it (Debian: apt-get install apertium apertium-{pair}), or set `model` to a folder of two Marian "
        "models."
    )
    if program is None:
        raise ModelError(f"text/back_translate uses apertium, which is not installed. {install}")
    modes = Path(program).resolve().parents[1] / "share" / "apertium" / "modes"
    files = [modes / f"{mode}.mode" for mode in (there, back)]
    if missing := [file.stem for file in files if not file.is_file()]:
        raise ModelError(f"apertium has no mode {' and '.join(missing)} in {modes}. {install}")
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    named = {Path(word.strip("'\"")) for file in files for word in file.read_text().split() if "/" in word}
    data = sorted(p for p in named if p.is_file() and p.is_relative_to(modes.parent))
    return Apertium(program, there, back), hash_of(version, *map(file_sha256, (*files, *data)))


@cache
def fetch(model: str) -> Path:
    """A folder that holds the models `there` and `back`; made of two where `model` is two hub ids joined by a plus."""
    parts = [part.strip() for part in model.split("+")]
    folder = Path(model).expanduser()
    if folder.is_dir():
        for part in ("there", "back"):
            hub.checked_folder(str(folder / part), WANTED)
        return folder
    if len(parts) != 2:
        raise ModelError(
            f"{model!r} is no folder. Give one that holds a Marian model in `there` and one in `back`, two pinned hub "
            "ids (owner/there@commit + owner/back@commit), or apertium."
        )
    joined = Path(tempfile.mkdtemp(prefix="synthgen-translation-"))
    for name, part in zip(("there", "back"), parts, strict=True):
        (joined / name).mkdir()
        for file in hub.checked_folder(part, WANTED).iterdir():
            if file.is_file() and not file.name.startswith("."):
                (joined / name / file.name).symlink_to(file.resolve())
    return joined


def marian(folder: Path, beams: int, device: str) -> Marian:
    """The two models in a folder, loaded."""
    return Marian(_loaded(folder / "there", device), _loaded(folder / "back", device), beams, device)


def _loaded(folder: Path, device: str) -> tuple[Any, Any]:
    network, missing = hub.opened(str(folder), "MarianMTModel", "Marian model", device)
    hub.check_whole(str(folder), missing)
    import transformers

    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Recommended: pip install sacremoses")
            tokenizer = transformers.AutoTokenizer.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False
            )
    except (OSError, ValueError, KeyError, ImportError, AttributeError, TypeError) as error:
        raise ModelError(
            f"the tokenizer in {folder} cannot be loaded: {error}. Give a folder as save_pretrained writes it."
        ) from error
    return network, tokenizer


def _length(n: int) -> int | None:
    return next((length for length in LENGTHS if n <= length), None)


def split(text: str) -> list[str]:
    """Sentences and what lies between them, in turn: joined, they are the text."""
    return _SENTENCES.split(text)


def lost(text: str, new: str) -> str | None:
    """What of the label a translation lost or brought in, in words, or None: English texts only."""
    old, now = tokens(text), tokens(new)
    figures = [sorted(t.text.strip(".,") for t in some if t.kind == "number") for some in (old, now)]
    if figures[0] != figures[1]:
        return f"the numbers {', '.join(figures[0]) or 'none'} became {', '.join(figures[1]) or 'none'}"
    spelt = [
        sorted(t.text.lower() for t in some if t.kind == "word" and is_number(t.text)) for some in (old, now)
    ]
    if spelt[0] != spelt[1]:
        return f"the numbers {', '.join(spelt[0]) or 'none'} became {', '.join(spelt[1]) or 'none'}"
    negations = [sum(t.kind == "word" and is_negation(t.text) for t in some) for some in (old, now)]
    if negations[0] != negations[1]:
        return f"{negations[0]} negations became {negations[1]}"
    for i in sorted(names(old)):
        if (name := old[i].text.removesuffix("'s").removesuffix("’s")) not in new:
            return f"the name {name} is gone"
    for token in old:
        if token.kind == "other" and token.text not in new:
            return f"{token.text} is gone"
    felt = [sum(sentiment().get(t.text.lower(), 0.0) for t in some) for some in (old, now)]
    if abs(felt[0]) >= FEELING and felt[0] * felt[1] <= 0:
        return "what it feels is gone"
    return "a mark of an unknown word is in it" if set("#*@\\") & (set(new) - set(text)) else None
