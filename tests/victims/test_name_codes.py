"""How names sound: the same name in other scripts and spellings shares a code, other names do not."""

from itertools import combinations

import pytest

from victims.name_codes import codes, words

# Invented people's names; each line is one name as different people write it.
SAME = """
Mohammed محمد Мухаммад Muhammad Mohamed Mehmet مُحَمَّد Магомед Muhammed
Ahmad أحمد احمد Ahmed Ахмед
Fatima فاطمة فاطِمَة Fatma Фатима Fatimah
Ali علي Али
Othman Osman Usman عثمان Осман
Hassan الحسن Al-Hassan Хасан حسن Hasan El-Hassan аль-Хасан
Yusuf يوسف Youssef Юсуф Yousef Jusuf
Zahra زهراء Zehra زهرا Захра
رمضان Ramadan Ramazan Рамазан
جمال Jamal Gamal Джамал Djamal Cemal
Abdelrahman عبدالرحمن Абдурахман Abdurrahman Abdulrahman
Abdullah عبدالله Абдулла Abdallah
Michael Mikhail ميخائيل Михаил
Schwarz Szwarc Шварц
Ekaterina Екатерина Yekaterina Jekaterina
Nguyễn Nguyen
Łukasz Lukasz
Khaled خالد Халед
Hussein حسين Хусейн Гусейн Hüseyin
Noura نورة Нура Nora
Dawood داود Dawud Дауд
Walid وليد Валид Oualid
Abubakar أبوبكر Абубакар
Qasim Kasim قاسم Касим
İbrahim إبراهيم Ibrahim Ибрагим
Layla ليلى Лейла Leila
Ivanov Иванов ايفانوف
Aïcha عائشة Aisha Айша
Zeynep زينب Zaynab Зейнаб
Giorgi გიორგი Георгий
""".strip().splitlines()
PAIRS = [(line.split()[0], other) for line in SAME for other in line.split()[1:]]


@pytest.mark.parametrize(("name", "other"), PAIRS)
def test_one_name_shares_a_code_in_every_script_and_spelling(name, other):
    assert codes(name) & codes(other), (words(name), words(other))


def test_other_names_seldom_share_one():
    first = [line.split()[0] for line in SAME]
    alike = [(a, b) for a, b in combinations(first, 2) if codes(a) & codes(b)]
    assert alike == [("Hassan", "Hussein"), ("Schwarz", "Giorgi")]


JOINED = [
    ("عبد الرحمن", "Abdelrahman"),
    ("Abd al-Rahman", "Абдурахман"),
    ("Abdul Rahman", "عبدالرحمن"),
    ("عبد الله", "Abdulla"),
    ("أبو بكر", "Abubakar"),
    ("李小龙", "Li Xiaolong"),
]


@pytest.mark.parametrize(("apart", "joined"), JOINED)
def test_names_are_found_written_as_one_word_or_as_two(apart, joined):
    assert codes(apart) & codes(joined)


def test_what_half_the_names_hold_is_no_code_of_its_own():
    assert not codes("Abdul Rahman") & codes("Abdullah")
    assert not codes("Li Xiaolong") & codes("Layla")
    assert codes("Abd")
    assert codes("Li")


@pytest.mark.parametrize("text", ["محمد بن الحسن", "Mohammed bin Al-Hassan", "Muhammad ibn Hasan", "Hassan, Mohammed"])
def test_order_articles_and_what_stands_between_names_do_not_count(text):
    assert len(words(text)) == 2
    for name in ("Mohammed", "Hassan"):
        assert codes(text) & codes(name)


@pytest.mark.parametrize("text", ["", "   ", "a", "12 34", "???", "😀", "\0", "bin", "ـــ"])
def test_what_is_no_name_has_no_code(text):
    assert codes(text) == set()


def test_a_long_text_is_cut():
    assert len(words("Muhammad " * 500)) == 30
    assert len(codes("gwgjchthdh" * 20)) <= 8
