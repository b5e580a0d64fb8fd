"""No bad spec gets through, and each refusal names its field in one line."""

import pytest

from notification_operator.errors import InvalidSpec

from .bad_specs import BAD_SPECS, BadSpec
from .clusters import derive
from .manifests import render_cluster


@pytest.mark.parametrize("bad", BAD_SPECS, ids=lambda bad: f"{bad.field} of {bad.spec}"[:80])
def test_a_bad_spec_is_refused_by_the_name_of_its_field(bad: BadSpec) -> None:
    with pytest.raises(InvalidSpec) as refusal:
        render_cluster(derive(**bad.spec))
    assert refusal.value.field == bad.field
    assert str(refusal.value).startswith(bad.field)
    assert "\n" not in str(refusal.value)


def test_there_are_enough_of_them_to_mean_something() -> None:
    assert len(BAD_SPECS) >= 60
