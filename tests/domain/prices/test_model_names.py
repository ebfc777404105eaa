import pytest
from hypothesis import given
from hypothesis import strategies as st

from spend_report.domain.prices.model_names import (
    candidates,
    catalogue_names,
    display,
    parameter_names,
    provider_id,
)

ACCOUNT = "123456789012"
PROFILE = f"arn:aws:bedrock:us-east-1:{ACCOUNT}:inference-profile/us.anthropic.claude-opus-5-v1:0"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("gpt-4o", "gpt-4o"),
        ("  gpt-4o ", "gpt-4o"),
        ("", ""),
        ("openai/gpt-4o", "openai/gpt-4o"),
        ("GPT-4o", "GPT-4o"),
        ("ft:gpt-4o-mini-2024-07-18:acme::abc", "ft:gpt-4o-mini-2024-07-18"),
        ("ft:gpt-4o-2024-08-06:acme:support:abc:ckpt-step-90", "ft:gpt-4o-2024-08-06"),
        ("openai/ft:gpt-4o-2024-08-06:acme::abc", "ft:gpt-4o-2024-08-06"),
        (PROFILE, "us.anthropic.claude-opus-5-v1:0"),
        (f"bedrock/{PROFILE}", "us.anthropic.claude-opus-5-v1:0"),
        (
            "arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-pro-v1:0",
            "amazon.nova-pro-v1:0",
        ),
        (f"arn:aws:bedrock:us-east-1:{ACCOUNT}:application-inference-profile/a1b2", "a1b2"),
        (f"arn:aws-us-gov:sagemaker:us-gov-west-1:{ACCOUNT}:endpoint/chat", "chat"),
        (f"arn:aws:bedrock:us-east-1:{ACCOUNT}", "arn"),
        ("projects/acme/locations/us/endpoints/456", "456"),
        ("projects/acme/locations/us/publishers/google/models/gemini-3", "gemini-3"),
        ("accounts/acme/models/support-bot", "support-bot"),
        ("accounts/fireworks/models/kimi-k3", "accounts/fireworks/models/kimi-k3"),
    ],
)
def test_shown_name(name: str, shown: str) -> None:
    """A model is shown as it is named, without anybody's organisation, account or project."""
    assert display(name) == shown


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("gpt-4o", ["gpt-4o"]),
        ("gpt-4o-2024-08-06", ["gpt-4o-2024-08-06", "gpt-4o"]),
        (
            "claude-3-5-sonnet-20241022",
            ["claude-3-5-sonnet-20241022", "claude-3-5-sonnet"],
        ),
        (
            "claude-3-5-sonnet-v2@20241022",
            ["claude-3-5-sonnet-v2@20241022", "claude-3-5-sonnet-v2"],
        ),
        (
            "openai/gpt-4o-2024-08-06",
            ["openai/gpt-4o-2024-08-06", "openai/gpt-4o", "gpt-4o-2024-08-06", "gpt-4o"],
        ),
        ("models/gemini-2.5-flash", ["models/gemini-2.5-flash", "gemini-2.5-flash"]),
        (
            "publishers/google/models/gemini-3",
            ["publishers/google/models/gemini-3", "gemini-3"],
        ),
        (
            "bedrock/converse/us.amazon.nova-pro-v1:0",
            [
                "bedrock/converse/us.amazon.nova-pro-v1:0",
                "converse/us.amazon.nova-pro-v1:0",
                "us.amazon.nova-pro-v1:0",
            ],
        ),
        (PROFILE, [PROFILE, "us.anthropic.claude-opus-5-v1:0"]),
        (
            "ft:gpt-4o-mini-2024-07-18:acme::abc",
            [
                "ft:gpt-4o-mini-2024-07-18:acme::abc",
                "ft:gpt-4o-mini-2024-07-18",
                "ft:gpt-4o-mini",
            ],
        ),
        ("gpt-4o-audio-preview", ["gpt-4o-audio-preview"]),
        ("gpt-4o-2024-13-06", ["gpt-4o-2024-13-06"]),
        ("gpt-4o-1234", ["gpt-4o-1234"]),
        ("gpt-4o-2024-08-06-eu", ["gpt-4o-2024-08-06-eu"]),
        ("meta-llama/Llama-3.1-8B", ["meta-llama/Llama-3.1-8B"]),
        ("", []),
        ("-2024-08-06", ["-2024-08-06"]),
        ("openai/", ["openai/"]),
    ],
)
def test_parameter_names(name: str, names: list[str]) -> None:
    """A parameter holds a model's price under its exact name, or without place or date."""
    assert list(parameter_names(name)) == names


@pytest.mark.parametrize(
    "name",
    [
        "accounts/acme/models/kimi-k3",
        "tunedModels/gemini-3",
        "projects/acme/locations/us/endpoints/gemini-3",
        f"arn:aws:bedrock:us-east-1:{ACCOUNT}:custom-model/amazon.nova-pro-v1:0/gpt-4o",
        f"bedrock/arn:aws:bedrock:us-east-1:{ACCOUNT}:provisioned-model/gpt-4o",
    ],
)
def test_own_models(name: str) -> None:
    """What a customer made has no public price, even if it is called like a public model."""
    assert catalogue_names(name) == ()


def test_public_resources() -> None:
    """A public model in a path or an ARN has the public model's name."""
    assert catalogue_names(PROFILE)[-1] == "us.anthropic.claude-opus-5-v1:0"
    assert catalogue_names("projects/a/locations/b/publishers/google/models/gemini-3")[-1] == (
        "gemini-3"
    )


def test_azure_fine_tuned() -> None:
    """A model fine-tuned on Azure is looked up without its own id, never as its base."""
    names = candidates("gpt-4o-mini-2024-07-18.ft-0e208cf33a6a466994aff31a08aba678")

    assert names[1:] == ("gpt-4o-mini-2024-07-18.ft-",)


@pytest.mark.parametrize(
    ("spelling", "provider"),
    [
        ("openai", "openai"),
        (" OpenAI ", "openai"),
        ("amazon_bedrock", "aws"),
        ("bedrock", "aws"),
        ("aws.bedrock", "aws"),
        ("google_genai", "google"),
        ("google-vertexai", "google"),
        ("azure_openai", "azure"),
        ("mistralai", "mistral"),
        ("xai", "x-ai"),
        ("x-ai", "x-ai"),
        ("my-openai-gateway", None),
        ("", None),
    ],
)
def test_provider(spelling: str, provider: str | None) -> None:
    """Providers are known by the exact names that clients and tracers give them."""
    assert provider_id(spelling) == provider


NAMES = st.text(st.sampled_from(list("abgpt4o-/:@. 2024ft:arn")), max_size=30) | st.from_regex(
    r"(openai/|models/|arn:aws:bedrock:us::x/|ft:)?[a-z]{1,5}(-2024-08-06)?(:\w+)?"
)


@given(NAMES)
def test_shown_name_has_a_price_line(name: str) -> None:
    """A line under the shown name prices the model, so an alert can tell which line to add."""
    shown = display(name)

    assert not shown or shown in parameter_names(name)
    assert display(shown) == shown or "/" in shown
