"""In: HTML as social networks sanitise it (paragraphs, breaks, links, spans). Out: the text a reader sees."""

import re
from html import unescape

_BREAK = re.compile(r"<br\b[^<>]*>", re.IGNORECASE)
_BLOCK_END = re.compile(r"</(?:div|tr|dt|dd|section|article|header|footer|ul|ol|table)>", re.IGNORECASE)
_PARAGRAPH_END = re.compile(r"</(?:p|li|blockquote|pre|h[1-6])>", re.IGNORECASE)
# A tag ends before the next "<": linear time, whatever hostile input leaves open.
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--[^<>]*-->")


def to_text(markup: str) -> str:
    """Paragraphs become blank lines, breaks and other blocks new lines, every other tag nothing; entities are decoded.

    >>> to_text("<p>No &amp; no!<br/>Fix <a href='https://a.example'>a.example</a></p><p>Bye</p>")
    'No & no!\\nFix a.example\\n\\nBye'
    """
    if markup.startswith("<p>") and markup.find("<", 1) == len(markup) - 4 and markup.endswith("</p>"):
        markup = markup[3:-4]  # one paragraph and no other tag: most posts
    elif "<" in markup:
        markup = _TAG.sub("", _PARAGRAPH_END.sub("\n\n", _BLOCK_END.sub("\n", _BREAK.sub("\n", markup))))
    return (unescape(markup) if "&" in markup else markup).strip()
