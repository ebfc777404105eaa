"""The code paths whose calls have no feature, as they are reported."""

from collections.abc import Callable, Mapping

from spend_report.domain.figures.bound_names import MOST_VALUES
from spend_report.domain.figures.day_figures import UntaggedPath
from spend_report.domain.parts.path_sums import Path, PathSpend, added, costliest


def untagged_paths(
    paths: Mapping[Path, PathSpend], name_of: Callable[[str], str]
) -> list[UntaggedPath]:
    """The `paths` by cost; `name_of` gives the name that a model is reported under."""
    named = added((path._replace(model=name_of(path.model)), own) for path, own in paths.items())
    return [UntaggedPath(*path, *spend) for path, spend in costliest(named, MOST_VALUES)]
