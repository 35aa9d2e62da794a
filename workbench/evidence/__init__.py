"""Evidence tables and bibliography: read, checked as a whole, typed and frozen.

Importing this package loads the standard library alone; pandas and bibtexparser are imported where they are used.
"""

from workbench.evidence.base import EvidenceBase, check, load
from workbench.evidence.bibliography import Reference
from workbench.evidence.tables import Row, Table

__all__ = ["EvidenceBase", "Reference", "Row", "Table", "check", "load"]
