"""What a report explains to somebody who did not write it. NOT here: what it shows (``report``)."""

from typing import Final

COUNTED: Final = {
    "requests_planned": "requests planned",
    "requests_sent": "requests sent",
    "requests_answered": "requests answered",
    "orders": "new orders sent",
    "cancels": "cancels sent",
    "replaces": "replaces sent",
    "accepted": "orders accepted",
    "canceled": "orders canceled",
    "replaced": "orders replaced",
    "rejected": "requests rejected",
    "fills": "reports of a fill",
    "public_trades": "public trades",
    "pushes": "pushes to subscribers",
    "pushes_conflated": "pushes that joined several changes",
    "pushes_skipped": "pushes left out before a fresh snapshot",
    "slow_consumer_closes": "connections closed as slow consumers",
    "connections": "connections opened the first time",
    "reconnections": "connections opened again after a cut",
    "sent_again": "requests sent again, as the target had missed them",
    "received_again": "messages that the target sent again",
    "bytes_sent": "sent to the target",
    "bytes_received": "received from it",
}
"""The name of each count, in the order of the table."""

FAULTS: Final = {
    "missing answer": "A request was sent, and nothing ever said what became of it.",
    "doubled answer": "The same thing was answered or reported twice.",
    "wrong answer": "An answer disagrees with its request or with the answers before it: "
    "another order, quantity, price or status.",
    "answer to nothing": "An answer names a request that nobody sent.",
    "execution without public trade": "An execution was reported to its parties and not to the public.",
    "public trade without execution": "A trade was published that no party had.",
    "sequence gap": "A FIX message has not the next sequence number.",
    "gap in a channel": "A push does not follow the push before it.",
    "unreadable message": "What came is no message of the protocol.",
    "rejected request": "The target refused what the scenario has a right to ask.",
    "connection refused": "A connection, logon or subscription was not accepted, or there is no such host.",
    "connection lost": "The target ended a connection in mid-run.",
    "no answer in time": "A session, or all of them, had no answer for longer than the scenario's patience.",
    "stopped early": "The run was ended before its plan was done: by its bound in time, or by hand.",
    "harness too slow": "The harness did not get to read all public trades in time, so they were not "
    "compared with the executions.",
    "harness failed": "The harness broke. Nothing is said about the target.",
}
"""What each kind of fault means."""

READING: Final = (
    (
        "p50, p99, p99.9, max",
        "Percentiles. p99 = 2 ms says that of 100 requests, 99 were answered within 2 ms and one took "
        "longer. p50 is the median, max the slowest one of all. The mean is there for completeness: "
        "a few slow answers hide in it.",
    ),
    (
        "Counted from the plan",
        "In an open loop each request has a planned time of sending, and its latency counts from there. "
        "While the target stalls, the requests that wait behind the stall count too, as they would for "
        "clients that do not wait for each other. In a closed loop (a window of requests in flight) a "
        "request is planned for the moment at which the window has room.",
    ),
    (
        "The logarithmic pictures",
        "Each line across is a fixed factor above the one below, so that 50 µs and 50 ms are both readable.",
    ),
    (
        "Faults",
        "Every answer is checked. One that is missing, doubled or wrong is enough for the run to fail, "
        "however fast it was.",
    ),
    (
        "Warm-up",
        "The first part of the run is checked, but not measured: caches and memory are filled then. It is "
        "shaded in the pictures. Latencies, throughput, CPU and memory are of the measured part; counts and "
        "faults are of the whole run.",
    ),
    (
        "Before believing a difference",
        "Two runs on a shared machine differ by 10 % and more for no reason. Run each several times in "
        "turn, and put the results side by side with bdax loadtest compare.",
    ),
)
"""Terms and what they mean, in the order of need."""
