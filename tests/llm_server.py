"""A real HTTP server on loopback that speaks the chat-completions API, and misbehaves as a test tells it to."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Reply(NamedTuple):
    """What the server sends: a completion that says `text`, or `body` as it is; cut in half if `cut`."""

    text: str = ""
    status: int = 200
    headers: Mapping[str, str] = {}
    after_s: float = 0.0
    cut: bool = False
    body: bytes | None = None
    usage: Mapping[str, int] | None = {"prompt_tokens": 100, "completion_tokens": 20}
    refusal: str | None = None
    dies: bool = False


def error(status: int, message: str, **more: str) -> Reply:
    """An error as the API words it."""
    headers = {k.replace("_", "-"): v for k, v in more.items() if k.startswith("retry")}
    said = {"message": message, **{k: v for k, v in more.items() if not k.startswith("retry")}}
    return Reply(status=status, headers=headers, body=json.dumps({"error": said}).encode())


@dataclass
class LLMServer:
    """Serves in a thread of its own. `behave` takes a request's body and says what to answer."""

    behave: Callable[[dict[str, Any]], Reply | str]
    key: str | None = None
    port: int = 0
    heard: list[dict[str, Any]] = field(default_factory=list)
    answered: list[dict[str, Any]] = field(default_factory=list)
    most_at_once: int = 0
    _now: int = 0
    _loop: Any = None
    _thread: Any = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def start(self) -> None:
        ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, args=(self._loop, ready), daemon=True)
        self._thread.start()
        assert ready.wait(10)

    def stop(self) -> None:
        """Die: the port is closed, and every connection with it."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _serve(self, loop: asyncio.AbstractEventLoop, ready: threading.Event) -> None:
        asyncio.set_event_loop(loop)
        server = loop.run_until_complete(asyncio.start_server(self._connection, "127.0.0.1", self.port))
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._request(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        except asyncio.CancelledError:
            writer.transport.abort()
            return
        writer.close()

    async def _request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in head[1:] if line)}
        asked = json.loads(await reader.readexactly(int(headers["content-length"])))
        self.heard.append({"path": head[0].split()[1], "headers": headers, "body": asked})
        self._now += 1
        self.most_at_once = max(self.most_at_once, self._now)
        try:
            reply = self._reply(headers, asked)
            if reply.dies:
                self._loop.stop()
                await asyncio.sleep(60)
            await asyncio.sleep(reply.after_s)
        finally:
            self._now -= 1
        body = reply.body if reply.body is not None else completion(reply)
        more = "".join(f"{k}: {v}\r\n" for k, v in reply.headers.items())
        start = f"HTTP/1.1 {reply.status} Said\r\ncontent-type: application/json\r\n{more}content-length: {len(body)}"
        writer.write(start.encode() + b"\r\n\r\n" + (body[: len(body) // 2] if reply.cut else body))
        await writer.drain()
        if reply.status == 200 and not reply.cut:
            self.answered.append(asked)
        return not reply.cut

    def _reply(self, headers: Mapping[str, str], asked: dict[str, Any]) -> Reply:
        if self.key is not None and headers.get("authorization") != f"Bearer {self.key}":
            return error(401, f"Incorrect API key provided: {headers.get('authorization')}")
        said = self.behave(asked)
        return Reply(said) if isinstance(said, str) else said


def completion(reply: Reply) -> bytes:
    """A chat completion that says what the reply says."""
    message = {"role": "assistant", "content": reply.text, "refusal": reply.refusal}
    return json.dumps(
        {"id": "x", "object": "chat.completion", "created": 1, "model": "tiny", "usage": reply.usage,
         "choices": [{"index": 0, "finish_reason": "stop", "message": message}]}
    ).encode()  # fmt: skip


@contextmanager
def serving(behave: Callable[[dict[str, Any]], Reply | str], key: str | None = None) -> Iterator[LLMServer]:
    """A server while the block runs."""
    server = LLMServer(behave, key)
    server.start()
    try:
        yield server
    finally:
        server.stop()
