"""What schemathesis is told beside the document; it loads this by `SCHEMATHESIS_HOOKS`."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import schemathesis

KEY = "Idempotency-Key"


@schemathesis.hook
def before_call(_context: Any, case: Any, _options: Any) -> None:
    """A key of repetition belongs to one request: the same with another body is refused, as it should be.

    One that is meant to be wrong stays so.
    """
    given = (case.headers or {}).get(KEY)
    if isinstance(given, str) and 0 < len(given) < 256 and given.isascii() and given.isprintable():
        case.headers[KEY] = str(uuid4())
