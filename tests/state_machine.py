"""A small interpreter of a state machine's definition, to see what comes of a task that fails.

It knows what the template's definitions use: tasks that invoke functions, with JSONata and retries
without their waits, and distributed maps over plain paths.
https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

import jsonata

type Json = Any
type Invoke = Callable[[str, Json], Json]
"""Invokes the function of this logical id with a payload."""


class ExecutionFailedError(Exception):
    """The execution failed; the message names the error, as `DescribeExecution` does."""


def evaluate(value: Json, **states: Json) -> Json:
    """`value` with each `{% … %}` in it evaluated where `$states` is bound to `states`."""
    if isinstance(value, Mapping):
        return {key: evaluate(each, **states) for key, each in value.items()}
    if not isinstance(value, str) or not value.strip().startswith("{%"):
        return value
    program = jsonata.Jsonata(value.strip()[2:-2])
    frame = program.create_frame()
    frame.bind("states", states)
    return json.loads(json.dumps(program.evaluate({}, frame)))


def execute(definition: Json, input_: Json, invoke: Invoke) -> Json:
    """The output of an execution with `input_`. Raises ExecutionFailedError."""
    name, value = definition["StartAt"], input_
    while True:
        state = definition["States"][name]
        step = {"Task": _task, "Map": _map}[state["Type"]]
        value = step(state, value, invoke)
        if state.get("End"):
            return value
        name = state["Next"]


def _task(state: Json, input_: Json, invoke: Invoke) -> Json:
    arguments = evaluate(state["Arguments"], input=input_)
    (function, _) = state["Arguments"]["FunctionName"]["Fn::GetAtt"]
    payload = _payload(state, arguments, input_, function, invoke)
    return evaluate(state["Output"], input=input_, result={"Payload": payload})


def _payload(state: Json, arguments: Json, input_: Json, function: str, invoke: Invoke) -> Json:
    attempts = [0] * len(state["Retry"])
    while True:
        try:
            return invoke(function, arguments["Payload"])
        except Exception as error:
            place = _retrier(state, type(error).__name__)
            if attempts[place] >= state["Retry"][place]["MaxAttempts"]:
                raise ExecutionFailedError(f"{type(error).__name__}: {error}") from error
            attempts[place] += 1


def _retrier(state: Json, error: str) -> int:
    """Which of the state's retriers is for an `error`."""
    return next(
        place
        for place, retrier in enumerate(state["Retry"])
        if error in retrier["ErrorEquals"] or "States.ALL" in retrier["ErrorEquals"]
    )


def _map(state: Json, input_: Json, invoke: Invoke) -> Json:
    failed = 0
    items = _at(state["ItemsPath"], {"$": input_})
    for item in items:
        known = {"$": input_, "$$": {"Map": {"Item": {"Value": item}}}}
        selected = {
            key.removesuffix(".$"): _at(path, known) for key, path in state["ItemSelector"].items()
        }
        try:
            execute(state["ItemProcessor"], selected, invoke)
        except ExecutionFailedError:
            failed += 1
    if failed * 100 > state["ToleratedFailurePercentage"] * len(items):
        raise ExecutionFailedError("States.ExceedToleratedFailureThreshold")
    return input_ | {state["ResultPath"].removeprefix("$."): state["ResultSelector"]}


def _at(path: str, known: Mapping[str, Json]) -> Json:
    """What lies at a `path` such as `$.windows`."""
    first, *keys = path.split(".")
    value = known[first]
    for key in keys:
        value = value[key]
    return value
