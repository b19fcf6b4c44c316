"""What clients and the scribe say to each other: frames of MessagePack, each after its length in four bytes.

A connection carries one request at a time. The request is an `Entry`, or nothing at all, which asks for the
scribe's state. The answer to an entry is nothing (it is stored), what its key is held for, or a reason.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from api.store.decisions import Claim, Decision, Held

HEADER = 4
MOST_BYTES = 256 * 2**20
"""No frame is longer: some ten times a batch of the largest tickets."""

Reason: TypeAlias = Literal["full", "away", "busy", "other", "timeout", "refused"]
"""Why a record is not stored: the disk is full, the database away or busy or in other trouble, no answer in
time; or (`refused`) the database will never take this record, which is a mistake of ours."""


class Entry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A record, and the instant (monotonic seconds, the same clock for all) until which its waiter waits."""

    until: float
    decisions: tuple[Decision, ...]
    claim: Claim | None


class ScribeState(msgspec.Struct, frozen=True):
    """How the scribe is doing; instants are microseconds since 1970 (UTC).

    `waiting` records are not yet stored; `stored` have been since it began, in `groups` commits. Where the
    database fails, it has done so since `failing_since`, for `reason`.
    """

    waiting: int = 0
    stored: int = 0
    groups: int = 0
    last_commit_at: int | None = None
    failing_since: int | None = None
    reason: Reason | None = None


Request: TypeAlias = Entry | None
Answer: TypeAlias = Held | Reason | None
Reply: TypeAlias = Answer | ScribeState

encode_into = msgspec.msgpack.Encoder().encode_into
decode_request = msgspec.msgpack.Decoder(Request).decode
decode_reply = msgspec.msgpack.Decoder(Reply).decode


def frame_of(message: object) -> bytearray:
    """The message with its length before it."""
    return framed(message, bytearray(HEADER))


def framed(message: object, frame: bytearray) -> bytearray:
    """The same in a buffer that is used again and again."""
    encode_into(message, frame, HEADER)
    frame[:HEADER] = (len(frame) - HEADER).to_bytes(HEADER)
    return frame


def length_of(header: bytes | bytearray | memoryview) -> int:
    """How many bytes follow the header."""
    return int.from_bytes(header[:HEADER])


STORED = bytes(frame_of(None))
"""The answer that is nearly always given."""
