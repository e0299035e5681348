"""Posts written and judged for this project (DATASHEET.md): what the heads learn of sixteen languages."""

from models.corpus.posts import HELD_PERCENT, LANGUAGES, JudgedPost, held_out, load_posts, read_posts

__all__ = ["HELD_PERCENT", "LANGUAGES", "JudgedPost", "held_out", "load_posts", "read_posts"]
