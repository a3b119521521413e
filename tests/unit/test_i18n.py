"""Messages: each has its English, no translation is left over, and a person's language is chosen as they wish."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.i18n import LOCALES_FOLDER, Translator, choose_locale, count_translator, translator
from tests.messages import messages_of_code, messages_of_template, places_of, translations, used_messages


@pytest.mark.parametrize(
    ("cookie", "account", "browser", "expected"),
    [
        (None, None, None, "vi"),
        ("en", "vi", "vi", "en"),
        ("vi", "en", "en-US", "vi"),
        (None, "en", "vi", "en"),
        (None, None, "en-US,en;q=0.9,vi;q=0.8", "en"),
        (None, None, "fr-FR,vi;q=0.5,en;q=0.4", "vi"),
        (None, None, "en;q=0.4,vi;q=0.5", "vi"),
        (None, None, "en;q=0, vi;q=0.1", "vi"),
        (None, None, "EN_US", "vi"),
        (None, None, "de,fr;q=x,;;;,,=", "vi"),
        ("xx", "", "km,en;q=0.1", "en"),
        ("VI", None, "en", "vi"),
    ],
)
def test_language_is_switch_then_account_then_browser(cookie, account, browser, expected):
    assert choose_locale(cookie, account, browser) == expected


def test_every_message_has_its_english():
    translated = {entry.message for entry in translations() if entry.forms}
    missing = [f"{place}: {message!r}" for message, place in used_messages().items() if message not in translated]
    assert not missing, "no English for:\n" + "\n".join(missing)


def test_every_translation_is_used():
    used = used_messages()
    left_over = [f"{entry.place}: {entry.message!r}" for entry in translations() if entry.message not in used]
    assert not left_over, "used nowhere:\n" + "\n".join(left_over)


def test_translations_fill_the_same_places():
    wrong = [
        f"{entry.place}: {form!r}"
        for entry in translations()
        for form in entry.forms
        if not places_of(form) <= places_of(entry.message)
        or (len(entry.forms) == 1 and places_of(form) != places_of(entry.message))
    ]
    assert not wrong, "other places than in Vietnamese:\n" + "\n".join(wrong)


def test_a_message_reads_the_same_in_every_file():
    seen: dict[str, tuple[str, ...]] = {}
    clashes = [
        f"{entry.place}: {entry.message!r}"
        for entry in translations()
        if seen.setdefault(entry.message, entry.forms) != entry.forms
    ]
    assert not clashes, "translated in two ways:\n" + "\n".join(clashes)


def test_vietnamese_is_the_source():
    assert translator("vi")("Đăng nhập") == "Đăng nhập"
    assert translator("en")("Đăng nhập") == "Sign in"
    assert translator("en")("Câu chưa ai dịch") == "Câu chưa ai dịch"


def test_counted_things(tmp_path: Path):
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "x.po").write_text(
        'msgid "{n} bài"\nmsgid_plural "{n} bài"\nmsgstr[0] "{n} entry"\nmsgstr[1] "{n} entries"\n\n'
        '#, fuzzy\nmsgid "Ngờ"\nmsgstr "Doubt"\n',
        "utf-8",
    )
    english = Translator("en", tmp_path)
    assert [english.ngettext("{n} bài", n) for n in (0, 1, 3200)] == ["0 entries", "1 entry", "3,200 entries"]
    assert english.gettext("Ngờ") == "Ngờ"
    assert count_translator("vi")("{n} bài", 3200) == "3.200 bài"


def test_messages_are_found_in_templates_and_code():
    template = '{% if a %}{{ _("Một {x}").format(x=1) }}{% endif %}<a title="{{ _("Hai") }}">{{ _n("{n} ba", n) }}</a>'
    assert [text for _, text in messages_of_template(template)] == ["Một {x}", "Hai", "{n} ba"]
    code = '_("Một")\nN_(\n    "Hai "\n    "ba"\n)\nwords(request)("Bốn")\nother("Năm")\n_(name)\n_n("{n} sáu", 2)'
    assert sorted(text for _, text in messages_of_code(code)) == ["Bốn", "Hai ba", "Một", "{n} sáu"]


def test_the_catalogues_are_where_the_server_reads_them():
    assert (LOCALES_FOLDER / "en" / "common.po").is_file()
