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
    "shelter_kind": _("Kinds of shelter"),
    "shelter_offer": _("What a shelter offers"),
    "bed_kind": _("Kinds of bed"),
    "placement_end": _("Why a stay ended"),
    "clue_kind": _("Kinds of mark or object"),
    "identifier_kind": _("Kinds of online identifier"),
    "present_at_rescue": _("Who is present at a rescue"),
    "rescue_condition": _("What is seen of a child’s state at a rescue"),
    "service_kind": _("Kinds of service"),
    "referral_decline": _("Why a referral is declined"),
    "need_domain": _("Domains of life that are assessed"),
    "assessment_kind": _("Kinds of assessment"),
    "contact_mode": _("Ways of contact"),
    "late_reason": _("Why something was late"),
    "hand_over_item": _("What goes along when a child changes hands"),
    "erasure_ground": _("Why a file may be erased"),
    "hold_basis": _("Why something is held as evidence"),
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
    "shelter_kind": [
        ("emergency", "emergency place, up to 72 hours", "مكان طارئ حتى ٧٢ ساعة"),
        ("short_term", "short stay", "إقامة قصيرة"),
        ("long_term", "long stay", "إقامة طويلة"),
        ("specialised", "specialised in exploited children", "متخصصة في الأطفال المستغَلّين"),
        ("medical", "medical", "طبية"),
        ("transitional", "on the way to independence", "مرحلة انتقال إلى الاستقلال"),
        ("foster_network", "foster families", "أسر حاضنة"),
    ],
    "shelter_offer": [
        ("siblings", "brothers and sisters together", "الإخوة والأخوات معًا"),
        ("night_staff", "awake staff at night", "طاقم يقظ ليلًا"),
        ("hidden_address", "hidden address", "عنوان مخفي"),
        ("mother_and_child", "mother with her child", "أم مع طفلها"),
        ("step_free", "step-free", "بلا درجات"),
        ("woman_worker", "woman key worker", "مسؤولة رعاية امرأة"),
        ("baby", "takes a baby", "تستقبل رضيعًا"),
        ("pet", "takes a pet", "تستقبل حيوانًا أليفًا"),
    ],
    "bed_kind": [
        ("single", "in a room of its own", "في غرفة مستقلة"),
        ("shared", "in a shared room", "في غرفة مشتركة"),
        ("family", "in a family room", "في غرفة عائلية"),
        ("cot", "cot", "سرير رضيع"),
    ],
    "placement_end": [
        ("reunified", "back with the family", "عودة إلى الأسرة"),
        ("kinship_or_foster", "to relatives or a foster family", "إلى أقارب أو أسرة حاضنة"),
        ("transferred", "to another shelter", "إلى دار إيواء أخرى"),
        ("repatriated", "repatriated", "عودة إلى الوطن"),
        ("independent", "independent living", "عيش مستقل"),
        ("ran_away", "ran away", "هرب"),
        ("abducted", "abducted", "اختُطف"),
        ("court_release", "released by a court", "بقرار محكمة"),
        ("aged_out", "grew out of the age taken", "تجاوز السن المقبولة"),
        ("hospital", "hospital", "مستشفى"),
        ("died", "died", "توفي"),
        ("broke_down", "the stay did not work", "لم تنجح الإقامة"),
        ("shelter_closed", "the shelter closed", "أُغلقت الدار"),
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
    "present_at_rescue": [
        ("police", "police", "الشرطة"),
        ("social_worker", "social worker", "أخصائي اجتماعي"),
        ("health", "health worker", "عامل صحي"),
        ("interpreter", "interpreter", "مترجم شفوي"),
        ("appropriate_adult", "appropriate adult", "شخص بالغ مرافق للطفل"),
        ("none", "nobody of these", "لا أحد من هؤلاء"),
    ],
    "rescue_condition": [
        ("injuries", "injuries", "إصابات"),
        ("intoxication", "intoxication", "تأثير مواد"),
        ("hunger", "hunger or thirst", "جوع أو عطش"),
        ("pregnancy", "pregnancy", "حمل"),
        ("distress", "distress", "ضيق نفسي شديد"),
        ("medical_need", "needs medical care at once", "بحاجة إلى رعاية طبية فورية"),
    ],
    "service_kind": [
        ("safe_house", "safe house", "بيت آمن"),
        ("temporary_shelter", "temporary shelter", "مأوى مؤقت"),
        ("medical", "medical", "طبي"),
        ("forensic", "forensic examination or protection after exposure", "فحص شرعي أو وقاية بعد التعرض"),
        ("hiv", "HIV testing and treatment", "فحص فيروس نقص المناعة وعلاجه"),
        ("mental_health", "mental health and psychosocial support", "صحة نفسية ودعم نفسي اجتماعي"),
        ("disability", "disability support", "دعم ذوي الإعاقة"),
        ("police", "police", "شرطة"),
        ("support_unit", "support unit of the police", "وحدة دعم لدى الشرطة"),
        ("legal", "legal help", "مساعدة قانونية"),
        ("livelihoods", "livelihoods", "سبل عيش"),
        ("child_protection", "child protection", "حماية الطفل"),
        ("mediation", "family mediation", "وساطة أسرية"),
        ("tracing", "family tracing and reunification", "البحث عن الأسرة ولمّ الشمل"),
        ("repatriation", "repatriation", "عودة إلى الوطن"),
        ("education", "education", "تعليم"),
        ("items", "clothes and household items", "ملابس ولوازم منزلية"),
        ("water", "water and sanitation", "مياه وصرف صحي"),
        ("documents", "registration and documents", "تسجيل ووثائق"),
        ("food", "food", "غذاء"),
        ("screening", "screening", "فرز أولي"),
    ],
    "referral_decline": [
        ("no_place", "no place free", "لا مكان شاغرًا"),
        ("not_our_area", "not our area", "خارج منطقتنا"),
        ("age_or_sex", "not the age or sex that we take", "ليس من العمر أو الجنس الذي نستقبله"),
        ("beyond_us", "needs more than we can give", "يحتاج إلى أكثر مما نستطيع"),
        ("not_safe_here", "not safe here: someone close to a suspect", "غير آمن هنا: شخص قريب من مشتبه به"),
        ("language", "we do not speak the language", "لا نتكلم اللغة"),
        ("papers_missing", "papers are missing", "أوراق ناقصة"),
        ("duplicate", "asked twice", "طُلب مرتين"),
        ("not_wanted", "the child does not want it", "الطفل لا يريده"),
        ("not_now", "not now, says the child", "ليس الآن، كما يقول الطفل"),
        ("cannot_reach", "the child cannot be reached", "تعذر الوصول إلى الطفل"),
    ],
    "need_domain": [
        ("safety", "safety", "السلامة"),
        ("health", "health", "الصحة"),
        ("mental_health", "mental health", "الصحة النفسية"),
        ("care_arrangement", "care arrangement", "ترتيب الرعاية"),
        ("family", "family", "الأسرة"),
        ("education", "education", "التعليم"),
        ("legal", "legal matters and documents", "الشؤون القانونية والوثائق"),
        ("economic", "means of living", "سبل العيش"),
        ("social", "friends and social life", "الأصدقاء والحياة الاجتماعية"),
        ("substance_use", "substance use", "تعاطي المواد"),
        ("online", "online safety", "السلامة على الإنترنت"),
        ("return", "risk of return", "خطر العودة"),
        ("self_harm", "self-harm", "إيذاء النفس"),
    ],
    "assessment_kind": [
        ("initial", "first safety assessment", "التقييم الأول للسلامة"),
        ("comprehensive", "comprehensive", "شامل"),
        ("review", "review", "مراجعة"),
        ("after_incident", "after an incident", "بعد حادث"),
        ("after_return", "after return from missing", "بعد العودة من الغياب"),
        ("before_reintegration", "before going home", "قبل العودة إلى البيت"),
        ("before_closure", "before the file is closed", "قبل إغلاق الملف"),
    ],
    "contact_mode": [
        ("visit", "visit", "زيارة"),
        ("came", "the child came to us", "حضر الطفل إلينا"),
        ("distance", "telephone or message", "هاتف أو رسالة"),
        ("third_party", "through somebody else", "عبر شخص آخر"),
        ("supervised", "supervised contact", "لقاء تحت الإشراف"),
    ],
    "late_reason": [
        ("written_late", "done in time, written down late", "أُنجز في موعده وسُجّل متأخرًا"),
        ("not_reached", "the child could not be reached", "تعذّر الوصول إلى الطفل"),
        ("not_wanted", "the child did not want it then", "لم يُرده الطفل حينها"),
        ("not_safe", "it was not safe to go", "لم يكن الذهاب آمنًا"),
        ("waited", "waited for somebody else", "انتظار جهة أخرى"),
        ("no_staff", "nobody was free", "لم يكن أحد متفرغًا"),
    ],
    "hand_over_item": [
        ("court_order", "copy of the court order", "نسخة من أمر المحكمة"),
        ("documents", "identity papers", "أوراق الهوية"),
        ("medicine", "medicine", "دواء"),
        ("clothes", "clothes and shoes", "ملابس وأحذية"),
        ("phone", "telephone", "هاتف"),
        ("belongings", "the child’s own things", "أشياء الطفل الخاصة"),
        ("contacts", "whom the child may ring", "من يمكن للطفل الاتصال به"),
        ("stays_behind", "stays behind as evidence (bag number)", "يبقى دليلًا (رقم الكيس)"),
    ],
    "erasure_ground": [
        (
            "asked",
            "the child or guardian asked, and consent was what allowed it",
            "طلب الطفل أو الوصي، وكانت الموافقة هي الأساس",
        ),
        ("kept_long_enough", "kept long enough", "حُفظ المدة الكافية"),
        ("in_error", "opened in error, or twice", "فُتح خطأً أو مرتين"),
        ("court", "a court ordered it", "أمرت به محكمة"),
    ],
    "hold_basis": [
        ("proceedings", "criminal proceedings", "إجراءات جزائية"),
        ("court_order", "order of a court", "أمر محكمة"),
        ("investigation", "investigation under way", "تحقيق جارٍ"),
        ("claim", "claim of the child", "مطالبة قانونية للطفل"),
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


def label_of(vocabulary: str, code: str) -> str:
    """Return a word in the reader's language; a code that nobody knows as it is."""
    word = Lookup.objects.filter(vocabulary=vocabulary, code=code).first()
    return str(word) if word else code


def add_missing() -> None:
    """Add the words that a database lacks; those that are there keep their labels."""
    known = set(Lookup.objects.values_list("vocabulary", "code"))
    for word in starting_words():
        if (word.vocabulary, word.code) not in known:
            word.save(force_insert=True)
