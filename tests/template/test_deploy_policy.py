"""The policy of a pipeline that deploys the stack, against what AWS says that its resources want.

CloudFormation acts with the rights of who deploys. For each type of resource AWS publishes which
actions it takes to create, read, update and delete it; cfn-lint brings that list.
https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
"""

import json
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from tests.template.conftest import ROOT, Json, Tool

POLICY = ROOT / "docs" / "deploy-policy.json"
# What resources of these types may want as well, and why the stack's do not.
UNUSED = {
    "elasticfilesystem:*": "no file system is mounted",
    "firehose:*": "logs go nowhere else",
    "glue:*Connection": "tables lie in S3",
    "glue:GetSchemaVersion": "columns are in the template",
    "iam:*chRolePolicy": "roles have inline policies only",
    "kms:*ableKey": "the key is never switched off",
    "kms:DisableKeyRotation": "the key rotates",
    "kms:CreateGrant": "Lambda encrypts the environment with its own key",
    "kms:*crypt": "Lambda encrypts the environment with its own key",
    "kms:GenerateDataKey": "the state machine is encrypted by AWS's key",
    "lakeformation:*": "Lake Formation does not govern the tables",
    "lambda:*CodeSigningConfig": "no code is signed",
    "lambda:AssociateRuntimeAlias": "Lambda chooses the runtime's version",
    "lambda:PassCapacityProvider": "functions run on Lambda's own machines",
    "lambda:PublishVersion": "the newest version is the one that runs",
    "lambda:Put*Config": "recursion, scaling and runtime are left as they are",
    "logs:*Bearer*": "nobody sends logs by a token",
    "logs:*DataProtectionPolicy": "no data is masked",
    "logs:*DeletionProtection": "logs go with the stack",
    "logs:*Delivery": "logs go nowhere else",
    "logs:*Index*": "no field is indexed",
    "logs:*ResourcePolic*": "no resource policy",
    "s3:*Abac": "no access by tags",
    "s3:*Metadata*": "no metadata tables",
    "s3:Delete*": "the bucket is retained, and nothing of it is switched off",
    "s3:PutA*": "neither acceleration nor analytics",
    "s3:PutBucketAcl": "the bucket has no ACL",
    "s3:PutBucketCORS": "no web page reads the bucket",
    "s3:PutBucketLogging": "no access logs",
    "s3:PutBucketNotification": "no notifications",
    "s3:PutBucketObjectLockConfiguration": "no object lock",
    "s3:PutBucketReplication": "no replication",
    "s3:PutBucketWebsite": "no website",
    "s3:PutI*": "neither inventory nor tiering",
    "s3:PutMetricsConfiguration": "no request metrics",
    "s3:PutObject*": "no ACLs, no object lock",
    "s3:PutReplicationConfiguration": "no replication",
    "s3:REST.PUT.OBJECT": "logs go nowhere else",
    "s3files:*": "no file system is mounted",
    "s3tables:*": "no metadata tables",
    "sns:PutDataProtectionPolicy": "no data is masked",
}
# What it is for beside resources: SAM, the upload, the smoke test, the documents.
ELSE = {
    *("cloudformation:*", "lambda:InvokeFunction", "s3:GetBucketLocation", "ssm:*"),
    *("lambda:ListTags", "states:ValidateStateMachineDefinition"),
}


@pytest.fixture(scope="session")
def wanted(plain: Json, tool: Tool) -> dict[str, set[str]]:
    """For each type of the template's resources, the actions that AWS says it may want."""
    found = tool("cfn-lint:python", "-c", "import cfnlint; print(cfnlint.__path__[0])")
    schemas = Path(found.stdout.strip(), "data", "schemas", "resources")
    kinds = {each["Type"] for each in plain["Resources"].values()}
    wanted: dict[str, set[str]] = {}
    for path in schemas.glob("*.json"):
        schema = json.loads(path.read_text("utf-8"))
        if (kind := schema.get("typeName")) in kinds:
            handlers = schema["handlers"]
            wanted.setdefault(kind, set()).update(
                action
                for name in ("create", "read", "update", "delete")
                for action in handlers.get(name, {"permissions": ()})["permissions"]
            )
    assert wanted.keys() == kinds
    return wanted


def allowed() -> list[str]:
    """The policy's actions, some of them patterns."""
    statements = json.loads(POLICY.read_text("utf-8"))["Statement"]
    actions = [each["Action"] for each in statements]
    return [action for each in actions for action in ([each] if isinstance(each, str) else each)]


def matches(action: str, patterns: list[str]) -> bool:
    """Whether one of the patterns is for `action`; IAM minds no case."""
    return any(fnmatchcase(action.lower(), each.lower()) for each in patterns)


def test_it_suffices(wanted: dict[str, set[str]]) -> None:
    """Each action that a resource may want is allowed, or known not to be wanted here."""
    known = [*allowed(), *UNUSED]

    missing = {
        kind: sorted(action for action in actions if not matches(action, known))
        for kind, actions in wanted.items()
    }

    assert {kind: actions for kind, actions in missing.items() if actions} == {}


def test_it_allows_nothing_else(wanted: dict[str, set[str]]) -> None:
    """Each allowed action is one that some resource wants, or one of the deploy's own."""
    every = {action for actions in wanted.values() for action in actions}

    spare = [
        pattern
        for pattern in allowed()
        if not any(matches(action, [pattern]) for action in every)
        and not matches(pattern, list(ELSE))
    ]

    assert spare == []


def test_it_is_for_this_stack_only() -> None:
    """A star alone stands for the resource only where AWS knows none, or none exists yet."""
    statements = json.loads(POLICY.read_text("utf-8"))["Statement"]

    assert {each["Sid"] for each in statements if each["Resource"] == "*"} == {
        *("ReadTemplates", "FindTheNetwork", "FindLogs", "MakeTheKeyOfTheTopics"),
    }


def test_it_fits() -> None:
    """IAM takes 10,240 characters without white space as the inline policies of a role.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    assert len("".join(POLICY.read_text("utf-8").split())) < 9_000
