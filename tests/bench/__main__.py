"""``python -m tests.bench``: run every benchmark and print its table."""

import platform
import sys
import tempfile
from pathlib import Path

from tests.bench import order_path

LIMIT_US = 20.0


def main() -> int:
    """Print the tables; exit 1 when a target is missed."""
    with tempfile.TemporaryDirectory() as folder:
        result = order_path.run(Path(folder))
    print(f"{platform.python_implementation()} {platform.python_version()}, {platform.machine()}")
    print()
    print(
        f"Order path, bytes in to reports out, no sockets: "
        f"{order_path.ORDERS} orders, median of {order_path.ROUNDS} rounds"
    )
    print()
    print("| codec and path | CPU us per order |")
    print("| --- | --- |")
    print(f"| gateway: full session, validation, risk, engine, memory store | {result['gateway_us']:.1f} |")
    print(
        f"| simplefix as the codec, same router and engine, no session layer | {result['simplefix_us']:.1f} |"
    )
    print(f"| ratio | {result['ratio']:.1f} |")
    verdict = "held" if result["gateway_us"] <= LIMIT_US else "MISSED"
    print()
    print(f"Target: at most {LIMIT_US:.0f} us per order: {verdict}")
    return 0 if verdict == "held" else 1


if __name__ == "__main__":
    sys.exit(main())
