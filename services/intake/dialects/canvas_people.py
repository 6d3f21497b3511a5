"""What Canvas says of people: their ids and names. It tells no address, and a login is none."""

from __future__ import annotations

from services.intake.dialects.canvas_frame import Frame, Named
from services.intake.dialects.shapes import Id, Name, Shape, read
from services.intake.translation import Profile


class User(Shape):
    """`user_created` and `user_updated`"""

    user_id: Id
    user_sis_id: Id | None = None
    uuid: Id | None = None
    name: Name = None
    workflow_state: Id | None = None


def profile(frame: Frame, body: object) -> Profile | None:
    """Who is who; nothing of somebody who was deleted. `metadata.user_*` may be an administrator."""
    user = read(User, body, at="body.")
    if user.workflow_state == "deleted":
        return None
    named = Named("body.user_id", user.user_id, user.user_sis_id, "body.user_sis_id", name=user.name, uuid=user.uuid)
    return Profile(frame.person(named), as_of=frame.said_at())
