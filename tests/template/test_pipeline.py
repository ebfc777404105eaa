"""The workflow that docs/pipeline.md gives to copy."""

import json
import re

import yaml

from tests.template.conftest import ROOT, Json

TEXT = (ROOT / "docs" / "pipeline.md").read_text("utf-8")
(WORKFLOW,) = re.findall(r"```yaml\n(.+?)```", TEXT, re.DOTALL)


def steps() -> list[Json]:
    """The steps of the only job."""
    (job,) = yaml.safe_load(WORKFLOW)["jobs"].values()
    found: list[Json] = job["steps"]
    return found


def test_actions_are_pinned_by_digest() -> None:
    """A tag can be moved to other code; a commit's digest cannot."""
    actions = [each["uses"] for each in steps() if "uses" in each]

    assert len(actions) == 3
    assert [each for each in actions if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", each)] == []


def test_targets_exist() -> None:
    """Each make target that the page runs is one of the Makefile."""
    makefile = (ROOT / "Makefile").read_text("utf-8")

    targets = set(re.findall(r"(?:run: |`|checkout <tag> && )make ([a-z-]+)", TEXT))

    assert targets
    assert {each for each in targets if f"\n{each}:" not in makefile} == set()


def test_nothing_is_run_with_credentials_that_needs_none() -> None:
    """Tests and build come before the role is assumed."""
    order = [str(each.get("run") or each["uses"]).split("@", 1)[0] for each in steps()]

    credentials = order.index("aws-actions/configure-aws-credentials")

    assert order.index("make test") < order.index("make build") < credentials


def test_the_policys_words_are_all_filled_in() -> None:
    """After the page's sed no word in capitals is left in the policy."""
    policy = (ROOT / "docs" / "deploy-policy.json").read_text("utf-8")
    for word in re.findall(r"s[/:]([A-Z]+)[/:]", TEXT):
        policy = policy.replace(word, "x")

    assert json.loads(policy)
    assert re.findall(r"\b[A-Z]{4,}", policy) == []
