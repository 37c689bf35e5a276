"""Which layer is at fault: the first that differs, and the smallest model that shows it."""
