"""The words that every database starts with; administrators add to them and retire them, codes stay for ever."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.casework.models import Lookup

TITLES: dict[str, str | Promise] = {
    "birth_source": _("How a birth date is known"),
    "care_type": _("Kinds of place"),
    "legal_basis": _("Legal bases"),
    "relationship": _("Relationships to the child"),
    "custody": _("Custody"),
    "health_kind": _("Kinds of health entry"),
    "care_kind": _("Kinds of care entry"),
    "investigation_kind": _("Kinds of investigation entry"),
    "clue_kind": _("Kinds of mark or object"),
    "identifier_kind": _("Kinds of online identifier"),
}

OTHER = ("other", "other", "غير ذلك")
UNKNOWN = ("unknown", "unknown or not asked", "غير معروف أو لم يُسأل عنه")

WORDS: dict[str, list[tuple[str, str, str]]] = {
    "birth_source": [
        ("document", "document", "وثيقة"),
        ("family", "family says so", "بحسب الأسرة"),
        ("child", "child says so", "بحسب الطفل"),
        ("age_assessment", "age assessment", "تقدير العمر"),
        ("images", "estimated from images", "تقدير من الصور"),
    ],
    "care_type": [
        ("parents", "with parents", "مع الوالدين"),
        ("kinship", "with relatives", "مع أقارب"),
        ("foster", "foster family", "أسرة حاضنة"),
        ("kafala", "kafala", "كفالة"),
        ("residential", "shelter or residential care", "دار إيواء أو رعاية"),
        ("independent", "independent living", "عيش مستقل"),
        ("hospital", "hospital", "مستشفى"),
        ("none", "no care", "بلا رعاية"),
    ],
    "legal_basis": [
        ("court_order", "court order", "أمر قضائي"),
        ("police_power", "police protective power", "سلطة الشرطة في الحماية"),
        ("emergency", "emergency removal", "إبعاد عاجل"),
        ("parental", "parental agreement", "موافقة الوالدين"),
        ("committee", "statutory committee order", "قرار لجنة نظامية"),
        ("none_yet", "none yet", "لا يوجد بعد"),
    ],
    "relationship": [
        ("parent", "parent", "أحد الوالدين"),
        ("caregiver", "primary caregiver", "مقدم الرعاية الأساسي"),
        ("family", "other family", "فرد آخر من الأسرة"),
        ("neighbour", "family friend or neighbour", "صديق للأسرة أو جار"),
        ("teacher", "teacher", "معلم"),
        ("employer", "employer", "صاحب عمل"),
        ("partner", "partner", "شريك"),
        ("online", "met online", "تعرّف عبر الإنترنت"),
        ("none", "no relationship", "لا علاقة"),
    ],
    "custody": [
        ("wanted", "wanted", "مطلوب"),
        ("in_custody", "in custody", "محتجز"),
        ("bail", "on bail", "مفرج عنه بكفالة"),
        ("supervised", "supervised", "تحت المراقبة"),
        ("released", "released", "أُفرج عنه"),
        ("deceased", "deceased", "متوفى"),
    ],
    "health_kind": [
        ("check", "check-up", "فحص"),
        ("treatment", "treatment", "علاج"),
        ("forensic", "forensic examination", "فحص شرعي"),
        ("medicine", "medicine", "دواء"),
        ("mental_health", "mental health", "صحة نفسية"),
    ],
    "care_kind": [
        ("contact", "contact made", "تواصل تم"),
        ("try", "tried, no contact", "محاولة بلا تواصل"),
        ("wish", "what the child wants", "ما يريده الطفل"),
        ("alert", "care alert", "تنبيه رعاية"),
        ("school", "school", "مدرسة"),
        ("family", "family", "أسرة"),
    ],
    "investigation_kind": [
        ("lead", "lead", "خيط"),
        ("clue", "clue", "دليل"),
        ("request", "request to a partner", "طلب إلى شريك"),
        ("result", "result", "نتيجة"),
    ],
    "clue_kind": [
        ("tattoo", "tattoo", "وشم"),
        ("scar", "scar", "ندبة"),
        ("birthmark", "birthmark", "وحمة"),
        ("jewellery", "watch or jewellery", "ساعة أو حلي"),
        ("clothing", "clothing or uniform", "ملابس أو زي موحد"),
        ("bedding", "bedding", "أغطية فراش"),
        ("room", "wall, floor or furniture", "جدار أو أرضية أو أثاث"),
        ("product", "product or packaging", "منتج أو غلاف"),
        ("document", "document or screen", "وثيقة أو شاشة"),
        ("vehicle", "vehicle", "مركبة"),
        ("view", "landmark or view", "معلم أو منظر"),
        ("plant", "plant", "نبات"),
        ("socket", "power socket", "مقبس كهرباء"),
        ("language", "language", "لغة"),
        ("sound", "sound", "صوت"),
    ],
    "identifier_kind": [
        ("nickname", "nickname", "اسم مستعار"),
        ("email", "e-mail address", "عنوان بريد إلكتروني"),
        ("phone", "telephone number", "رقم هاتف"),
        ("messenger", "messenger account", "حساب مراسلة"),
        ("profile", "profile address", "عنوان صفحة شخصية"),
        ("network", "network address", "عنوان شبكة"),
        ("payment", "payment account", "حساب دفع"),
        ("device", "device number", "رقم جهاز"),
    ],
}
WITH_UNKNOWN = {"birth_source", "care_type", "relationship", "custody"}


def starting_words() -> list[Lookup]:
    """Return every word of the starting vocabularies."""
    words = []
    for vocabulary, listed in WORDS.items():
        every = [*listed, OTHER, *([UNKNOWN] if vocabulary in WITH_UNKNOWN else [])]
        for position, (code, label, arabic) in enumerate(every):
            word = Lookup(vocabulary=vocabulary, code=code, label=label, label_ar=arabic, position=10 * position)
            words.append(word)
    return words


def add_missing() -> None:
    """Add the words that a database lacks; those that are there keep their labels."""
    known = set(Lookup.objects.values_list("vocabulary", "code"))
    for word in starting_words():
        if (word.vocabulary, word.code) not in known:
            word.save(force_insert=True)
