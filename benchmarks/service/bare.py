"""What the service is measured by: Flask alone, which parses the same JSON and answers a constant.

`CAIDING_BENCH_SIZE` is the size of that constant in bytes.
"""

from __future__ import annotations

import os

from flask import Flask, Response, request

ANSWER = b'{"x":"%s"}' % (b"x" * (int(os.environ.get("CAIDING_BENCH_SIZE", "1600")) - 8))

app = Flask(__name__)


@app.post("/v1/verdicts")
def verdicts() -> Response:
    request.get_json()
    return Response(ANSWER, 201, mimetype="application/json")
