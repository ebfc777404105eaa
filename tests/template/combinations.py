"""The ways in which people deploy the template, and the template as each of them makes it."""

import re
from collections.abc import Mapping
from typing import Any

type Json = dict[str, Any]

ACCOUNT = "000000000000"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/0a1b2c3d-0000-4000-8000-000000000000"

BARE: Mapping[str, str] = {}
OWN_BUCKET_AND_KEY = {
    "ExistingBucketName": "company-reports",
    "KmsKeyArn": KEY,
    "ExistingAlertTopicArn": f"arn:aws:sns:us-east-1:{ACCOUNT}:company-alerts",
    "ExistingAlarmTopicArn": f"arn:aws:sns:us-east-1:{ACCOUNT}:company-alarms",
}
VPC = {
    "SubnetIds": "subnet-0a1b2c3d,subnet-0a1b2c3e",
    "SecurityGroupIds": "sg-0a1b2c3d",
    "HttpsProxy": "http://proxy.example.com:3128",
    "NoProxy": ".amazonaws.com",
}
EVERYTHING = VPC | {
    "KmsKeyArn": KEY,
    "PermissionsBoundaryArn": f"arn:aws:iam::{ACCOUNT}:policy/boundary",
    "RolePath": "/apps/llm/",
    "AlertEmail": "on-call@example.com",
    "AlarmEmail": "platform@example.com",
    "ChatAlerts": "on",
    "GuardSchedule": "1h",
    "Bills": "openai,anthropic,bedrock",
    "AthenaTables": "on",
    "Dimensions": "env,user_tier,region",
    "WriteLock": "on",
    "BreakGlassRoleArn": f"arn:aws:iam::{ACCOUNT}:role/break-glass",
    "ReaderAccounts": "111111111111,222222222222",
    "ReaderOrganizationId": "o-a1b2c3d4e5",
    "ReportRetentionDays": "365",
    "LimitConcurrency": "on",
    "Workers": "4",
}
COMBINATIONS = {
    "bare": BARE,
    "own bucket and key": OWN_BUCKET_AND_KEY,
    "vpc": VPC,
    "everything": EVERYTHING,
}

_NO_VALUE = {"Ref": "AWS::NoValue"}


def made(template: Json, given: Mapping[str, str]) -> Json:
    """`template` as the parameters `given` make it: no parameter, no condition and no If is left.

    Other functions, such as Fn::Sub of a resource's name, stay as they are.
    """
    deployed = _Deployed(template, given)
    kept = ("AWSTemplateFormatVersion", "Transform", "Description", "Globals")
    sections = {name: deployed.value(template[name]) for name in kept if name in template}
    return sections | {name: deployed.section(name) for name in ("Resources", "Outputs")}


class _Deployed:
    """What CloudFormation makes of `template` with the parameters `given`."""

    def __init__(self, template: Json, given: Mapping[str, str]) -> None:
        self._template = template
        self._parameters = {
            name: given.get(name, str(each["Default"]))
            for name, each in template["Parameters"].items()
        }
        unknown = given.keys() - self._parameters.keys()
        assert not unknown, unknown

    def section(self, name: str) -> Json:
        """Those parts of a section that there are."""
        return {
            part: {key: self.value(each) for key, each in content.items() if key != "Condition"}
            for part, content in self._template[name].items()
            if "Condition" not in content or self._is(content["Condition"])
        }

    def value(self, value: Any) -> Any:
        """`value` without parameters and conditions."""
        match value:
            case dict():
                return self._of(value)
            case list():
                return [each for each in map(self.value, value) if each != _NO_VALUE]
            case _:
                return value

    def _of(self, value: Json) -> Any:
        match value:
            case {"Ref": name}:
                return self._parameters.get(name, value)
            case {"Fn::If": [name, yes, no]}:
                return self.value(yes if self._is(name) else no)
            case {"Fn::FindInMap": [name, first, second]}:
                return self._template["Mappings"][name][self.value(first)][second]
            case {"Fn::Split": [by, text]} if isinstance(self.value(text), str):
                return self.value(text).split(by)
            case {"Fn::Sub": text}:
                return self._substituted(text)
        kept = {key: self.value(each) for key, each in value.items()}
        return {key: each for key, each in kept.items() if each != _NO_VALUE}

    def _is(self, condition: str) -> bool:
        return self._holds(self._template["Conditions"][condition])

    def _holds(self, expression: Json) -> bool:
        match expression:
            case {"Condition": name}:
                return self._is(name)
            case {"Fn::Equals": [left, right]}:
                return str(self.value(left)) == str(self.value(right))
            case {"Fn::Not": [inner]}:
                return not self._holds(inner)
            case {"Fn::And": parts}:
                return all(map(self._holds, parts))
            case {"Fn::Or": parts}:
                return any(map(self._holds, parts))
        raise AssertionError(expression)

    def _substituted(self, text: Any) -> Any:
        if isinstance(text, list):
            return {"Fn::Sub": [self._filled(text[0]), self.value(text[1])]}
        filled = self._filled(text)
        return {"Fn::Sub": filled} if "${" in filled else filled

    def _filled(self, text: str) -> str:
        return re.sub(r"\$\{(\w+)\}", lambda match: self._parameters.get(match[1], match[0]), text)
