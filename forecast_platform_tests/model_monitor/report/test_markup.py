"""Elements and escaping."""

from __future__ import annotations

from forecast_platform.model_monitor.report.markup import joined, tag


def test_text_is_escaped_and_markup_is_not() -> None:
    assert tag("p", "<b>&", tag("b", "x")) == "<p>&lt;b&gt;&amp;<b>x</b></p>"


def test_attributes_are_escaped() -> None:
    assert tag("a", "x", href='"><script>') == '<a href="&quot;&gt;&lt;script&gt;">x</a>'


def test_names_of_attributes_are_those_of_html() -> None:
    assert (
        tag("p", class_="a", data_name=1, hidden=True, title=None, id=False) == '<p class="a" data-name="1" hidden></p>'
    )


def test_what_no_document_may_contain_is_replaced() -> None:
    assert tag("p", "a\0b\ud800c").encode("utf-8") == b"<p>a\xef\xbf\xbdb?c</p>"


def test_parts_left_out_leave_no_separator() -> None:
    assert joined(["a", None, "<"], " & ") == "a &amp; &lt;"
