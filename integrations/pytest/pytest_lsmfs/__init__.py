"""Tests that need SELinux, AppArmor or Smack, on kernels that lack them: see plugin.py."""

from .denials import Denial
from .fixture import Lsm

__all__ = ["Denial", "Lsm"]
