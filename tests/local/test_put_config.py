"""`make put-config` against an account, and `make validate-config` where it sees the account."""

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import put_config, validate_config
from local.aws import REGION, LocalAws

PATH = "/llm-spend/local"
PRICES = '{"gpt-4o": {"input": 2.50, "output": 10.00}}'
BUDGETS = '{"features": {"rag-search": 2}}'
VARIABLES = (
    *("CONFIG", "CONFIG_PATH", "CHECK", "DELETE", "YES", "KEY", "KMS_KEY", "REPORTS"),
    "PRICE_CATALOGUE",
)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalAws]:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    with LocalAws() as account:
        yield account


class Tool:
    """The command, with a folder of documents, a person's answer, and what it printed."""

    def __init__(
        self,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        self.folder = folder
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())

    def put(self, *arguments: str, typed: str = "", terminal: bool = False) -> tuple[int, str]:
        keyboard = io.StringIO(typed)
        keyboard.isatty = lambda: terminal  # type: ignore[method-assign]
        self._monkeypatch.setattr(sys, "stdin", keyboard)
        status = put_config.main(["--config", str(self.folder), "--path", PATH, *arguments])
        return status, self._capsys.readouterr().out

    def validate(self, *arguments: str) -> tuple[int, str]:
        reports = str(self.folder / "none")
        given = ["--config", str(self.folder), "--reports", reports, *arguments]
        status = validate_config.main(given)
        return status, self._capsys.readouterr().out


