"""Taking somebody's word that no more is wanted."""

from notifications.domain.unsubscribe import Unsubscription, silence
from notifications.ports.store import PreferenceStore


async def unsubscribe(wish: Unsubscription, store: PreferenceStore) -> None:
    """Set the preferences that carry out a wish; harmless to repeat. Raises as the store does."""
    own, defaults = await store.preferences(wish.owner), await store.defaults(wish.owner.tenant)
    await store.prefer(wish.owner, silence(wish, own, defaults))
