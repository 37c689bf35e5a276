"""Which errors are the fault of Litesmith."""


def unexpected(error):
    """Findings that say that Litesmith itself failed."""
    internal = [finding for finding in error.diagnostics if type(finding).__module__.endswith(".internal")]
    return "\n".join(f"{finding.code}: {finding.message()}" for finding in internal)