@pytest.fixture
def tool(
    aws: LocalAws,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Tool:
    made = Tool(tmp_path / "config", monkeypatch, capsys)
    made.write("pricing/openai.json", PRICES)
    made.write("budgets/team-a/product.json", BUDGETS)
    return made


def there(aws: LocalAws) -> dict[str, str]:
    found = aws.ssm.get_parameters_by_path(Path=PATH, Recursive=True)["Parameters"]
    return {each["Name"].removeprefix(f"{PATH}/"): each["Value"] for each in found}


def test_it_asks_puts_and_names_what_it_put(aws: LocalAws, tool: Tool) -> None:
    """After a yes the documents are in the account, each named with its version."""
    status, said = tool.put(typed="y\n", terminal=True)

    assert status == 0
    assert there(aws) == {"pricing/openai": PRICES, "budgets/team-a/product": BUDGETS}
    assert f"Change 2 in {PATH}, account 123456789012, region {REGION}?" in said
    assert f"Put {PATH}/pricing/openai, version 1." in said
    assert f"Put {PATH}/budgets/team-a/product, version 1." in said


def test_budgets_at_odds_are_told_before_they_are_put(tool: Tool) -> None:
    """Who places budgets that contradict each other is warned, and may place them all the same."""
    tool.write("budgets/team-a/product.json", '{"total": {"daily": 10, "monthly": 85}}')

    status, said = tool.put("--yes")

    at_odds = "total: $10.00 daily exceeds the monthly $85.00 after 9 days"
    assert f"warning: budgets/team-a/product.json: {at_odds}" in " ".join(said.split())
    assert status == 0


@pytest.mark.parametrize("answer", ["n\n", "\n", "yep\n", ""])
def test_without_a_yes_nothing_changes(aws: LocalAws, tool: Tool, answer: str) -> None:
    """Any other answer, or none (Ctrl-D), leaves the account as it was."""
    status, _ = tool.put(typed=answer, terminal=True)

    assert status == 1
    assert there(aws) == {}


def test_in_a_pipeline_somebody_has_to_say_yes(aws: LocalAws, tool: Tool) -> None:
    """Where nobody can answer, only YES=1 changes anything."""
    refused, said = tool.put()
    before = there(aws)
    status, _ = tool.put("--yes")

    assert (refused, before) == (1, {})
    assert "say YES=1" in said
    assert status == 0
    assert len(there(aws)) == 2


def test_a_second_time_there_is_nothing_to_do(aws: LocalAws, tool: Tool) -> None:
    """White space at the ends is no difference, and nothing is put that is there."""
    aws.put_parameter("pricing/openai", f"{PRICES}\n")
    aws.put_parameter("budgets/team-a/product", BUDGETS)

    status, said = tool.put()

    assert status == 0
    assert f"{PATH} in account 123456789012, region {REGION} holds what" in said
    assert "Put " not in said


def test_what_differs_is_shown(aws: LocalAws, tool: Tool) -> None:
    """A changed document is shown line by line, before the question."""
    aws.put_parameter("pricing/openai", PRICES.replace("2.50", "5.00"))

    status, said = tool.put("--check")

    assert status == 1
    assert f"{PATH}/pricing/openai: changed" in said
    assert '  -{"gpt-4o": {"input": 5.00, "output": 10.00}}' in said
    assert '  +{"gpt-4o": {"input": 2.50, "output": 10.00}}' in said
    assert f"{PATH}/budgets/team-a/product: new" in said


def test_a_check_changes_nothing(aws: LocalAws, tool: Tool) -> None:
    """CHECK=1 fails while the account differs, and succeeds when it does not."""
    differs, _ = tool.put("--check", "--yes")
    before = there(aws)
    tool.put("--yes")
    same, _ = tool.put("--check")

    assert (differs, before, same) == (1, {}, 0)


def test_what_only_the_account_has_stays(aws: LocalAws, tool: Tool) -> None:
    """Another team's document is left alone, and said to be."""
    aws.put_parameter("budgets/team-b", '{"features": {"agents": 5}}')

    status, said = tool.put("--yes")

    assert status == 0
    assert f"{PATH}/budgets/team-b: only in the account, stays (DELETE=1 removes it)" in said
    assert there(aws)["budgets/team-b"] == '{"features": {"agents": 5}}'


def test_it_deletes_when_it_is_told_to(aws: LocalAws, tool: Tool) -> None:
    """With DELETE=1 the account holds what the folder does and no more, the key aside."""
    aws.put_parameter("budgets/team-b", '{"features": {"agents": 5}}')
    aws.put_parameter("langsmith-api-key", "lsv2_secret", secure=True)

    status, said = tool.put("--delete", "--yes")

    assert status == 0
    assert f"Deleted {PATH}/budgets/team-b, which was version 1." in said
    assert there(aws).keys() == {
        "pricing/openai",
        "budgets/team-a/product",
        "langsmith-api-key",
    }


def test_folder_and_account_are_validated_together(aws: LocalAws, tool: Tool) -> None:
    """A feature that another team's document has is an error naming both, and nothing is put."""
    aws.put_parameter("budgets/team-b", '{"features": {"rag-search": 5}}')
    before = there(aws)

    status, said = tool.put("--yes")

    assert status == 1
    assert "budgets/team-a/product.json" in said
    assert f"{PATH}/budgets/team-b" in said
    assert there(aws) == before


def test_a_clash_that_the_deletion_mends_is_none(aws: LocalAws, tool: Tool) -> None:
    """What is validated is what will be there afterwards."""
    aws.put_parameter("budgets/old", '{"features": {"rag-search": 5}}')

    assert tool.put("--yes", "--delete")[0] == 0


def test_validation_alone_sees_the_account(aws: LocalAws, tool: Tool) -> None:
    """`make validate-config CONFIG_PATH=…` finds the clash that the folder alone does not have."""
    aws.put_parameter("budgets/team-b", '{"features": {"rag-search": 5}}')

    alone, _ = tool.validate()
    together, said = tool.validate("--path", f"{PATH}/")

    assert (alone, together) == (0, 1)
    assert f"{PATH}/budgets/team-b" in said


def test_a_document_too_large_for_a_parameter_is_not_put(aws: LocalAws, tool: Tool) -> None:
    """More than 4 KB is refused before anything is put."""
    models = ", ".join(f'"m{n:04}": {{"input": 1, "output": 2}}' for n in range(200))
    tool.write("pricing/all.json", f"{{{models}}}")

    status, said = tool.put("--yes")

    assert status == 1
    assert "pricing/all.json: is 7,200 bytes, a standard parameter holds 4,096" in said
    assert there(aws) == {}


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("pricing/open ai.json", b"{}", "rename the file"),
        ("pricing/latin.json", '{"é": {"input": 1, "output": 1}}'.encode("latin-1"), "not UTF-8"),
    ],
)
def test_files_that_cannot_be_put_are_named(
    aws: LocalAws, tool: Tool, name: str, content: bytes, told: str
) -> None:
    """A name that no parameter can have, and what is no text, are errors naming the file."""
    (tool.folder / name).write_bytes(content)

    status, said = tool.put("--yes")

    assert status == 1
    assert Path(name).name in said
    assert told in said
    assert there(aws) == {}


