"""Trying a template before anybody depends on it."""

from datetime import datetime
from uuid import UUID

from notifications.app.phrasing import Bundle, Phrasing
from notifications.domain.errors import BrokenTemplate
from notifications.domain.notification import Message, Notification, UserKey
from notifications.domain.template import DIGEST_PERIODS, REQUIRED, Parts, Template, TemplateName, Variables, fit
from notifications.domain.variables import Reader, address
from notifications.ports.template import Engine

READER = Reader("Robin Sample", "en")
LINK = "https://notifications.example/api/unsubscribe?token=sample"
_USER = "robin"
_TOTAL = 3


class Proofreader:
    """Renders templates with a sample."""

    def __init__(self, engine: Engine, phrasing: Phrasing) -> None:
        self._engine = engine
        self._phrasing = phrasing

    async def read(self, tenant: str, template: Template, sample: Message, now: datetime) -> Parts:
        """Return what comes of a template, with `sample` for what a notification says.

        Raises BrokenTemplate; Unavailable when templates cannot be rendered now.
        """
        about = self._about(template.name, Notification(UUID(int=0), UserKey(tenant, _USER), 1, sample, now))
        made = await self._engine.render(template.parts, about)
        for part in sorted(REQUIRED[template.name.channel]):
            if not made[part].strip():
                raise BrokenTemplate(part, None, "nothing but blanks come of it")
        return fit(template.name.channel, made)

    def _about(self, name: TemplateName, notification: Notification) -> Variables:
        whom = address(notification.owner, READER, LINK)
        period = DIGEST_PERIODS.get(name.type)
        if period is None:
            return {"notification": self._phrasing.describe(notification), **whom}
        bundle = Bundle(notification.id, notification.owner, period, [notification] * _TOTAL, _TOTAL)
        return {**self._phrasing.describe_all(bundle), **whom}
