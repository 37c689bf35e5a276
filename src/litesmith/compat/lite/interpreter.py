"""LiteRT's interpreter, which is the one of `tf.lite` under its new name."""

from __future__ import annotations

from ai_edge_litert.interpreter import Interpreter, OpResolverType, load_delegate

__all__ = ["Interpreter", "OpResolverType", "load_delegate"]