def test_a_byte_order_mark_is_left_behind(aws: LocalAws, tool: Tool) -> None:
    """What some editors put in front of a file does not come along."""
    tool.write("pricing/openai.json", f"\ufeff{PRICES}")

    tool.put("--yes")

    assert there(aws)["pricing/openai"] == PRICES


def test_an_empty_folder_is_told(aws: LocalAws, tool: Tool, tmp_path: Path) -> None:
    """A folder without documents is a slip, not a reason to say that all is well."""
    status, said = tool.put("--config", str(tmp_path / "elsewhere"))

    assert status == 2
    assert "CONFIG=folder" in said


def test_a_secret_among_the_documents_is_told(aws: LocalAws, tool: Tool) -> None:
    """A document that was put as a SecureString is an error that names it."""
    aws.put_parameter("pricing/openai", PRICES, secure=True)

    status, said = tool.put("--yes")

    assert status == 1
    assert f"{PATH}/pricing/openai: is a parameter of type SecureString" in said


def test_the_key_is_put_encrypted_and_never_shown(aws: LocalAws, tool: Tool) -> None:
    """The key comes from the keyboard or a pipe, goes into a SecureString, and into no output."""
    status, said = tool.put("--key", "langsmith-api-key", typed="lsv2_secret\n")

    found = aws.ssm.get_parameter(Name=f"{PATH}/langsmith-api-key", WithDecryption=True)
    assert status == 0
    assert (found["Parameter"]["Type"], found["Parameter"]["Value"]) == (
        "SecureString",
        "lsv2_secret",
    )
    assert f"Put {PATH}/langsmith-api-key, version 1, encrypted." in said
    assert "lsv2_secret" not in said


def test_a_key_is_replaced_after_a_yes_only(aws: LocalAws, tool: Tool) -> None:
    """A key that is there is asked about, as a document is."""
    aws.put_parameter("langsmith-api-key", "lsv2_old", secure=True)

    refused, _ = tool.put("--key", "langsmith-api-key", typed="lsv2_new\n")
    replaced, _ = tool.put("--key", "langsmith-api-key", "--yes", typed="lsv2_new\n")

    found = aws.ssm.get_parameter(Name=f"{PATH}/langsmith-api-key", WithDecryption=True)
    assert (refused, replaced) == (1, 0)
    assert (found["Parameter"]["Value"], found["Parameter"]["Version"]) == ("lsv2_new", 2)


@pytest.mark.parametrize("typed", ["", "\n", "lsv2 secret\n", "\u201clsv2_secret\u201d\n"])
def test_what_is_no_key_is_not_put(aws: LocalAws, tool: Tool, typed: str) -> None:
    """An empty line and a mangled key are refused, and not shown."""
    status, said = tool.put("--key", "langsmith-api-key", typed=typed)

    assert status == 1
    assert "expected a key" in said
    assert "secret" not in said
    assert there(aws) == {}


def test_a_key_in_clear_text_is_told_to_be_revoked(aws: LocalAws, tool: Tool) -> None:
    """A parameter's type cannot be changed: the clear text has to go, and the key with it."""
    aws.put_parameter("langsmith-api-key", "lsv2_secret")

    status, said = tool.put("--key", "langsmith-api-key", "--yes", typed="lsv2_new\n")

    assert status == 1
    assert "Revoke the key" in said
    assert "lsv2_secret" not in said


def test_whether_a_key_is_there_can_be_checked(aws: LocalAws, tool: Tool) -> None:
    """A pipeline sees whether the key was put, without reading it."""
    missing, _ = tool.put("--check", "--key", "langsmith-api-key")
    aws.put_parameter("langsmith-api-key", "lsv2_secret", secure=True)
    found, said = tool.put("--check", "--key", "langsmith-api-key")

    assert (missing, found) == (1, 0)
    assert "lsv2_secret" not in said


def test_without_a_region_the_variable_is_named(
    tool: Tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No region is one line that says what to set."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name)

    status, said = tool.put()

    assert status == 1
    assert "export AWS_REGION=" in said


def test_the_region_is_the_one_that_the_aws_cli_would_take(
    tool: Tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AWS_REGION counts, which boto3 by itself does not know."""
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")

    _, said = tool.put()

    assert "region eu-west-1" in said
