"""`make audit`: known vulnerabilities of the libraries that the service runs with, by pip-audit.

An advisory fails. A machine that cannot ask, or a registry that keeps no advisories, is said in one line and
does not fail: what could not be looked up is not known to be bad.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

UNREACHABLE = ("ConnectionError", "ConnectTimeout", "ReadTimeout", "Could not connect")


def audit(locked: str, options: Sequence[str] = ()) -> tuple[int, list[str]]:
    """The exit code and what to print for a file of locked requirements; `options` go to pip-audit."""
    command = [str(Path(sys.executable).with_name("pip-audit")), "--requirement", locked, "--disable-pip"]
    command += ["--progress-spinner", "off", "--format", "json", *options]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        report = json.loads(run.stdout)
    except ValueError:
        if any(word in run.stderr for word in UNREACHABLE):
            return 0, [f"audit: {locked} was NOT audited, no advisories can be reached from here"]
        return 1, [run.stderr.strip()]
    return said(locked, report["dependencies"])


def said(locked: str, dependencies: Sequence[Any]) -> tuple[int, list[str]]:
    """The same from pip-audit's report: one line for what is known, one for each advisory."""
    skipped = [found for found in dependencies if "skip_reason" in found]
    known = [
        f"audit: {found['name']} {found['version']}: {advisory['id']}, mended in "
        + (", ".join(advisory["fix_versions"]) or "no version yet")
        for found in dependencies
        for advisory in found.get("vulns", ())
    ]
    audited = len(dependencies) - len(skipped)
    lines = [f"audit: {locked}: {audited} libraries looked up, {len(known)} advisories"] if audited else []
    if skipped:
        lines.append(
            f"audit: {locked}: {len(skipped)} libraries were NOT audited, the registry knows no advisories"
        )
    return (1 if known else 0), [*known, *lines]


if __name__ == "__main__":
    code, lines = audit(sys.argv[1], sys.argv[2:])
    sys.stdout.write("\n".join(lines) + "\n")
    sys.exit(code)
