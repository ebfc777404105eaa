"""What to do about tags that are likely mistyped, or that no document knows."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from local.documents import in_folder
from spend_report.domain.basics.wording import plain, things
from spend_report.domain.config.documents import Problems
from spend_report.domain.config.owners_and_aliases import FeatureRegister, read_features
from spend_report.domain.notices.name_notices import entry, entry_for
from spend_report.domain.notices.similar_names import SimilarNames

_SHOWN = 20


def register_of(config: Path) -> FeatureRegister:
    """What the documents in the folder `config` say of features. Raises ConfigError."""
    problems = Problems()
    found = in_folder(config)
    register = read_features(
        [each for name, each in found.items() if name.startswith("features/")], problems
    )
    problems.raise_any()
    return register


def names_to_mend(runs: Counter[str], register: FeatureRegister, config: Path) -> Iterator[str]:
    """Lines on features that are in no document, and on likely pairs where there is none.

    `runs` counts each feature's, as they are tagged. After each name stands the entry to add.
    """
    names = [name for name, _ in runs.most_common()]
    lines = list(_unregistered(names, register) if register.in_use else _pairs(names))
    if lines:
        where = f"below {config}/features"
        yield (
            f"In no document {where}:"
            if register.in_use
            else f"Likely one feature, typed in two ways (no document {where} says which):"
        )
    for names_, question, line in lines[:_SHOWN]:
        told = " and ".join(f"{plain(name)} ({things(runs[name], 'run')})" for name in names_)
        yield f"  {told}{question} Add:"
        yield f"    {line}"
    if len(lines) > _SHOWN:
        yield f"  … and {len(lines) - _SHOWN:,} more"


def _unregistered(
    names: list[str], register: FeatureRegister
) -> Iterator[tuple[list[str], str, str]]:
    known = SimilarNames([*register.features, *register.aliases])
    for name in names:
        if register.feature(name) not in register.features:
            alike = known.alike(name)
            parameter = register.features[register.feature(alike)].parameter if alike else ""
            question = f": is it {plain(alike)}, in {parameter}?" if alike else "."
            yield [name], question, entry_for(name, alike, register)


def _pairs(names: list[str]) -> Iterator[tuple[list[str], str, str]]:
    for right, slip in SimilarNames(names).pairs():
        yield [right, slip], ".", entry(right, aliases=[slip])
