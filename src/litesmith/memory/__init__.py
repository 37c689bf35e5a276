"""How much memory a graph's values take while it runs, as runtimes plan it before they run anything."""
