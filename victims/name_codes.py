"""How names sound, in any script: codes that Mohammed, محمد and Мухаммад share. Pure functions, no database.

A name is written in Latin letters, then only its consonants count, in classes that scripts and spellings exchange:
Arabic writes no short vowels and no p or v, Turkish ends in t what others end in d, Polish writes sh as sz. Where letters
are heard in more than one way, each way has its own code.
"""

import re
import unicodedata
from collections.abc import Iterable
from itertools import islice, pairwise, product

from anyascii import anyascii

MOST_WORDS = 30  # of one text
MOST_WAYS = 8  # in which one word is heard
SHORT = 2  # letters: a name so short is only heard together with its neighbour

# Letters that lose their sound with their mark, and those of the Arabic script that carry a vowel, are not heard, or are
# heard in two ways.
MARKED = str.maketrans({**dict.fromkeys("çčć", "ch"), **dict.fromkeys("žż", "zh"), "š": "sh"})
ARABIC = str.maketrans(
    {
        **dict.fromkeys("اٱع", "a"),
        **dict.fromkeys("ءةـ", None),
        **dict.fromkeys("ىی", "y"),
        **dict.fromkeys("ظض", "dh"),
        "ج": "jg",
        "ک": "k",
    }
)
ARTICLE = re.compile(r"^ال(?=\w{2})")
# Words that stand between names and are left out as often as not.
BETWEEN = {
    "al", "el", "ul", "as", "es", "ash", "an", "en", "ar", "at", "ad", "az", "bin", "ben", "ibn", "bint", "bn", "bnt",
    "abn", "van", "von", "der", "den", "de", "da", "do", "dos", "das", "di", "del", "la", "le",
}  # fmt: skip
SERVANT = "abd"
SERVANT_ALONE = re.compile(r"^abd[aeou]{1,2}[lr]?$")  # Abdul, Abdel, Abdou: before a name of its own
SERVANT_OF = re.compile(r"^abd(?:[aeou]{1,2}l?|al|l)(?=[^aeiouy])(.{2,})$")  # Abdelrahman, Abdurrahman, عبدالرحمن

# How letters are heard, the longest first. Each class is a capital; nothing means: as a vowel.
SOUNDS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("shch", "tsch", "sch", "tch", "dzh", "sh", "sz", "cz", "ts", "tz", "dj", "dz", "s", "z"), ("S",)),
    **{"zh": ("S", "SH"), "kh": ("H", "K"), "ch": ("S", "K", "H"), "th": ("T", "S"), "dh": ("T", "S"), "ph": ("F",)},
    **{"gh": ("K",), "ck": ("K",), "jg": ("S", "K"), "ce": ("S",), "ci": ("S",), "cy": ("S",), "c": ("K", "S")},
    **{"ge": ("K", "S", "H"), "gi": ("K", "S", "H"), "gy": ("K", "S"), "g": ("K", "H")},
    **{"j": ("S", ""), "w": ("", "F"), "x": ("KS",), "k": ("K",), "q": ("K",)},
    **dict.fromkeys("bp", ("P",)),
    **dict.fromkeys("fv", ("F",)),
    **dict.fromkeys("dt", ("T",)),
    **{letter: (letter.upper(),) for letter in "hlmnr"},
    **dict.fromkeys("aeiouy", ("",)),
}
PIECES = re.compile("|".join(sorted(SOUNDS, key=len, reverse=True)))


def words(text: str) -> list[str]:
    """Return the names of a text in small Latin letters, without articles and what stands between names."""
    found: list[str] = []
    for written in re.findall(r"[\w'’`´‘ʼ]+", without_marks(text)):
        found += latin(ARTICLE.sub("", "".join(sign for sign in written if sign.isalnum())))
    return [word for word in found if len(word) > 1][:MOST_WORDS]


def without_marks(text: str) -> str:
    """Return the text in small letters, without accents, vowel signs and hamza."""
    plain = unicodedata.normalize("NFKC", text).casefold().translate(MARKED)
    letters = (sign for sign in unicodedata.normalize("NFKD", plain) if unicodedata.category(sign) != "Mn")
    return unicodedata.normalize("NFC", "".join(letters))


def latin(word: str) -> list[str]:
    """Return one written word in Latin letters; scripts that write syllables give one word each."""
    letters = re.sub(r"[^A-Za-z]", "", anyascii(word.translate(ARABIC)))
    if letters.lower() in BETWEEN:
        return []
    return [piece for part in re.findall(r"[A-Z]?[a-z]+", letters) for piece in unjoined(part.lower())]


def unjoined(word: str) -> list[str]:
    """Return Abd and the name that follows it apart: they are written as one word or as two."""
    if SERVANT_ALONE.match(word):
        return [SERVANT]
    joined = SERVANT_OF.match(word)
    return [SERVANT, joined[1]] if joined else [word]


def sounds(word: str) -> set[str]:
    """Return the codes of one word in small Latin letters: A for a vowel in front, then the classes of its consonants."""
    pieces = PIECES.findall(re.sub(r"(?<=.)h$", "", word))
    heard = islice(product(*(SOUNDS[piece] for piece in pieces)), MOST_WAYS)
    return {re.sub(r"(.)\1+", r"\1", "".join(way) if way[0] else "A" + "".join(way)) for way in heard if way}


def codes_by_word(text: str) -> list[set[str]]:
    """Return the codes of each word of a text; two words in a row may also be written as one."""
    found = words(text)
    by_word = [sounds(word) for word in found]
    if len(found) > 1:
        by_word = [own(word, before, heard) for before, word, heard in zip(["", *found], found, by_word, strict=False)]
    for number, (first, second) in enumerate(pairwise(found)):
        together = sounds(first + second)
        by_word[number] |= together
        by_word[number + 1] |= together
    return by_word


def own(word: str, before: str, heard: set[str]) -> set[str]:
    """Return the codes by which a word among others is found without its neighbours: none for what half the names hold."""
    if word == SERVANT:
        return set()
    return {code for code in heard if len(code) > 1} if len(word) <= SHORT or before == SERVANT else heard


def codes(text: str) -> set[str]:
    """Return the codes under which the names of a text are found."""
    return set().union(*codes_by_word(text))


def spelled(texts: Iterable[str]) -> str:
    """Return names in Latin letters, to be compared letter by letter."""
    return " ".join(word for text in texts for word in words(text))
