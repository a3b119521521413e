"""Templates: all compile, escape what they are given, keep to the pages' policy, and the parts say what they mean."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from jinja2 import UndefinedError

from server.templates import TEMPLATES_FOLDER, environment_for, make_environment, page_context

PAGES = sorted(path.relative_to(TEMPLATES_FOLDER).as_posix() for path in TEMPLATES_FOLDER.rglob("*.html"))
NOW = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
AGAINST_THE_POLICY = re.compile(
    r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=\"|(?:src|href)=\"(?:https?:)?//", re.I
)

JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.S)


def part(source: str, locale: str = "vi", **context: object) -> str:
    """What a template that imports all the parts makes of `source`."""
    names = "icon, badge, when, countdown, notice, error_summary, field, select, post_button, steps, progress, score_row, pagination, empty"
    template = environment_for(locale).from_string(f'{{% from "ui.html" import {names} with context %}}{source}')  # type: ignore[arg-type]
    with page_context({"csrf": "t0ken", "now": NOW}):
        return template.render(context)


@pytest.mark.parametrize("name", PAGES)
def test_every_template_compiles(name: str):
    make_environment().get_template(name)


@pytest.mark.parametrize("name", PAGES)
def test_no_template_breaks_the_policy_of_pages(name: str):
    markup = JINJA.sub("", (TEMPLATES_FOLDER / name).read_text("utf-8"))
    found = AGAINST_THE_POLICY.findall(markup)
    assert not found, f"{name} has {found}: the browser would refuse it"


def test_what_people_type_is_escaped():
    html = part(
        '{{ field("title", "Tên", value=typed, error=typed) }}{{ notice("bad", text=typed) }}', typed='"><script>'
    )
    assert "<script>" not in html
    assert html.count("&lt;script&gt;") == 3


def test_an_unknown_variable_is_an_error():
    with pytest.raises(UndefinedError):
        part("{{ mistyped }}")


def test_a_field_names_its_hint_and_its_error():
    html = part('{{ field("email", "Thư", hint="Gợi ý", error="Sai", required=False) }}')
    assert 'aria-describedby="email-hint email-error"' in html
    assert 'aria-invalid="true"' in html
    assert "required" not in html
    assert "aria-describedby" not in part('{{ field("email", "Thư") }}')


def test_a_password_is_never_sent_back():
    assert "bí mật" not in part('{{ field("password", "Mật khẩu", type="password", value="bí mật") }}')


def test_a_step_carries_the_token_and_says_what_it_does():
    plain = part('{{ post_button("/x", "Mở", fields={"version": 3}) }}')
    assert 'name="_csrf" value="t0ken"' in plain
    assert 'name="version" value="3"' in plain
    assert "<details" not in plain
    asked = part('{{ post_button("/x", "Đóng", confirm="Không sửa được nữa.") }}')
    assert "<details" in asked
    assert "Không sửa được nữa." in asked
    with_reason = part('{% call post_button("/x", "Rút") %}<input name="reason">{% endcall %}')
    assert 'name="reason"' in with_reason[with_reason.index("<form") : with_reason.index("</form")]


def test_states_are_said_in_both_languages():
    assert ">Hợp lệ<" in part('{{ badge("valid") }}')
    assert ">Valid<" in part('{{ badge("valid") }}', "en")
    assert ">Đóng vòng<" in part('{{ badge("closed", "Đóng vòng") }}')
    assert ">unheard-of<" in part('{{ badge("unheard-of") }}')


def test_the_way_of_a_contest_marks_where_it_is():
    html = part('{{ steps(["draft", "open", "closed"], "open") }}')
    assert re.findall(r'<li class="(\S+)"', html) == ["step-done", "step-now", "step-next"]
    assert html.count('aria-current="step"') == 1


def test_a_countdown_without_a_script():
    html = part("{{ countdown(deadline) }}", deadline=NOW + timedelta(days=2, hours=4, minutes=15))
    assert "còn 2 ngày 04:15" in html
    assert "countdown-over" not in html
    assert "countdown-over" in part("{{ countdown(deadline) }}", deadline=NOW)


def test_progress_of_nothing_is_drawn():
    assert 'max="1"' in part('{{ progress(0, 0, "Tiểu ban 1") }}')


def test_points_are_written_in_the_readers_language():
    source = '{{ score_row("noi-dung", "Nội dung", "40", "0.5", "38,5", quick=("32.5",)) }}'
    assert 'data-set="32,5"' in part(source)
    assert 'data-set="32.5"' in part(source, "en")
    assert 'data-max="40" data-step="0.5"' in part(source)
    assert "button" not in part('{{ score_row("a", "A", "40", "0.5", "1", readonly=True) }}')


def test_one_page_needs_no_page_numbers():
    assert part('{{ pagination(1, 1, "/x?page=") }}').strip() == ""
    middle = part('{{ pagination(2, 3, "/x?page=") }}')
    assert 'href="/x?page=1"' in middle
    assert 'href="/x?page=3"' in middle
