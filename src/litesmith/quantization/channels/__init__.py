"""Channels of tensors: which of them may have factors, and with which factors they round best."""
