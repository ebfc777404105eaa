"""Turns the SAM template into plain CloudFormation, as the deployment does, and prints it as JSON.

Runs in SAM CLI's environment, which has AWS's own translator:
tools/run sam:python tests/template/transform.py template.yaml
"""

# mypy: disable-error-code="import-not-found"

import json
import sys
from pathlib import Path
from typing import Any

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

# The translator takes local folders for uploaded already.
UPLOADED = "s3://bucket/key"


class NoManagedPolicies:
    """The template names none of AWS's managed policies, so none needs looking up."""

    def load(self) -> dict[str, str]:
        return {}


def plain(template: dict[str, Any]) -> dict[str, Any]:
    template["Globals"]["Function"]["CodeUri"] = UPLOADED
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::LayerVersion":
            resource["Properties"]["ContentUri"] = UPLOADED
    result: dict[str, Any] = transform(template, {}, NoManagedPolicies())
    return result


if __name__ == "__main__":
    json.dump(plain(yaml_parse(Path(sys.argv[1]).read_text())), sys.stdout, indent=1)
