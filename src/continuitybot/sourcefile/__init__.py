"""Files that people write in YAML: read so that every fault is told with its place and remedy."""

from continuitybot.sourcefile.parsing import MAX_BYTES, Loc
from continuitybot.sourcefile.source import SourceFile, by_place
from continuitybot.sourcefile.suggesting import suggestion
from continuitybot.sourcefile.wording import wrong

__all__ = ["MAX_BYTES", "Loc", "SourceFile", "by_place", "suggestion", "wrong"]
