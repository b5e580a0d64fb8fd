"""What ContactStore promises."""

from uuid import UUID

from notifications.domain.contact import Contact
from notifications.domain.push import Device, DeviceKind
from tests.contract.stores import Stores, owner

ALICE = owner("alice")
FULL = Contact("alice@example.com", "Alice Müller", "de-AT", "https://hooks.example.com/alice")


async def test_a_card_comes_back_as_it_was_set(stores: Stores) -> None:
    await stores.contacts.set_card(ALICE, FULL)

    assert await stores.contacts.card(ALICE) == FULL


async def test_a_card_is_replaced_whole(stores: Stores) -> None:
    await stores.contacts.set_card(ALICE, FULL)
    await stores.contacts.set_card(ALICE, Contact(locale="fr"))

    assert await stores.contacts.card(ALICE) == Contact(locale="fr")


async def test_nobody_has_the_card_of_somebody_else(stores: Stores) -> None:
    await stores.contacts.set_card(ALICE, FULL)

    assert await stores.contacts.card(owner("bob")) is None
    assert await stores.contacts.card(owner("alice", "other")) is None


async def test_a_user_who_is_forgotten_has_neither_card_nor_devices(stores: Stores) -> None:
    for number, user in enumerate((ALICE, owner("bob"), owner("alice", "other"))):
        await stores.contacts.set_card(user, FULL)
        await stores.devices.register(Device(UUID(int=number), user, DeviceKind.FCM, f"token-{number}"))

    await stores.contacts.forget(ALICE)

    assert (await stores.contacts.card(ALICE), await stores.devices.devices(ALICE)) == (None, ())
    for user in (owner("bob"), owner("alice", "other")):
        assert await stores.contacts.card(user) == FULL
        assert len(await stores.devices.devices(user)) == 1


async def test_forgetting_somebody_unknown_is_harmless(stores: Stores) -> None:
    await stores.contacts.set_card(ALICE, FULL)

    await stores.contacts.forget(owner("nobody"))

    assert await stores.contacts.card(ALICE) == FULL
