"""What HTML reports share: a frame and its style, as Jinja templates. One page, no script, and no
style beside the one of its head: Jenkins' content security policy shows that, too."""

from __future__ import annotations

from pathlib import Path

TEMPLATES = Path(__file__).parent
