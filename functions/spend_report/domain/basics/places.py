"""Where in the account something is set or started, for whoever is told to do it."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import date

from msgspec import Struct

from spend_report.domain.basics.wording import LINE_WIDTH, days, plain

_NEW = {"pricing": "models", "budgets": "product", "features": "product"}


class ToCopy(Struct, frozen=True):
    """A command, or an entry of a document: `lead` says what it is for, `parts` make it up."""

    lead: str
    parts: Sequence[str]

    @property
    def line(self) -> str:
        """It on one line."""
        return " ".join(self.parts)

    @property
    def lines(self) -> list[str]:
        """It on a line for each part, as a shell reads them; the further ones two characters in."""
        first, *others = self.parts
        return " \\\n  ".join([first, *others]).split("\n")


class Places(Struct, frozen=True):
    """The parameters below `root` with documents in them, by their full names.

    `backfill` is the ARN of the state machine that reports past days; empty where that is not
    known. `registered` has the parameter of each feature that is in one, and its aliases.
    """

    root: str
    parameters: Collection[str] = ()
    backfill: str = ""
    registered: Mapping[str, tuple[str, Sequence[str]]] = {}

    def to_add(self, section: str) -> str:
        """A parameter below `section`: all of them are merged, so any serves."""
        folder = f"{self.root}/{section}/"
        known = sorted(name for name in self.parameters if name.startswith(folder))
        if not known:
            return f"a new SSM parameter, such as {folder}{_NEW[section]}"
        return f"the SSM parameter {known[0]}{', or another one there' if known[1:] else ''}"

    def to_report(self, missing: Sequence[date]) -> ToCopy:
        """How the days that are `missing` are reported; nobody is alerted of them."""
        first, last = missing[0].isoformat(), missing[-1].isoformat()
        start = "aws stepfunctions start-execution"
        given = f"--input '{json.dumps({'start_date': first, 'end_date': last})}'"
        lead = f"To report {days(missing)}, alerting nobody"
        if not self.backfill:
            lead += " (ARN is the stack's output BackfillStateMachineArn)"
            return ToCopy(f"{lead}:", [f"{start} --state-machine-arn ARN", given])
        region = self.backfill.split(":")[3]
        parts = [f"{start} --region {region}", given, "--state-machine-arn", self.backfill]
        return ToCopy(f"{lead}:", parts)


def line_to_add(add: str) -> list[str]:
    """An entry of a document for plain text, in two lines where it is too long for one."""
    if len(add) + 2 <= LINE_WIDTH:
        return [f"  {add}"] if add else []
    model, _, prices = add.rpartition(": {")
    return [f"  {plain(model, LINE_WIDTH - 3)}:", f"    {{{prices}"]
