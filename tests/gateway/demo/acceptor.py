"""The gateway's side of a FIX session, as far as the demo market's tests need one."""

from simplefix import FixMessage, FixParser


class Acceptor:
    """Numbers what it says, and reads what a client sent."""

    def __init__(self) -> None:
        self._next_out = 1
        self._parser = FixParser()

    def say(self, msg_type: str, *fields: tuple[int, object], number: int | None = None) -> bytes:
        message = FixMessage()
        message.append_pair(8, "FIX.4.4", header=True)
        message.append_pair(35, msg_type, header=True)
        message.append_pair(34, number or self._next_out, header=True)
        message.append_pair(49, "BDAX", header=True)
        message.append_pair(52, "20250101-00:00:00.000", header=True)
        message.append_pair(56, "SIM1", header=True)
        for tag, value in fields:
            message.append_pair(tag, value)
        self._next_out += 1
        encoded: bytes = message.encode()
        return encoded

    def accept_logon(self) -> bytes:
        return self.say("A", (98, 0), (108, 10), (141, "Y"))

    def read(self, data: bytes) -> list[FixMessage]:
        self._parser.append_buffer(data)
        messages = []
        while (message := self._parser.get_message()) is not None:
            messages.append(message)
        return messages


def fields(message: FixMessage, *tags: int) -> list[str | None]:
    values = [message.get(tag) for tag in tags]
    return [None if value is None else value.decode() for value in values]
