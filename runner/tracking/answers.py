"""Limits to what a server may answer: how long an answer may take, and how large it may be.

The timeouts of `requests` and urllib3 restart with every byte, and they know no limit of size.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any, TypeVar

import requests
from mlflow.utils import rest_utils as mlflow_rest
from mlflow.utils.credentials import get_default_host_creds

ANSWER_SECONDS = 120.0
"""Seconds within which a server must have answered a request to the last byte."""

ANSWER_BYTES = 256 * 2**20
"""The largest answer. A page of 1,000 runs takes about 5 MB, the files of a run less."""

PIECE_BYTES = 2**16

rest_utils: Any = mlflow_rest
"""The module in which MLflow's client makes its requests, each with the function replaced below."""

T = TypeVar("T")

_limited: ContextVar[bool] = ContextVar("limited", default=False)


class EndlessAnswerError(requests.RequestException):
    """A server's answer is larger than `ANSWER_BYTES`."""


@contextlib.contextmanager
def limited_answers() -> Iterator[None]:
    """Limit the answers that MLflow's client gets in the block; elsewhere it has no limits."""
    token = _limited.set(True)
    try:
        yield
    finally:
        _limited.reset(token)


def within(seconds: float, call: Callable[..., T], *arguments: Any, **keywords: Any) -> T:
    """The result of a call; `requests.Timeout` if it takes longer, whatever it waits for."""
    outcome: list[T | BaseException] = []

    def run() -> None:
        try:
            outcome.append(call(*arguments, **keywords))
        except BaseException as error:
            outcome.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if not outcome:
        raise requests.Timeout(f"no answer in {seconds:.0f} s")
    (result,) = outcome
    if isinstance(result, BaseException):
        raise result
    return result


def ask(uri: str, path: str, seconds: float, size: int) -> tuple[int, bytes]:
    """Ask a tracking server as MLflow's client would; its status and the answer's first bytes.

    Raises `requests.Timeout` if that takes longer, and what MLflow raises.
    """

    def answer() -> tuple[int, bytes]:
        with rest_utils.http_request(
            get_default_host_creds(uri),
            path,
            "GET",
            max_retries=0,
            timeout=2 * seconds,  # so that `within` is first to tell
            raise_on_status=False,
            allow_redirects=False,
            stream=True,
        ) as response:
            return response.status_code, response.raw.read(size, decode_content=True)

    return within(seconds, answer)


_unlimited: Callable[..., requests.Response] = rest_utils._get_http_response_with_retries


def _request(*arguments: Any, stream: bool = False, **keywords: Any) -> requests.Response:
    """MLflow's request, with limits to its answer where they were asked for.

    A redirect is an error: a redirected POST becomes a GET, and its answer has no limits.
    """
    if not _limited.get():
        return _unlimited(*arguments, stream=stream, **keywords)
    end = time.monotonic() + ANSWER_SECONDS
    keywords["allow_redirects"] = False
    response: requests.Response = within(
        ANSWER_SECONDS, _unlimited, *arguments, stream=True, **keywords
    )
    raw = response.raw
    raw.stream = lambda *_, decode_content=None, **__: _pieces(raw, decode_content, end)
    if not stream:
        _ = response.content  # read now
    return response


rest_utils._get_http_response_with_retries = _request


def _pieces(raw: Any, decode_content: bool | None, end: float) -> Iterator[bytes]:
    """The body of an answer, piece by piece as it arrives."""
    size = 0
    try:
        while piece := raw.read1(PIECE_BYTES, decode_content=decode_content):
            yield piece
            size += len(piece)
            if size > ANSWER_BYTES:
                raise EndlessAnswerError
            if time.monotonic() > end:
                raise requests.Timeout(f"no whole answer in {ANSWER_SECONDS:.0f} s")
    except requests.RequestException:
        raw.close()
        raise
