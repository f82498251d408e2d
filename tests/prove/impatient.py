"""`hub` as it is, but its supervisor starts again at once what was killed; proofs have no half minute to wait.

Run as `python -m tests.prove.impatient serve`, from the project's folder.
"""

from __future__ import annotations

from hub.cli import main
from hub.processes import supervisor

if __name__ == "__main__":
    supervisor._LONGEST_PAUSE_S = supervisor._SHORTEST_PAUSE_S
    main()
