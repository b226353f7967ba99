"""The directory of accounts, FIX sessions and API keys, and the check of a signed logon against it.

Immutable after construction. NOT here: the check of a password, which blocks (``passwords``).
"""

import base64
import ipaddress
from collections.abc import Collection

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gateway.auth.signatures import STAND_IN_KEY, STAND_IN_SECRET, fresh, logon_text, verify_signature
from gateway.settings import Account, AccountsSettings, ApiKey, FixSession


class Accounts:
    """Looks up accounts, FIX sessions by SenderCompID(49) and API keys by id.

    ``settings`` are as ``gateway.settings.load_accounts`` returns them.
    """

    def __init__(self, settings: AccountsSettings) -> None:
        self._accounts = {account.id: account for account in settings.accounts}
        self._sessions = {session.sender_comp_id.encode(): session for session in settings.fix_sessions}
        self._networks = {
            session.sender_comp_id: [ipaddress.ip_network(text) for text in session.allow_addresses]
            for session in settings.fix_sessions
            if session.allow_addresses
        }
        self._keys = {key.id: key for key in settings.api_keys}
        self._public_keys = {
            key.id: Ed25519PublicKey.from_public_bytes(base64.b64decode(key.ed25519_public_key))
            for key in settings.api_keys
            if key.ed25519_public_key is not None
        }

    @property
    def fix_sessions(self) -> Collection[FixSession]:
        """All FIX sessions."""
        return self._sessions.values()

    def account(self, account: str) -> Account | None:
        """Return the account of that id."""
        return self._accounts.get(account)

    def fix_session(self, sender_comp_id: bytes) -> FixSession | None:
        """Return the FIX session of that SenderCompID(49)."""
        return self._sessions.get(sender_comp_id)

    def api_key(self, key: str) -> ApiKey | None:
        """Return the API key of that id."""
        return self._keys.get(key)

    def admits(self, session: FixSession, address: str) -> bool:
        """Whether ``session`` may log on from the IP ``address``."""
        networks = self._networks.get(session.sender_comp_id)
        if networks is None:
            return True
        try:
            client = ipaddress.ip_address(address)
        except ValueError:
            return False
        if isinstance(client, ipaddress.IPv6Address) and client.ipv4_mapped:
            client = client.ipv4_mapped
        return any(client in network for network in networks)

    def check_signature(
        self, key: str, timestamp_ms: int, signature: str, *, now_ms: int, window_s: float
    ) -> ApiKey | None:
        """Return the API key that signed this logon (``signatures``), or ``None``.

        ``now_ms`` is the gateway's UTC time. Takes about 0.2 ms whatever is wrong.
        """
        entry = self._keys.get(key)
        secret = entry.hmac_secret if entry else None
        public_key = self._public_keys.get(key)
        by_hmac, by_ed25519 = verify_signature(
            logon_text(timestamp_ms, key),
            signature,
            hmac_secret=STAND_IN_SECRET if secret is None else secret.encode(),
            public_key=public_key or STAND_IN_KEY,
        )
        matches = (secret is not None and by_hmac) or (public_key is not None and by_ed25519)
        return entry if matches and fresh(timestamp_ms, now_ms, window_s) else None
