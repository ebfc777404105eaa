"""Four linters over the template: each sees what the others miss, and none sees everything."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.template.combinations import COMBINATIONS, made
from tests.template.conftest import TEMPLATE, Json, Tool


def test_sam_knows_every_property(tool: Tool) -> None:
    """`sam validate` finds no unknown property or type."""
    done = tool("sam", "validate", "--template", TEMPLATE)

    assert done.returncode == 0, done.stdout + done.stderr


def test_sam_lints_clean(tool: Tool) -> None:
    """`sam validate --lint` finds nothing in the plain resources."""
    done = tool("sam", "validate", "--lint", "--template", TEMPLATE)

    assert done.returncode == 0, done.stdout + done.stderr


def test_cfn_lint_is_clean_after_the_transform(tool: Tool, plain: Json, tmp_path: Path) -> None:
    """cfn-lint finds nothing in what SAM makes of the template."""
    transformed = tmp_path / "template.json"
    transformed.write_text(json.dumps(plain))

    done = tool("cfn-lint", "--format", "json", transformed)

    assert json.loads(done.stdout) == []
    assert done.returncode == 0


def test_cfn_lint_sees_the_transformed_values(tool: Tool, plain: Json, tmp_path: Path) -> None:
    """The linter really reads the transformed functions: a wrong runtime is found."""
    broken = json.loads(json.dumps(plain))
    broken["Resources"]["SpendReportFunction"]["Properties"]["Runtime"] = "python3.99"
    transformed = tmp_path / "template.json"
    transformed.write_text(json.dumps(broken))

    done = tool("cfn-lint", "--format", "json", transformed)

    assert "python3.99" in done.stdout
    assert done.returncode != 0


@pytest.mark.parametrize("combination", COMBINATIONS)
def test_each_combination_is_clean(
    tool: Tool, plain: Json, tmp_path: Path, combination: str
) -> None:
    """cfn-lint finds nothing in what the parameters that people give make of the template."""
    path = tmp_path / "template.json"
    path.write_text(json.dumps(made(plain, COMBINATIONS[combination])))

    done = tool("cfn-lint", "--format", "json", path)

    assert json.loads(done.stdout) == []


@pytest.mark.parametrize("combination", COMBINATIONS)
def test_checkov_is_clean(tool: Tool, template: Json, tmp_path: Path, combination: str) -> None:
    """checkov reads every resource and fails none; it exits 0 on files that it cannot read.

    It gives up silently on a policy with an If, so it gets the template without one.
    """
    path = tmp_path / "template.json"
    path.write_text(json.dumps(made(template, COMBINATIONS[combination])))

    done = tool(
        *("checkov", "--file", path, "--framework", "cloudformation"),
        *("--skip-download", "--output", "json"),
    )

    result = json.loads(done.stdout)

    assert result["summary"]["failed"] == 0, result["results"]["failed_checks"]
    assert result["summary"]["parsing_errors"] == 0
    assert result["summary"]["passed"] >= 40
    assert _skipped(result) <= SUPPRESSED
    assert min(_checked_roles(result).values()) >= 8


SUPPRESSED = {
    *((name, "CKV_AWS_115") for name in ("SpendReportFunction", "BackfillFunction")),
    *((name, "CKV_AWS_116") for name in ("SpendReportFunction", "BackfillFunction")),
    *((name, "CKV_AWS_117") for name in ("SpendReportFunction", "BackfillFunction")),
    *((name, "CKV_AWS_173") for name in ("SpendReportFunction", "BackfillFunction")),
    *(("GuardFunction", f"CKV_AWS_{number}") for number in (115, 116, 117, 173)),
    *(("WorkerFunction", f"CKV_AWS_{number}") for number in (115, 116, 117, 173)),
    *(
        (name, "CKV_AWS_158")
        for name in ("SpendReportLogs", "BackfillLogs", "GuardLogs", "WorkerLogs")
    ),
    *((name, "CKV_AWS_27") for name in ("FailedRunsQueue", "UndeliveredQueue")),
    *((name, "CKV_AWS_111") for name in ("SpendReportRole", "BackfillFunctionRole", "WorkerRole")),
    ("ReportBucket", "CKV_AWS_18"),
}


def test_every_suppression_says_why(resources: Json) -> None:
    """Each suppressed check has a reason beside it."""
    skips = [
        skip
        for resource in resources.values()
        for skip in resource.get("Metadata", {}).get("checkov", {}).get("skip", [])
    ]

    assert skips
    assert [skip["id"] for skip in skips if len(skip.get("comment", "")) < 20] == []


def _skipped(result: Any) -> set[tuple[str, str]]:
    return {
        (check["resource"].rpartition(".")[2], check["check_id"])
        for check in result["results"]["skipped_checks"]
    }


def _checked_roles(result: Any) -> Counter[str]:
    """How many checks each role passed."""
    return Counter(
        check["resource"]
        for check in result["results"]["passed_checks"]
        if check["resource"].startswith("AWS::IAM::Role.")
    )
