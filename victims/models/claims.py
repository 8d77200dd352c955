"""Who weighs a pair of series now, and what the team that holds a series was asked about it."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Person, Team
from portal.audit.events import Event
from portal.audit.models import Tracked
from portal.casework.models import Task
from victims.models.matches import SeriesPair


class MatchClaim(Tracked):
    """The officer who weighs a pair, until the claim ends by itself; one row for each pair, claimed anew again and again."""

    pair = models.OneToOneField(SeriesPair, models.PROTECT, related_name="claim")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    since = models.DateTimeField()
    until = models.DateTimeField()

    class Meta(Tracked.Meta):
        constraints = [models.CheckConstraint(name="claim_ends_after_start", condition=Q(until__gte=F("since")))]

    def change_event(self, action: str) -> Event:
        return Event("claim match", action, entity="victims.seriespair", entity_id=self.pair_id)


class MatchQuestion(Tracked):
    """What an officer asks the team that holds one of the two series, which looks at its files and answers once."""

    class Answer(models.IntegerChoices):
        FOR = 1, _("Speaks for the same child")
        AGAINST = 2, _("Speaks against the same child")
        CANNOT_TELL = 3, _("Cannot be told from the files")

    pair = models.ForeignKey(SeriesPair, models.PROTECT, related_name="questions")
    team = models.ForeignKey(Team, models.PROTECT, related_name="+")  # that holds the series
    task = models.OneToOneField(Task, models.PROTECT, related_name="+")
    question = models.CharField(_("what to look at"), max_length=300)
    asked = models.DateTimeField()
    asked_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    answer = models.SmallIntegerField(_("answer"), choices=Answer.choices, null=True)
    words = models.CharField(_("what the files show"), max_length=300, blank=True)
    answered = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")

    class Meta(Tracked.Meta):
        constraints = [
            models.UniqueConstraint(name="one_open_question", fields=["pair", "team"], condition=Q(answer=None)),
            models.CheckConstraint(
                name="answer_with_words_and_officer",
                condition=Q(answer=None, words="", answered=None, answered_by=None)
                | (Q(answer__isnull=False, answered__isnull=False, answered_by__isnull=False) & ~Q(words="")),
            ),
        ]

    def change_event(self, action: str) -> Event:
        return Event("ask holder of match", action, entity="victims.seriespair", entity_id=self.pair_id)
