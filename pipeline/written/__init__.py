"""Files that people write: YAML with its lines, and all that is wrong in one, in its author's words."""

from pipeline.written.faults import Fault, WrittenError, in_words, own_errors
from pipeline.written.yaml_lines import Lines, Path, dump_yaml, line_of, read_yaml

__all__ = ["Fault", "Lines", "Path", "WrittenError", "dump_yaml", "in_words", "line_of", "own_errors", "read_yaml"]
