"""What the sample day must come to: the figures that the issue of the demo names."""

import csv

CSV = "spend_by_feature/dt=2026-11-21/spend_by_feature_2026-11-21.csv"
SAMPLE_DAY = {
    "rag-search": ("412", "824310", "192440"),
    "agent-copilot": ("118", "603200", "411820"),
    "summarizer": ("87", "198400", "44100"),
    "email-drafts": ("34", "42100", "38200"),
    "untagged": ("19", "31200", "12800"),
}


def calls_and_tokens(table: bytes) -> dict[str, tuple[str, str, str]]:
    """Calls, input and output tokens by feature, as the CSV's own text."""
    return {
        row["feature"]: (row["calls"], row["input_tokens"], row["output_tokens"])
        for row in csv.DictReader(table.decode().splitlines())
    }
