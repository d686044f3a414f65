"""What texts cost: changing words, embeddings, near-duplicates, and asking a language model, each beside a peer."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from synthgen import registry
from synthgen.bench import Bench, Figures
from synthgen.sample import Job, Sample, Work
from synthgen.seeds import numpy_rng

if TYPE_CHECKING:
    import numpy as np

    from synthgen.modality import Modality

WORD_EDITS = ("reword", "insert", "swap", "delete", "noise")
LATENCY_S = 0.2
FIRST = ("Well", "So", "Now", "And", "Then")


class Text(Bench):
    """Texts a second on one core once everything is loaded.

    Peers are plain Python loops that do the same simply: EDA as it was published (no words protected, nothing
    inflected, no draws kept), MinHash a text at a time. Embeddings are compared with batches in the order in which the
    texts come, the client with what its latency allows at best.
    """

    sentences: int = 4_000
    near_duplicates: int = 100_000
    embedded: int = 1_024
    requests: int = 1_280
    model: str | None = None
    """A sentence-transformers folder or id to time too; `all-MiniLM-L6-v2` where that is installed, if not given."""

    def run(self) -> Figures:
        texts = _texts(self.sentences)
        rows = [*self._word_edits(texts), *self._embeddings(texts), self._minhash(), self._client()]
        return Figures("texts a second on one core", rows)

    def _word_edits(self, texts: Sequence[str]) -> list[dict[str, Any]]:
        _plain_eda(texts[0], numpy_rng("warm"))
        peer = _rate(len(texts), lambda: [_plain_eda(t, numpy_rng("eda", i)) for i, t in enumerate(texts)])
        rows = []
        for name in WORD_EDITS:
            generator = registry.find("generators", f"text/{name}")()
            samples = [Sample(str(i), "text", "a", lambda t=t: t) for i, t in enumerate(texts)]  # type: ignore[misc]
            jobs = [Job(0, "a", i, (s.id,), {}, 0) for i, s in enumerate(samples)]
            model = generator.load(None, "cpu")

            def every(
                generator: Any = generator, samples: Any = samples, jobs: Any = jobs, model: Any = model
            ) -> None:
                work = [
                    Work(job, (s,), generator.draw(job, (s,), numpy_rng("bench", job.index)))
                    for job, s in zip(jobs, samples, strict=True)
                ]
                generator.make(work, model)

            generator.draw(jobs[0], (samples[0],), numpy_rng("warm"))
            rows.append(
                _row(
                    f"text/{name}, draw and make", _rate(len(texts), every), "published EDA, plain loop", peer
                )
            )
        return rows

    def _embeddings(self, texts: Sequence[str]) -> list[dict[str, Any]]:
        from synthgen.errors import ModelError
        from synthgen.models import sentences

        modality: Modality = registry.find("modalities", "text")()
        rows = [_row("hashed embedding", _rate(len(texts), lambda: modality.embed(texts)), "", None)]
        name = self.model or "all-MiniLM-L6-v2"
        try:
            model = sentences.load(name, "cpu")
        except ModelError:
            if self.model:
                raise
            return rows
        some = [text * (1 + 3 * (i % 7 == 0)) for i, text in enumerate(texts[: self.embedded])]
        ours = _rate(len(some), lambda: sentences.embed(model, some))
        peer = _rate(len(some), lambda: _in_order(model, some))
        rows.append(_row(f"{name}, batches of one length", ours, "batches as the texts come", peer))
        return rows

    def _minhash(self) -> dict[str, Any]:
        from synthgen.models import minhash

        texts = _many(self.near_duplicates)
        ours = _rate(len(texts), lambda: minhash.twins(minhash.signatures(texts)))
        few = texts[: max(1, len(texts) // 500)]
        peer = _rate(len(few), lambda: [_plain_minhash(text) for text in few])
        return _row(
            f"near-duplicates among {len(texts):,} (MinHash)", ours, "signatures alone, plain loop", peer
        )

    def _client(self) -> dict[str, Any]:
        from synthgen.answers import Answers
        from synthgen.models.llm_client import Question, Server, ask

        command = [sys.executable, "-c", _SERVER, str(LATENCY_S)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            try:
                url = f"http://127.0.0.1:{next(iter(server.stdout or ())).strip()}/v1"
                asked = [
                    Question("m", [{"role": "user", "content": f"text {i}"}], {}, {})
                    for i in range(self.requests)
                ]
                place = Server(url, key="none", concurrency=64)
                ask(place, {"warm": asked[0]}, Answers())
                began = time.monotonic()
                ask(place, {str(i): question for i, question in enumerate(asked)}, Answers())
                rate = len(asked) / (time.monotonic() - began)
            finally:
                server.kill()
        return _row(
            f"language model client, 64 at once, {LATENCY_S * 1000:.0f} ms", rate, "ideal", 64 / LATENCY_S
        )


def _row(what: str, rate: float, peer: str, beside: float | None) -> dict[str, Any]:
    return {
        "what": what, "a second": round(rate), "peer": peer, "peer a second": round(beside) if beside else "",
        "times the peer": round(rate / beside, 2) if beside else "",
    }  # fmt: skip


def _rate(count: int, work: Callable[[], Any]) -> float:
    """By CPU time of this process, on one thread of BLAS and torch."""
    from synthgen.device import one_thread
    from synthgen.models.nearest import one_core

    one_thread()
    with one_core():
        began = time.process_time()
        work()
        return count / max(time.process_time() - began, 1e-9)


def _texts(count: int) -> list[str]:
    """Reviews that ship with the project, over and over, each time with another first word."""
    reader = registry.find("readers", "reviews")()
    real = [reader.decode(reader.raw(None, found.place)) for found in reader.items(None, "train")]
    return [f"{FIRST[i // len(real) % len(FIRST)]}, {real[i % len(real)]}" for i in range(count)]


def _many(count: int) -> list[str]:
    """Texts of made-up words, every tenth but for one letter the same as an earlier one."""
    import numpy as np

    rng = numpy_rng("many texts")
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz     "))
    texts = ["".join(row) for row in letters[rng.integers(0, len(letters), (count, 90))]]
    for i in range(9, count, 10):
        texts[i] = texts[i - 9][:40] + "q" + texts[i - 9][41:]
    return texts


def _plain_eda(text: str, rng: np.random.Generator) -> str:
    """Synonym replacement, insertion, swap and deletion of a tenth of the words, as Wei and Zou 2019 wrote it down."""
    from synthgen.models import synonyms

    words = text.split()
    count = max(1, len(words) // 10)
    able = [i for i, word in enumerate(words) if synonyms.others(word.lower())]
    for i in rng.permutation(able)[:count] if able else ():
        words[i] = synonyms.others(words[i].lower())[0]
    inserted = [synonyms.others(words[i].lower())[:1] for i in rng.permutation(able)[:count]] if able else []
    for word in (one for those in inserted for one in those):
        words.insert(int(rng.integers(len(words) + 1)), word)
    for _ in range(count):
        i, j = rng.integers(len(words), size=2)
        words[i], words[j] = words[j], words[i]
    kept = [word for word in words if rng.random() > 0.1]
    return " ".join(kept or words[:1])


def _plain_minhash(text: str) -> list[int]:
    import zlib

    from synthgen.models.minhash import HASHES, RUN

    runs = {zlib.crc32(text[i : i + RUN].encode()) for i in range(max(1, len(text) - RUN + 1))}
    return [min((run * (2 * k + 1) + 7 * k) % 4294967291 for run in runs) for k in range(HASHES)]


def _in_order(model: Any, texts: Sequence[str]) -> None:
    """Batches in the given order, each padded to its longest text: what a loop without sorting does."""
    from synthgen.models import sentences

    for start in range(0, len(texts), sentences.BATCH):
        some = texts[start : start + sentences.BATCH]
        ids = [encoding.ids for encoding in model.tokenizer.encode_batch_fast(some)]
        longest = next(n for n in sentences.LENGTHS if max(map(len, ids)) <= n)
        sentences.run_batch(model, ids, longest)


_SERVER = """
import asyncio, json, sys
latency = float(sys.argv[1])
body = json.dumps({"id": "x", "object": "chat.completion", "created": 1, "model": "m",
    "usage": {"prompt_tokens": 9, "completion_tokens": 9, "total_tokens": 18},
    "choices": [{"index": 0, "finish_reason": "stop",
                 "message": {"role": "assistant", "content": "{\\"paraphrases\\": [\\"a text\\"]}"}}]}).encode()
async def serve(reader, writer):
    try:
        while True:
            head = await reader.readuntil(b"\\r\\n\\r\\n")
            size = next(int(l.split(b":")[1]) for l in head.split(b"\\r\\n") if l.lower().startswith(b"content-length"))
            await reader.readexactly(size)
            await asyncio.sleep(latency)
            head = b"HTTP/1.1 200 OK\\r\\ncontent-type: application/json\\r\\ncontent-length: %d\\r\\n\\r\\n"
            writer.write(head % len(body) + body)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""


PLUGIN = Text
