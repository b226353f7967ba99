"""What says that a deadline may have come nearer. NOT here: the deadlines, and who follows them."""


class Alert:
    """Shared by all that has a deadline: who brings one nearer turns it on, who looks at all turns it off."""

    __slots__ = ("is_on",)

    def __init__(self) -> None:
        self.is_on = True
