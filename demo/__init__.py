"""The synthetic province (演示省): source systems to try jinta on.

`ensure_demo` builds them; `demo.truth` knows what a build must lead to, for tests only.
Nothing here is imported by the product but `ensure_demo`.
"""

from demo.build import Demo, ensure_demo

__all__ = ["Demo", "ensure_demo"]
