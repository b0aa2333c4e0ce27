"""Which module is running: a stack of dotted paths, kept by torch's global forward hooks while a trace lasts."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook


class ModuleObserver:
    """``path`` is the dotted path of the innermost running module; empty in the root."""

    def __init__(self) -> None:
        self.path = ""
        self.names: dict[int, str] = {}
        """Path of every module, by its id. A module used under two names (shared layers) goes by the first."""
        self._stack: list[tuple[int, str]] = []

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Follow the modules that run; no hook stays behind."""
        before = register_module_forward_pre_hook(self._enter)
        after = register_module_forward_hook(self._leave)
        try:
            yield
        finally:
            before.remove()
            after.remove()
            self._stack.clear()
            self.path = ""

    def _enter(self, module: nn.Module, _inputs: Any) -> None:
        self._stack.append((id(module), self.path))
        self.path = self.names.get(id(module), self.path)

    def _leave(self, module: nn.Module, _inputs: Any, _output: Any) -> None:
        # a module whose forward raised, and whose caller went on, left its entry: fall back to this module's own
        while self._stack:
            entered, path = self._stack.pop()
            if entered == id(module):
                self.path = path
                return
