"""to_text: what a reader of the page would see."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.sources.markup import to_text

unhurried = settings(deadline=None)
"""A shared machine may stall for longer than any deadline."""


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("", ""),
        ("plain", "plain"),
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("a<br>b<br/>c<BR />d", "a\nb\nc\nd"),
        ("<p>5 &lt; 6 &amp;&amp; 7 &gt; 6</p>", "5 < 6 && 7 > 6"),
        ("5 < 6 and 7 > 6", "5 < 6 and 7 > 6"),
        ("I <3 you", "I <3 you"),
        ("&lt;b&gt;not a tag&lt;/b&gt;", "<b>not a tag</b>"),
        ('<a href="https://a.example"><span class="invisible">https://</span>a.example</a>', "https://a.example"),
        ("<!-- hidden -->seen", "seen"),
        ("<ul><li>x</li><li>y</li></ul>", "x\n\ny"),
        ("'tis bad<p>Second", "'tis bad\n\nSecond"),
        ("a<ul><li>b</ul>c", "a\n\nb\nc"),
        ("a<div>b</div>c<hr>d", "a\nb\nc\nd"),
        ("a<pre>b</pre>c", "a\n\nb\n\nc"),
        ("<div><div>a</div></div> <div>b</div>", "a\nb"),
        ("<table><tr><td>x</td> <td>y</td></tr><tr><td>z</td></tr></table>", "x  y\nz"),
        ("<aside>a</aside><section>b</section>", "a\nb"),
        ("<Style>p {color: red}</style>a<script>alert(1)</script >b", "ab"),
        ("the <dirt> and <prefix>es", "the  and es"),
        ("cut off <a href=", "cut off <a href="),
        ("&#0;", "\ufffd"),
    ],
)
def test_markup_becomes_text(markup: str, text: str) -> None:
    """Tags vanish or become line breaks, entities are decoded, and signs that only look like tags stay."""
    assert to_text(markup) == text


@unhurried
@given(st.text(st.sampled_from("<>/&;abp!- \n"), max_size=60))
def test_any_markup_gives_text(markup: str) -> None:
    """Broken markup never fails, and no text grows by losing its tags."""
    assert len(to_text(markup)) <= len(markup) + markup.lower().count("<") * 2


def test_hostile_markup_takes_linear_time() -> None:
    """Half a megabyte of opened tags is read at once; a quadratic pattern would take minutes and hit the suite's timeout."""
    assert to_text("<a " * 170_000).startswith("<a")
    assert to_text("<!--" * 130_000).startswith("<!--")
    assert to_text("<br " * 130_000).startswith("<br")
    assert to_text("<p> " * 130_000) == ""
    assert to_text("<script>" * 70_000) == ""
    assert to_text("x" + " " * 500_000 + "<p>y").endswith("\n\ny")
