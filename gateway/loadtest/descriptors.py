"""How many connections a process may have: the soft limit is raised as far as a scenario needs it."""

import resource
from typing import Final

from gateway.loadtest.scenario import Scenario

_OWN: Final = 64
"""What a worker has open beside its connections."""


def make_room(scenario: Scenario) -> str:
    """Raise the limit for this process and its workers; return what is wrong, in one line or empty."""
    orders, subscribers = scenario.order_sessions, sum(group.count for group in scenario.subscribers)
    # Sessions are dealt in pairs.
    needed = max(-(-orders // scenario.workers) + 1, -(-subscribers // scenario.subscriber_workers)) + _OWN
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or needed <= soft:
        return ""
    if hard != resource.RLIM_INFINITY and needed > hard:
        return f"{needed} open files are needed in a worker, and the limit is {hard} (ulimit -Hn)"
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
    return ""
