"""What allows access: the legal bases, for which sections each may stand, and how one ends for everything that stands on it."""

from collections.abc import Iterable

from django.utils.text import slugify
from django.utils.translation import gettext as _

from portal.access.identity import action, patient
from portal.access.models import USUAL, Basis, Grant, LegalBasis, LegalKind
from portal.access.operating import demand_operator
from portal.access.sections import Section
from portal.accounts.models import Person
from portal.audit import clock
from portal.casework.templatetags.portal import listed
from portal.casework.workflow import NotPossible

EVERY = tuple(Section)
OF_CARE = tuple(section for section in Section if section < Section.INVESTIGATION)
OF_POLICE = (
    Section.SUMMARY, Section.IDENTITY, Section.WHEREABOUTS, Section.LEGAL, Section.INVESTIGATION, Section.SUSPECTS,
)  # fmt: skip

# Code, words in English and Arabic, kind, sections.
STARTING: list[tuple[str, str, str, LegalKind, tuple[Section, ...]]] = [
    ("consent", "the child and the guardian agreed", "موافقة الطفل وولي أمره", LegalKind.CONSENT, OF_CARE),
    (
        "assent",
        "the guardian agreed, the child was asked",
        "موافقة ولي الأمر بعد سؤال الطفل",
        LegalKind.CONSENT,
        OF_CARE,
    ),
    ("duty", "duty by law", "واجب قانوني", LegalKind.STATUTE, EVERY),
    ("mandate", "the agency’s own task by law", "مهمة الجهة بموجب القانون", LegalKind.STATUTE, EVERY),
    ("investigation", "criminal investigation by law", "تحقيق جنائي بموجب القانون", LegalKind.STATUTE, OF_POLICE),
    ("court_order", "court order", "أمر قضائي", LegalKind.COURT_ORDER, EVERY),
    ("vital", "life or health at risk", "خطر على الحياة أو الصحة", LegalKind.VITAL_INTEREST, OF_CARE),
    (
        "agreement",
        "agreement between the agencies",
        "اتفاق بين الجهات",
        LegalKind.AGREEMENT,
        (*(section for section in OF_POLICE if section != Section.IDENTITY), Section.CARE),
    ),
]


def add_missing() -> None:
    """Add the legal bases that a database lacks; those that are there keep their words."""
    known = set(LegalBasis.objects.values_list("code", flat=True))
    for place, (code, label, arabic, kind, sections) in enumerate(STARTING):
        if code not in known:
            LegalBasis(
                code=code, label=label, label_ar=arabic, kind=kind, sections=sorted(sections), position=10 * place
            ).save(force_insert=True)


def words_of(code: str) -> str:
    """Return a legal basis in words, in the reader's language; nothing for a code that is not known."""
    return str(LegalBasis.objects.filter(code=code).first() or "")


def in_words() -> dict[str, str]:
    """Return every legal basis in words, also those that have ended, by code."""
    return {basis.code: str(basis) for basis in LegalBasis.objects.all()}


def choices() -> list[tuple[str, str]]:
    """Return the legal bases that stand, after an empty choice."""
    return [("", ""), *((basis.code, str(basis)) for basis in LegalBasis.objects.filter(ended=None))]


def basis_of(grant: Grant, section: int) -> str:
    """Return the code of the legal basis on which a section of a grant stands."""
    return str(grant.legal_by_section.get(str(int(section)), grant.legal_basis))


def demand_lawful(sections: Iterable[Section], usual: str, by_section: dict[str, str]) -> None:
    """Raise NotPossible where a legal basis is unknown, has ended, or may not stand for one of the sections."""
    standing = {basis.code: basis for basis in LegalBasis.objects.filter(ended=None)}
    for section in sections:
        code = by_section.get(str(int(section)), usual)
        field = "legal_basis" if code == usual else "legal_basis_beside"
        if code not in standing:
            raise NotPossible(_("This legal basis has ended. Choose another one."), field)
        if section not in standing[code].sections:
            words = _("“%(basis)s” may not stand for: %(sections)s. Choose another legal basis, or leave that out.")
            beyond = [str(one.label) for one in sections if one not in standing[code].sections]
            raise NotPossible(words % {"basis": standing[code], "sections": listed(beyond)}, field)


@action
def add_basis(*, label: str, label_ar: str, kind: str, sections: list[int], by: Person, reason: str = "") -> LegalBasis:
    """Add a legal basis; its code is made from the English words and never changes."""
    demand_operator(by)
    start = slugify(label)[:50] or "basis"
    taken = set(LegalBasis.objects.filter(code__startswith=start).values_list("code", flat=True))
    code = next(c for c in (start, *(f"{start}-{n}" for n in range(2, 1000))) if c not in taken)
    basis = LegalBasis(code=code, label=label, label_ar=label_ar, kind=kind, sections=sorted(sections))
    basis.save(force_insert=True)
    return basis


@action
def end_basis(*, basis: LegalBasis, by: Person, reason: str) -> LegalBasis:
    """End a legal basis: everything that stands on it is over at the next request. The database does it in one act."""
    demand_operator(by)
    basis = LegalBasis.objects.select_for_update(of=("self",)).get(pk=basis.pk)
    if basis.code == USUAL[Basis.OWNERSHIP]:
        raise NotPossible(_("Files are owned on this legal basis. It cannot end: nobody could work on them."), "reason")
    if basis.code == USUAL[Basis.EMERGENCY]:
        words = _(
            "Emergency access stands on this legal basis. It cannot end: nobody could open a file in an emergency."
        )
        raise NotPossible(words, "reason")
    if basis.ended is None:
        patient()
        basis.ended, basis.end_reason = clock.now(), reason[:300]
        basis.save()
    return basis
