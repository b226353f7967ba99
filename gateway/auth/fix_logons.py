r"""The check of a FIX Logon(A): by password, or by a signature made with HMAC-SHA256 or Ed25519.

A signed Logon carries in RawData(96), with its length in RawDataLength(95), the base64 of a signature over
the values of

    SendingTime(52) MsgType(35) MsgSeqNum(34) SenderCompID(49) TargetCompID(56) Username(553)

as they stand in the message, in this order, joined by single SOH (0x01) bytes, none at the end. The HMAC key
is the configured secret's own UTF-8 bytes (RFC 2104); Ed25519 is RFC 8032. SendingTime must be within
``signature_window_s`` of our clock and not before our start, and each signed text logs on once
(``spent_logons``). A Logon with Password(554) is checked by password, any other by signature.

FIX.4.2 has neither Username nor Password: there the username may be left out (it is signed as an empty
value), and RawData(96) may hold the password itself.

What a refused stranger can measure says nothing of the name it used. The work depends only on what it sent
itself: a password is derived once at every cost that any session's hash has, with stand-ins at the costs that
are not this session's; a signature is checked both ways, with stand-ins for keys that do not exist; RawData
of FIX.4.2 is taken for both; and addresses, names and certificates are compared after the credentials only.
A right credential that is refused for one of these looks the same too. NOT here: limits on failed attempts
(``attempts``), threads.
"""

import base64
import binascii
from contextlib import AbstractContextManager
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gateway.auth.directory import Accounts
from gateway.auth.passwords import cost_of, unmatchable, verify_password
from gateway.auth.signatures import STAND_IN_KEY, STAND_IN_SECRET, verify_both
from gateway.auth.spent_logons import SpentLogons
from gateway.settings import FixSession, FixSettings

_SOH: Final = b"\x01"
_NS: Final = 1_000_000_000
_FIX_42: Final = "FIX.4.2"


class FixClaim(NamedTuple):
    """Who a stranger says to be: values of its Logon(A) as they came, and what its connection says.

    A field that is not there is empty. ``signed_at`` is ``sending_time`` in UTC ns (0 when it is no time);
    ``certificate_name`` the common name of the certificate that TLS has verified; ``utc_ns`` our own time.
    """

    sender_comp_id: bytes
    target_comp_id: bytes
    username: bytes
    password: bytes
    raw_data: bytes
    msg_type: bytes
    msg_seq_num: bytes
    sending_time: bytes
    signed_at: int
    address: str
    certificate_name: str | None
    utc_ns: int
    begin_string: bytes = b""

    def __repr__(self) -> str:
        # Password and signature stay out of logs.
        return f"FixClaim(sender_comp_id={self.sender_comp_id!r}, address={self.address!r})"


def signed_text(claim: FixClaim) -> bytes:
    """Return the bytes that a signed Logon(A) signs."""
    return _SOH.join(
        (
            claim.sending_time,
            claim.msg_type,
            claim.msg_seq_num,
            claim.sender_comp_id,
            claim.target_comp_id,
            claim.username,
        )
    )


class FixCredentials:
    """Checks Logons against the configured sessions; ``check`` may be called from several threads.

    ``guard`` is a lock of its own (``threading.Lock()``), held for microseconds. ``not_before`` is the time
    the process started (UTC ns).
    """

    def __init__(
        self,
        accounts: Accounts,
        settings: FixSettings,
        guard: AbstractContextManager[object],
        *,
        not_before: int,
    ) -> None:
        self._accounts = accounts
        self._target_comp_id = settings.target_comp_id.encode("ascii")
        self._window = int(settings.signature_window_s * _NS)
        self._guard = guard
        self._spent = SpentLogons(not_before)
        sessions = accounts.fix_sessions
        costs = {cost_of(session.password_hash) for session in sessions if session.password_hash}
        self._stand_ins = {cost: unmatchable(cost) for cost in sorted(costs)}
        self._public_keys = {
            session.sender_comp_id: Ed25519PublicKey.from_public_bytes(
                base64.b64decode(session.ed25519_public_key)
            )
            for session in sessions
            if session.ed25519_public_key
        }

    def check(self, claim: FixClaim) -> FixSession | None:
        """Return the session that may log on with ``claim``, or ``None``.

        Blocks for a scrypt derivation per cost in use, when the claim has a password, else for about 0.2 ms.
        A signed claim that passes does not pass again.
        """
        session = self._accounts.fix_session(claim.sender_comp_id)
        password, is_signed = claim.password, not claim.password
        if is_signed and claim.begin_string == _FIX_42.encode("ascii"):
            password = claim.raw_data
        by_password = self._password(session, password) if password else False
        by_signature = self._signature(session, claim) if is_signed else False
        if session is None or not (by_password or by_signature) or not self._fits(session, claim):
            return None
        return session if by_password or self._first_use(session, claim) else None

    def _password(self, session: FixSession | None, password: bytes) -> bool:
        stored = "" if session is None else session.password_hash
        own = cost_of(stored) if stored else None
        text = password.decode("utf-8", "surrogateescape")
        right = False
        for cost, stand_in in self._stand_ins.items():
            # Every one is derived, whatever the others said.
            matches = verify_password(stored if cost == own else stand_in, text)
            right |= matches and cost == own
        return right

    def _signature(self, session: FixSession | None, claim: FixClaim) -> bool:
        secret = "" if session is None else session.hmac_secret
        public_key = None if session is None else self._public_keys.get(session.sender_comp_id)
        by_hmac, by_ed25519 = verify_both(
            signed_text(claim),
            _decoded(claim.raw_data),
            hmac_secret=secret.encode("utf-8") if secret else STAND_IN_SECRET,
            public_key=public_key or STAND_IN_KEY,
        )
        return (bool(secret) and by_hmac) or (public_key is not None and by_ed25519)

    def _fits(self, session: FixSession, claim: FixClaim) -> bool:
        """Whether all that is not the credential itself is right too."""
        name = session.certificate_name
        no_username = session.begin_string == _FIX_42 and not claim.username
        return (
            claim.target_comp_id == self._target_comp_id
            and (no_username or claim.username == session.username.encode("utf-8"))
            and (not name or claim.certificate_name == name)
            and self._accounts.admits(session, claim.address)
        )

    def _first_use(self, session: FixSession, claim: FixClaim) -> bool:
        if abs(claim.utc_ns - claim.signed_at) > self._window:
            return False
        with self._guard:
            return self._spent.spend(session.sender_comp_id, signed_text(claim), claim.signed_at)


def _decoded(raw_data: bytes) -> bytes:
    try:
        return binascii.a2b_base64(raw_data, strict_mode=True)
    except binascii.Error:
        return b""
