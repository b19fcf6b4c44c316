"""How often a key may ask: the generic cell rate algorithm, one float a key that all workers share.

The float is the instant at which the key's bucket will be empty again. Two workers may write it at the same
time, and then one request goes uncounted; a limit that holds to a request in a thousand needs no lock.
"""

from __future__ import annotations

from typing import Protocol

from api.http.service import Quota

FREE = Quota(0.0, 0)


class Slots(Protocol):
    """Floats that are 0 at first; `api.serve.board` shares them between the workers, a list does for one."""

    def __len__(self) -> int: ...
    def __getitem__(self, slot: int, /) -> float: ...
    def __setitem__(self, slot: int, at: float, /) -> None: ...


class KeyLimiter:
    """Admits `limit` requests at once and one more every `window / limit` seconds; limit 0 admits all."""

    def __init__(self, slots: Slots, limit: int, window: int) -> None:
        self.limit = limit
        self.window = window
        self._slots = slots
        self._count = len(slots)
        self._each = window / limit if limit else 0.0

    def take(self, key_id: int, now: float) -> Quota:
        """Counts one request at `now`, in seconds of a clock that all workers share.

        >>> limiter = KeyLimiter([0.0], limit=2, window=10)
        >>> [limiter.take(7, now) for now in (100.0, 100.0, 100.0, 105.0)]
        [Quota(...=0.0, remaining=1), Quota(...=0.0, remaining=0), Quota(...=5.0, remaining=0), Quota(...)]
        """
        if not self.limit:
            return FREE
        slot = key_id % self._count
        empty_at = max(self._slots[slot], now) + self._each
        spare = self.window - (empty_at - now)
        if spare < -1e-9:
            return Quota(-spare, 0)
        self._slots[slot] = empty_at
        return Quota(0.0, int(spare / self._each + 1e-9))
