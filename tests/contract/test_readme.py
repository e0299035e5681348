"""The README says what the code does: every command, every setting."""

from pathlib import Path

from agents.inspect.doctor import settings_table

README = Path(__file__).resolve().parents[2] / "README.md"


def test_the_table_of_settings_is_current() -> None:
    """The README holds exactly the table that `winnow doctor --settings` prints."""
    text = README.read_text(encoding="utf-8")
    _, _, rest = text.partition("<!-- settings: `winnow doctor --settings` -->\n")
    table, _, _ = rest.partition("<!-- /settings -->")
    assert table.strip() == settings_table().strip()
