"""What waits at the desks of those who keep the people of an agency: other roles, and an invitation, to decide on."""

from portal.access import people
from portal.accounts.roles import Role
from portal.demo.telling import Story
from portal.demo.world import Cast


def keeping(cast: Cast) -> Story:
    """One administrator asks; the other finds it on the desk."""
    keeper = cast["Paiva"]
    yield 0.9
    people.ask_for_roles(
        person=cast["Moreira"],
        roles=[Role.SOCIAL_WORKER, Role.SUPERVISOR],
        by=keeper,
        reason="Stands in for J. Pinto in December.",
    )
    yield 0.3
    people.invite(
        agency=keeper.agency,
        email="b.arantes@lisbon.example",
        given_name="Beatriz",
        family_name="Arantes",
        roles=[Role.SOCIAL_WORKER],
        teams=[cast.team("Ferreira")],
        by=keeper,
        reason="Starts on the first of the month.",
    )
