"""Names of models: what the report shows, and under which names a price may stand.

A name is whatever an application's client wrote into the run: with or without the provider in
front, a path, an ARN, a fine-tuned model's id. Prices are looked up by exact names only; the
functions here say which exact names mean the same model. None of them ever shortens a name to
a family (`gpt-4o-audio-preview` is not `gpt-4o`) or a fine-tuned model to its base.
"""

import re

# How clients and tracers spell a provider → the catalogue's identifier of it.
_SPELLINGS = {
    "anthropic": ("claude",),
    "aws": (
        "amazon", "amazon_bedrock", "amazon_bedrock_converse", "anthropic_bedrock", "aws_bedrock",
        "aws.bedrock", "bedrock", "bedrock_converse",
    ),
    "azure": (
        "az.ai.inference", "az.ai.openai", "azure.ai.inference", "azure.ai.openai", "azure_ai",
        "azure_openai", "azureopenai",
    ),
    "cerebras": (),
    "cohere": ("cohere_chat",),
    "databricks": (),
    "deepseek": (),
    "fireworks": ("fireworks_ai",),
    "google": (
        "gcp.gemini", "gcp.gen_ai", "gcp.vertex_ai", "gemini", "google_anthropic_vertex",
        "google_genai", "google_vertexai", "vertex_ai", "vertexai",
    ),
    "groq": (),
    "minimax": (),
    "mistral": ("mistral_ai", "mistralai"),
    "moonshotai": ("moonshot",),
    "openai": ("text_completion_openai",),
    "openrouter": (),
    "perplexity": (),
    "together": ("together_ai", "togetherai"),
    "voyageai": ("voyage",),
    "x-ai": ("xai",),
    "zai": (),
}  # fmt: skip
_PROVIDERS = {
    spelling.replace("-", "_"): provider
    for provider, others in _SPELLINGS.items()
    for spelling in (provider, *others)
}

# In a path the last part is the model; before it stand places, or somebody's account.
_PATHS = (
    "accounts/",
    "converse/",
    "invoke/",
    "models/",
    "projects/",
    "publishers/",
    "tunedModels/",
)
_ARN = re.compile(r"(?:^|/)arn:(?:[^:/]*:){4}(?P<resource>.*)", re.IGNORECASE)
_BROKEN_ARN = re.compile(r"(?:^|/)(arn):", re.IGNORECASE)
_ACCOUNT = re.compile(r"projects/|accounts/(?!fireworks/)")
_FINE_TUNED = re.compile(r"(?:^|/)(ft:[^:]+)")
_AZURE_FINE_TUNED = re.compile(r"(?<=\.ft-).+")
_OWN = re.compile(
    r"accounts/(?!fireworks/)|tunedModels/|projects/.*/endpoints/"
    r"|(?:.*/)?arn:(?!.*:(?:foundation-model|inference-profile)/)",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"(?:-20\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
    r"|[-@]20\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))$"
)


def display(name: str) -> str:
    """The name that the report shows for a model called `name`.

    It is the trimmed name itself, but without a fine-tuned model's organisation, and without
    the account or cloud project in front of a resource. A price parameter may use this name.

    >>> display("ft:gpt-4o-mini-2024-07-18:acme::abc")
    'ft:gpt-4o-mini-2024-07-18'
    """
    name = name.strip()
    if arn := _ARN.search(name) or _BROKEN_ARN.search(name):
        return _last_part(arn[1])
    if _ACCOUNT.match(name):
        return _last_part(name)
    fine_tuned = _FINE_TUNED.search(name)
    return fine_tuned[1] if fine_tuned else name


def provider_id(spelling: str) -> str | None:
    """The catalogue's identifier of a provider that goes by `spelling`; None if not known."""
    return _PROVIDERS.get(spelling.strip().lower().replace("-", "_"))


def candidates(name: str) -> tuple[str, ...]:
    """The names that mean the model `name`, the most exact first, each once.

    >>> candidates("bedrock/converse/us.amazon.nova-pro-v1:0")[-1]
    'us.amazon.nova-pro-v1:0'
    """
    names = [name.strip(), display(name)]
    while (shorter := _without_place(names[-1])) != names[-1]:
        names.append(shorter)
    names.append(_AZURE_FINE_TUNED.sub("", names[-1]))
    return tuple(dict.fromkeys(filter(None, names)))


def parameter_names(name: str) -> tuple[str, ...]:
    """The names under which a parameter may hold the price of `name`, in the order to try.

    Each candidate comes first as it is, then without a date at its end: `-2024-08-06`,
    `-20241022`, `@20241022`.
    """
    dated = ((each, _DATE.sub("", each)) for each in candidates(name))
    return tuple(dict.fromkeys(each for pair in dated for each in pair if each))


def catalogue_names(name: str) -> tuple[str, ...]:
    """The names under which a public price list may know `name`, in the order to try.

    None for what a customer made: a public model that happens to bear its last name is another.
    """
    return () if _OWN.match(name.strip()) else candidates(name)


def _without_place(name: str) -> str:
    if name.startswith(_PATHS):
        return _last_part(name)
    place, slash, rest = name.partition("/")
    return rest if slash and rest and provider_id(place) is not None else name


def _last_part(path: str) -> str:
    return path.rsplit("/", 1)[-1]
