"""The curator's tools: bring tables to their canonical form, and take in what other tools wrote.

`fix` rewrites files without changing a value. `read_sheet`, `propose`, `draft` and `apply` are the steps of ``workbench import``:
a file becomes a sheet of named columns, the columns are mapped to ours, the rows become drafts, and drafts join the tables.
"""

from workbench.evidence.curation.applying import apply_drafts, read_drafts, write_drafts
from workbench.evidence.curation.drafting import Drafts, draft
from workbench.evidence.curation.fixing import Fix, fix
from workbench.evidence.curation.mapping import Mapping, propose
from workbench.evidence.curation.sheets import Sheet, read_sheet

__all__ = ["Drafts", "Fix", "Mapping", "Sheet", "apply_drafts", "draft", "fix", "propose", "read_drafts", "read_sheet", "write_drafts"]
