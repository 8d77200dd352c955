"""Code names: short neutral words with one agreed form in each interface language."""

from django.utils.translation import get_language

WORDS = {
    "Acacia": "سنط", "Alder": "حور رومي", "Almond": "لوز", "Amber": "عنبر", "Apricot": "مشمش", "Aspen": "حور رجراج",
    "Basil": "ريحان", "Beech": "زان", "Birch": "بتولا", "Blackbird": "شحرور", "Breeze": "نسيم", "Bramble": "عليق",
    "Brook": "جدول", "Cedar": "أرز", "Cherry": "كرز", "Clover": "برسيم", "Cloud": "غيمة", "Comet": "مذنب",
    "Coral": "مرجان", "Crane": "كركي", "Cypress": "سرو", "Dawn": "فجر", "Dew": "ندى", "Dove": "حمامة",
    "Dune": "كثيب", "Elm": "دردار", "Falcon": "صقر", "Fern": "سرخس", "Fig": "تين", "Finch": "حسون",
    "Flint": "صوان", "Gull": "نورس", "Harbour": "مرفأ", "Hazel": "بندق", "Heron": "بلشون", "Hibiscus": "كركديه",
    "Holly": "بهشية", "Hoopoe": "هدهد", "Iris": "سوسن", "Island": "جزيرة", "Ivy": "لبلاب", "Jasmine": "ياسمين",
    "Juniper": "عرعر", "Kestrel": "عوسق", "Kite": "حدأة", "Lagoon": "بحيرة", "Lantern": "فانوس", "Lark": "قبرة",
    "Laurel": "غار", "Lemon": "ليمون", "Lilac": "ليلك", "Linden": "زيزفون", "Linnet": "تفاحي", "Lotus": "لوتس",
    "Maple": "قيقب", "Martin": "خطاف", "Meadow": "مرج", "Mint": "نعناع", "Mira": "ميرا", "Mistral": "شمال",
    "Moss": "طحلب", "Mulberry": "توت", "Myrtle": "آس", "Nova": "نوفا", "Oak": "بلوط", "Oasis": "واحة",
    "Olive": "زيتون", "Orchid": "أوركيد", "Oriole": "صفير", "Orion": "الجبار", "Osprey": "عقاب نساري", "Palm": "نخلة",
    "Pebble": "حصاة", "Petrel": "نوء", "Pine": "صنوبر", "Plover": "زقزاق", "Polaris": "نجم القطب", "Poplar": "حور",
    "Poppy": "خشخاش", "Quail": "سمان", "Quince": "سفرجل", "Rain": "مطر", "Reed": "قصب", "River": "نهر",
    "Robin": "أبو الحناء", "Rowan": "غبيراء", "Saffron": "زعفران", "Sage": "مريمية", "Sail": "شراع", "Sirius": "الشعرى",
    "Sparrow": "دوري", "Spruce": "تنوب", "Starling": "زرزور", "Stone": "حجر", "Stork": "لقلق", "Swallow": "سنونو",
    "Swift": "سمامة", "Sycamore": "جميز", "Teal": "حذف", "Tern": "خرشنة", "Thistle": "شوك", "Thrush": "سمنة",
    "Thyme": "زعتر", "Vega": "النسر الواقع", "Violet": "بنفسج", "Wagtail": "ذعرة", "Walnut": "جوز", "Wave": "موجة",
    "Willow": "صفصاف", "Wren": "نمنمة", "Yarrow": "أخيليا", "Zephyr": "صبا",
}  # fmt: skip


MARKS = " \t\"'“”„‟«»‹›‘’‚‛「」『』"  # what people put around a name when they write it down


def shown(name: str) -> str:
    """Return a code name in the reader's language; one that is not on the list stays as it was written."""
    return WORDS.get(name, name) if get_language() == "ar" else name


def english(name: str) -> str:
    """Return a code name as it is kept: the listed English word for an Arabic one, another as it was written."""
    return {arabic: word for word, arabic in WORDS.items()}.get(name, name)


def key(name: str) -> str:
    """Return what a code name is searched by: without marks around it, in lower case, a listed one in English."""
    return english(name.strip(MARKS)).casefold()


def is_neutral(name: str) -> bool:
    """Return whether a name looks like a code name: a listed one, or at most two words without digits and commas."""
    listed = name in WORDS or english(name) != name
    return listed or (len(name.split()) <= 2 and not any(c.isdigit() or c in ",،;؛" for c in name))
