"""Who may log on: passwords, signatures, the directory of sessions and keys, and failed attempts.

Answers are yes or no: nothing here tells which part of a logon was wrong, and a wrong name takes as long as a
wrong password. NOT here: threads (``gateway.net`` calls the slow checks in one) and wire messages.
"""

from gateway.auth.attempts import FailedAttempts
from gateway.auth.certificates import common_name
from gateway.auth.directory import Accounts
from gateway.auth.fix_logons import FixClaim, FixCredentials, signed_text
from gateway.auth.guests import Guest, Guests
from gateway.auth.passwords import ScryptCost, hash_password, verify_password
from gateway.auth.signatures import logon_text, verify_signature

__all__ = [
    "Accounts",
    "FailedAttempts",
    "FixClaim",
    "FixCredentials",
    "Guest",
    "Guests",
    "ScryptCost",
    "common_name",
    "hash_password",
    "logon_text",
    "signed_text",
    "verify_password",
    "verify_signature",
]
