"""What a client of OpenAI's and Anthropic's billing interfaces can see of them, in process."""

from local.bill_server.server import ANTHROPIC_KEY, OPENAI_KEY, Answer, BillServer, Fault
from local.bill_server.store import Entry

__all__ = ["ANTHROPIC_KEY", "OPENAI_KEY", "Answer", "BillServer", "Entry", "Fault"]
