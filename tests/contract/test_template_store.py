"""What TemplateStore promises."""

import pytest

from notifications.domain.errors import NotFound, TooLarge
from notifications.domain.jobs import Channel
from notifications.domain.limits import MAX_TEMPLATES
from notifications.domain.preferences import EVERY_TYPE
from notifications.domain.template import Template, TemplateName, list_choices
from tests.contract.stores import TENANT, Stores

LIKE = TemplateName("like", Channel.PUSH)


def write(name: TemplateName, title: str = "{{ total }} “likes” \\ \n") -> Template:
    return Template(name, {"title": title, "body": "b"})


async def test_a_template_comes_back_as_it_was_saved(stores: Stores) -> None:
    await stores.templates.save(TENANT, write(LIKE))

    assert await stores.templates.find(TENANT, [LIKE]) == write(LIKE)


async def test_a_template_takes_the_place_of_the_one_before(stores: Stores) -> None:
    await stores.templates.save(TENANT, write(LIKE, "old"))
    (before,) = await stores.templates.list(TENANT)
    await stores.later(1)
    await stores.templates.save(TENANT, write(LIKE, "new"))

    assert await stores.templates.find(TENANT, [LIKE]) == write(LIKE, "new")
    (after,) = await stores.templates.list(TENANT)
    assert after.updated_at > before.updated_at


async def test_the_first_choice_that_exists_is_found(stores: Stores) -> None:
    choices = list_choices("like", Channel.PUSH, "pt-BR")
    assert await stores.templates.find(TENANT, choices) is None

    for name in reversed(choices):
        await stores.templates.save(TENANT, write(name))
        found = await stores.templates.find(TENANT, choices)
        assert found is not None
        assert found.name == name


async def test_other_types_channels_locales_and_tenants_are_not_found(stores: Stores) -> None:
    mail = Template(TemplateName("like", Channel.EMAIL), {"subject": "s", "text": "t"})
    for template in (
        mail,
        write(TemplateName("follow", Channel.PUSH)),
        write(TemplateName("like", Channel.PUSH, "de")),
    ):
        await stores.templates.save(TENANT, template)
    await stores.templates.save("other", write(LIKE))

    assert await stores.templates.find(TENANT, [LIKE]) is None


async def test_a_tenant_sees_its_own_sorted(stores: Stores) -> None:
    names = [TemplateName(EVERY_TYPE, Channel.PUSH), LIKE, TemplateName("like", Channel.PUSH, "de")]
    for name in reversed(names):
        await stores.templates.save(TENANT, write(name))
    await stores.templates.save("other", write(LIKE))

    assert [listed.name for listed in await stores.templates.list(TENANT)] == names


async def test_what_was_removed_is_gone_and_cannot_be_removed_again(stores: Stores) -> None:
    await stores.templates.save(TENANT, write(LIKE))
    await stores.templates.save("other", write(LIKE))
    await stores.templates.remove(TENANT, LIKE)

    assert await stores.templates.list(TENANT) == ()
    with pytest.raises(NotFound):
        await stores.templates.remove(TENANT, LIKE)
    assert await stores.templates.find("other", [LIKE]) == write(LIKE)


async def test_a_tenant_has_so_many_and_no_more(stores: Stores) -> None:
    for number in range(MAX_TEMPLATES - 1):
        await stores.templates.save(TENANT, write(TemplateName(f"type-{number}", Channel.PUSH)))
    await stores.templates.save(TENANT, write(LIKE))

    with pytest.raises(TooLarge):
        await stores.templates.save(TENANT, write(TemplateName("one-more", Channel.PUSH)))
    await stores.templates.save(TENANT, write(LIKE, "new"))
    await stores.templates.save("other", write(LIKE))
