"""Code names: short neutral words with one agreed form in each interface language.

The database has a copy of the list, for erasing (portal/access/erased.py).
"""

from django.utils.translation import get_language

WORDS = {
    "Acacia": "سنط", "Agate": "عقيق", "Albatross": "قطرس", "Aldebaran": "الدبران", "Alder": "حور رومي",
    "Almond": "لوز", "Altair": "النسر الطائر", "Amber": "عنبر", "Anchor": "مرساة", "Anise": "يانسون",
    "Antares": "قلب العقرب", "Apple": "تفاح", "Apricot": "مشمش", "Arcturus": "السماك الرامح", "Argan": "أرغان",
    "Aspen": "حور رجراج", "Avocet": "نكات", "Azalea": "أزالية", "Bamboo": "خيزران", "Baobab": "باوباب",
    "Barley": "شعير", "Basalt": "بازلت", "Basil": "ريحان", "Bay": "خليج", "Beech": "زان", "Birch": "بتولا",
    "Bittern": "واق", "Blackbird": "شحرور", "Bramble": "عليق", "Breeze": "نسيم", "Bridge": "جسر", "Brook": "جدول",
    "Bulbul": "بلبل", "Bunting": "درسة", "Camellia": "كاميليا", "Canary": "كناري", "Capella": "العيوق",
    "Caraway": "كراوية", "Cardamom": "هيل", "Carob": "خروب", "Cascade": "شلال", "Cedar": "أرز", "Chalk": "طباشير",
    "Chamomile": "بابونج", "Cherry": "كرز", "Chestnut": "كستناء", "Chicory": "هندباء", "Cinnamon": "قرفة",
    "Citron": "أترج", "Clementine": "كلمنتين", "Cloud": "غيمة", "Clover": "برسيم", "Cobalt": "كوبالت",
    "Cockatoo": "ككتوه", "Comet": "مذنب", "Compass": "بوصلة", "Copper": "نحاس", "Coral": "مرجان", "Coriander": "كزبرة",
    "Cork": "فلين", "Cornflower": "قنطريون", "Crane": "كركي", "Cumin": "كمون", "Cypress": "سرو", "Dawn": "فجر",
    "Delta": "دلتا", "Dew": "ندى", "Dill": "شبت", "Dove": "حمامة", "Dune": "كثيب", "Ebony": "أبنوس",
    "Egret": "بلشون أبيض", "Elm": "دردار", "Falcon": "صقر", "Fennel": "شمر", "Fern": "سرخس", "Fig": "تين",
    "Finch": "حسون", "Fir": "شوح", "Flamingo": "نحام", "Flax": "كتان", "Flint": "صوان", "Forest": "غابة",
    "Freesia": "فريزيا", "Frost": "صقيع", "Galaxy": "مجرة", "Garden": "حديقة", "Gentian": "جنطيانا",
    "Geranium": "إبرة الراعي", "Ginger": "زنجبيل", "Ginkgo": "جنكة", "Glacier": "جليدية", "Goshawk": "باز",
    "Granite": "غرانيت", "Grape": "عنب", "Grebe": "غطاس", "Grove": "أيكة", "Guava": "جوافة", "Gull": "نورس",
    "Harbour": "مرفأ", "Harrier": "مرزة", "Hawthorn": "زعرور", "Hazel": "بندق", "Henna": "حناء", "Heron": "بلشون",
    "Hibiscus": "كركديه", "Hill": "تل", "Holly": "بهشية", "Hoopoe": "هدهد", "Horizon": "أفق", "Hyacinth": "ياقوتية",
    "Ibis": "أبو منجل", "Iris": "سوسن", "Island": "جزيرة", "Ivy": "لبلاب", "Jasmine": "ياسمين", "Jay": "قيق",
    "Juniper": "عرعر", "Kestrel": "عوسق", "Kingfisher": "رفراف", "Kite": "حدأة", "Lagoon": "بحيرة", "Lantern": "فانوس",
    "Larch": "أركس", "Lark": "قبرة", "Laurel": "غار", "Lavender": "خزامى", "Lemon": "ليمون", "Lighthouse": "منارة",
    "Lilac": "ليلك", "Linden": "زيزفون", "Linnet": "تفاحي", "Loquat": "أسكدنيا", "Lotus": "لوتس", "Lupin": "ترمس",
    "Macaw": "مكاو", "Magnolia": "مغنولية", "Mahogany": "ماهوغني", "Maize": "ذرة", "Mallow": "خبيزة", "Mango": "مانجو",
    "Maple": "قيقب", "Marble": "رخام", "Marigold": "آذريون", "Marjoram": "مردقوش", "Martin": "خطاف", "Meadow": "مرج",
    "Medlar": "مشملة", "Meteor": "شهاب", "Mill": "طاحونة", "Millet": "دخن", "Mimosa": "ميموزا", "Mint": "نعناع",
    "Mira": "ميرا", "Mist": "ضباب", "Mistral": "شمال", "Mizar": "مئزر", "Moss": "طحلب", "Mountain": "جبل",
    "Mulberry": "توت", "Myrtle": "آس", "Narcissus": "نرجس", "Nightingale": "عندليب", "Nightjar": "سبد", "Noor": "نور",
    "Nova": "نوفا",
    "Nuthatch": "كاسر الجوز", "Oak": "بلوط", "Oasis": "واحة", "Ocean": "محيط", "Olive": "زيتون", "Onyx": "جزع",
    "Orange": "برتقال", "Orchard": "بستان", "Orchid": "أوركيد", "Oriole": "صفير", "Orion": "الجبار",
    "Osprey": "عقاب نساري", "Palm": "نخلة", "Papaya": "بابايا", "Parsley": "بقدونس", "Partridge": "حجل", "Path": "درب",
    "Peach": "دراق", "Pear": "إجاص", "Pebble": "حصاة", "Pecan": "بيكان", "Pelican": "بجع", "Peony": "فاوانيا",
    "Petrel": "نوء", "Petunia": "بتونيا", "Pheasant": "تدرج", "Pine": "صنوبر", "Pipit": "جشنة", "Pistachio": "فستق",
    "Plateau": "هضبة", "Pleiades": "الثريا", "Plover": "زقزاق", "Plum": "برقوق", "Polaris": "نجم القطب",
    "Pomegranate": "رمان", "Poplar": "حور", "Poppy": "خشخاش", "Prairie": "سهب", "Primrose": "زهرة الربيع",
    "Puffin": "بفن", "Quail": "سمان", "Quartz": "مرو", "Quince": "سفرجل", "Rain": "مطر", "Rainbow": "قوس قزح",
    "Redstart": "حميراء", "Reed": "قصب", "Rigel": "رجل الجبار", "River": "نهر", "Robin": "أبو الحناء",
    "Roller": "شقراق", "Rowan": "غبيراء", "Saffron": "زعفران", "Sage": "مريمية", "Sail": "شراع", "Sand": "رمل",
    "Sandalwood": "صندل", "Sandpiper": "طيطوي", "Sequoia": "سكويا", "Sesame": "سمسم", "Shell": "صدفة", "Shore": "شاطئ",
    "Silver": "فضة", "Sirius": "الشعرى", "Slate": "أردواز", "Snipe": "شنقب", "Snow": "ثلج", "Sorrel": "حماض",
    "Sparrow": "دوري", "Spica": "السماك الأعزل", "Spoonbill": "أبو ملعقة", "Spring": "نبع", "Spruce": "تنوب",
    "Starling": "زرزور", "Stone": "حجر", "Stork": "لقلق", "Sumac": "سماق", "Sunbird": "تمير",
    "Sunflower": "دوار الشمس", "Sunrise": "شروق", "Swallow": "سنونو", "Swift": "سمامة", "Sycamore": "جميز",
    "Tamarind": "تمر هندي", "Tamarisk": "أثل", "Teak": "ساج", "Teal": "حذف", "Tern": "خرشنة", "Thistle": "شوك",
    "Thrush": "سمنة", "Thyme": "زعتر", "Tide": "مد", "Toucan": "طوقان", "Tulip": "توليب", "Turquoise": "فيروز",
    "Twilight": "غسق", "Valley": "وادي", "Vanilla": "فانيليا", "Vega": "النسر الواقع", "Verbena": "رعي الحمام",
    "Violet": "بنفسج", "Wagtail": "ذعرة", "Walnut": "جوز", "Warbler": "هازجة", "Wave": "موجة", "Weaver": "حباك",
    "Wheat": "قمح", "Willow": "صفصاف", "Wren": "نمنمة", "Yarrow": "أخيليا", "Yew": "طقسوس", "Zephyr": "صبا",
    "Zircon": "زركون",
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
