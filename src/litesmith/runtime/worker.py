"""The process in which a file runs that may end it: `python -m litesmith.runtime.worker`.

The first message holds the file; each message after it is a call, answered by outputs or by the
runtime's refusal. Results leave through what was the output stream, whose number then belongs to
the error stream, so that nothing that the runtime prints gets between them.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import BinaryIO

from litesmith.runtime.channel import Message, receive, send
from litesmith.runtime.interpreter import RuntimeRefusal, Session


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer calls until the other side is gone."""
    first = receive(requests)
    session: Session | None = None
    while True:
        try:
            if session is None:
                content = first.arrays["content"].tobytes()
                session = Session(content, first.header["threads"], quiet=False, kernels=first.header["kernels"])
                answer = Message({})
            else:
                answer = _answer(session, receive(requests))
        except RuntimeRefusal as refusal:
            answer = Message({"refusal": refusal.reason, "in_run": refusal.in_run})
        except MemoryError:
            answer = Message({"refusal": "it needs more memory than there is", "in_run": session is not None})
        send(answers, answer)
        if session is None:
            return


def _answer(session: Session, request: Message) -> Message:
    signature = request.header["signature"]
    if signature is not None:
        return Message({}, session.run_signature(signature, dict(request.arrays)))
    outputs = session.run([request.arrays[str(i)] for i in range(len(request.arrays))])
    return Message({}, {str(i): array for i, array in enumerate(outputs)})


def _limit_memory() -> None:
    """At most the machine's memory, so that a damaged size fails at once; no core dumps."""
    with contextlib.suppress(ImportError, OSError, ValueError, AttributeError):
        import resource

        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Serve the process at the other end of the standard streams."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _limit_memory()
    with contextlib.suppress(EOFError, BrokenPipeError):
        serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
