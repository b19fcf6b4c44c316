"""What is wrong with tickets: by file, line and JSON pointer, with the mend."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from api.present.findings_text import MOST_FINDINGS, STYLES, visible
from api.present.labels import label
from api.tickets.ticket import WHOLE_FILE
from engine.base.findings import Finding, Language


class TroubleLog:
    """Writes the trouble of tickets as it comes, the first hundred findings; the rest is counted."""

    def __init__(self, console: Console, language: Language, *, several_files: bool = False) -> None:
        self._console = console
        self._language = language
        self._several = several_files
        self._count = 0

    @property
    def any(self) -> bool:
        return self._count > 0

    def write(self, file: str, line: int, findings: Sequence[Finding]) -> None:
        """All of one ticket's trouble."""
        for finding in findings:
            self._count += 1
            if self._count <= MOST_FINDINGS:
                self._console.print(trouble_text(file, line, finding, self._language), end="\n\n")

    def finish(self) -> None:
        """Says how much was not shown."""
        more = self._count - MOST_FINDINGS
        if more > 0:
            self._console.print(Text(label("heading", "more_findings", self._language, more=f"{more:,}")))


def trouble_text(file: str, line: int, finding: Finding, language: Language) -> Text:
    """One finding about a ticket, without a line break at its end."""
    text = Text()
    severity = label("severity", finding.severity, language)
    text.append(f"{severity}[{finding.code}]", style=STYLES[finding.severity])
    text.append(f": {visible(finding.message(language))}", style="bold")
    place = f"{file}:{line}" if line != WHOLE_FILE else file
    place += f" {finding.pointer}" if finding.pointer else ""
    text.append("\n  --> ", style="bold blue")
    text.append(visible(place))
    mend = finding.help(language)
    if mend:
        text.append(f"\n{label('heading', 'help', language)}: ", style="bold cyan")
        text.append(visible(mend))
    return text
