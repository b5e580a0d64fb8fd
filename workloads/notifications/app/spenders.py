"""What users spent lately, of so many that memory is bounded."""

from collections import OrderedDict

from notifications.domain.limits import MAX_SPENDERS
from notifications.domain.notification import UserKey
from notifications.domain.spending import Spending


class Spenders:
    """Those who were heard of longest ago come first, and go first when there are too many."""

    def __init__(self) -> None:
        self._users: OrderedDict[UserKey, Spending] = OrderedDict()

    def __len__(self) -> int:
        return len(self._users)

    def find(self, owner: UserKey) -> Spending:
        """Return what is known of a user, as of one who was heard of last."""
        spending = self._users.get(owner)
        if spending is None:
            spending = self._users[owner] = Spending()
            if len(self._users) > MAX_SPENDERS:
                self._users.popitem(last=False)
        self._users.move_to_end(owner)
        return spending

    def forget(self, now: float) -> None:
        """Let go of users who have spent nothing in the window."""
        while self._users and next(iter(self._users.values())).is_over(now):
            self._users.popitem(last=False)
