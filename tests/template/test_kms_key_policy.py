"""The policy that a company puts on its own key, against the template that uses the key."""

import json
import re
from fnmatch import fnmatchcase
from typing import Any

from tests.template.combinations import EVERYTHING, made
from tests.template.conftest import ROOT, Json

POLICY = ROOT / "docs" / "kms-key-policy.json"
NAMES = {
    "PARTITION": "aws",
    "ACCOUNT": "123456789012",
    "REGION": "eu-central-1",
    "STACK": "spend-report",
}


def statements() -> dict[str, Json]:
    """The statements by their ids, with the words in capitals filled in."""
    text = re.sub("|".join(NAMES), lambda found: NAMES[found[0]], POLICY.read_text("utf-8"))
    return {each["Sid"]: each for each in json.loads(text)["Statement"]}


def filled(value: Any) -> Any:
    """A part of the template with CloudFormation's own names filled in."""
    names = {
        "AWS::Partition": NAMES["PARTITION"],
        "AWS::AccountId": NAMES["ACCOUNT"],
        "AWS::Region": NAMES["REGION"],
        "AWS::StackName": NAMES["STACK"],
    }
    match value:
        case {"Ref": name}:
            return names[name]
        case {"Fn::Sub": text}:
            return re.sub(r"\$\{([^}]+)\}", lambda found: names[found[1]], text)
        case dict():
            return {key: filled(each) for key, each in value.items()}
        case list():
            return [filled(each) for each in value]
    return value


def test_it_has_what_the_stacks_own_key_has(resources: Json) -> None:
    """Your key lets the account and the alarms do what the key of the stack would."""
    own = filled(resources["AlertKey"]["Properties"]["KeyPolicy"]["Statement"])

    assert {each["Sid"]: each for each in own}.items() <= statements().items()


def test_logs_may_use_it(template: Json) -> None:
    """CloudWatch Logs encrypts each log group of the stack, and no other, with the key.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    """
    groups = [
        filled(each["Properties"]["LogGroupName"])
        for each in made(template, EVERYTHING)["Resources"].values()
        if each["Type"] == "AWS::Logs::LogGroup"
    ]
    statement = statements()["LogsAreEncryptedWithIt"]
    pattern = statement["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"]

    assert statement["Principal"] == {"Service": "logs.eu-central-1.amazonaws.com"}
    assert len(groups) == 4
    for group in [*groups, "/somebody/else"]:
        arn = f"arn:aws:logs:eu-central-1:123456789012:log-group:{group}"
        assert fnmatchcase(arn, pattern) == (group != "/somebody/else")


def test_the_template_points_to_it(template: Json) -> None:
    """Whoever gives a key is told where its policy stands."""
    name = str(POLICY.relative_to(ROOT))

    assert name in template["Parameters"]["KmsKeyArn"]["Description"]
