"""A file that somebody wrote is read as it was meant, or refused with every place at which readers of YAML differ."""

import pytest

from pipeline.written.faults import WrittenError
from pipeline.written.yaml_lines import line_of, read_yaml


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("yes", "true in YAML 1.1"),
        ("No", "false in YAML 1.1"),
        ("on", "true in YAML 1.1"),
        ("off", "false in YAML 1.1"),
        ("010", "the number 8"),
        ("0100", "the number 64"),
        ("-010", "the number -8"),
        ("0b11", "the number 3"),
        ("1_000", "the number 1000"),
        ("8:30", "the number 510"),
        ("1:30.5", "the number 90.5"),
        (".inf", "the number inf"),
        ("1e3", "a number in 1.2"),
    ],
)
def test_a_value_that_readers_of_yaml_differ_about_is_refused(value: str, meant: str) -> None:
    """With its line, what it would be, and how to write what is meant; in quotes it is a text."""
    with pytest.raises(WrittenError, match=meant) as caught:
        read_yaml(f"a: 1\nb: {value}\n", "f.yaml")
    assert caught.value.line == 2
    assert caught.value.reason.startswith(value)
    assert read_yaml(f"a: '{value}'\n", "f.yaml")[0] == {"a": value}


@pytest.mark.parametrize(
    ("value", "read"),
    [("true", True), ("False", False), ("10", 10), ("0", 0), ("-3", -3), ("0.5", 0.5), ("~", None), ("0x10", 16), ("a: b", None)],
)
def test_a_value_that_all_read_alike_is_read(value: str, read: object) -> None:
    """Ordinary numbers, truth, nothing, and texts that only look like something at their edges."""
    if value == "a: b":
        assert read_yaml("x: yes or no, 10:30 and 010\n", "f")[0] == {"x": "yes or no, 10:30 and 010"}
    else:
        assert read_yaml(f"x: {value}\n", "f")[0] == {"x": read}


def test_all_that_is_wrong_is_told_at_once() -> None:
    """Each at its line, in the order of the file; the log gets one line."""
    with pytest.raises(WrittenError) as caught:
        read_yaml("a: yes\nb: 1\nb: 2\nc:\n  - 010\n", "f.yaml")
    assert [fault.line for fault in caught.value.faults] == [1, 3, 5]
    assert str(caught.value).splitlines()[1].startswith("f.yaml:3: key 'b' is repeated")
    assert caught.value.in_brief.startswith("f.yaml:1: yes is true")
    assert caught.value.in_brief.endswith("(and 2 more)")


def test_texts_whose_lines_were_joined_are_known() -> None:
    """All but a block of lines; a text of one line was not joined."""
    _, lines = read_yaml("a: >\n  x\n  y\nb: |\n  x\n  y\nc: x\n  y\nd: 'x\n  y'\ne: x\n", "f")
    assert lines.joined == {("a",), ("c",), ("d",)}
    assert line_of(lines, ("b", 3, "nowhere")) == 4
