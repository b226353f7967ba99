"""The dictionary that a FIX session's messages are validated against: our own, or files that it names.

Our own is the standard's with the user-defined messages; files say all that their clients may send.
Sessions of the same version, files and policy share one validator. NOT here: the format of the files and the
rules (``protocols.fix``).
"""

from functools import cache
from pathlib import Path
from typing import Literal

from gateway.dialects.native.fix_recovery import with_recovery
from gateway.settings import FixSession, GatewaySettings, SettingsError, key_of
from protocols.fix import Dictionary, DictionaryError, Validator, load_dictionary, standard_dictionary
from protocols.fix.msg_types import SESSION_MSG_TYPES


def validator_for(session: FixSession, accounts_file: str) -> Validator:
    """Return the validator of ``session``, shared where it can be.

    Raises ``SettingsError`` with ``accounts_file``, where the session is configured, and its key for a
    dictionary file that cannot be used.
    """
    try:
        return _validator(
            session.begin_string, session.dictionary, session.transport_dictionary, session.unknown_tags
        )
    except DictionaryError as error:
        transport = session.transport_dictionary
        at_transport = transport and str(error).startswith(f"{transport}:")
        key = key_of(session, "transport_dictionary" if at_transport else "dictionary")
        raise SettingsError(accounts_file, key, str(error)) from None


def check_dictionaries(settings: GatewaySettings) -> None:
    """Load the dictionary of every FIX session; raise ``SettingsError`` for the first that cannot be used."""
    for session in settings.accounts.fix_sessions:
        validator_for(session, settings.accounts_file)


def require_session_messages(dictionary: Dictionary, file: str) -> None:
    """Raise ``DictionaryError`` when ``dictionary``, from ``file``, lacks a message that every session needs.

    Its BeginString must be one of ours.
    """
    missing = sorted(SESSION_MSG_TYPES - dictionary.messages.keys())
    if missing:
        own = standard_dictionary(dictionary.begin_string)
        names = ", ".join(own.messages[msg_type].name for msg_type in missing)
        raise DictionaryError(f"{file}: no session can be held without {names}")


@cache
def _validator(
    begin_string: str, application: str, transport: str, unknown_tags: Literal["reject", "ignore"]
) -> Validator:
    dictionary = _dictionary(begin_string, application, transport)
    return Validator(dictionary, unknown_tags=unknown_tags)


def _dictionary(begin_string: str, application: str, transport: str) -> Dictionary:
    own = standard_dictionary(begin_string.encode("ascii"))
    if not application:
        return with_recovery(own)
    if transport:
        dictionary = load_dictionary(Path(transport), Path(application))
    else:
        dictionary = load_dictionary(Path(application))
    if dictionary.begin_string != own.begin_string:
        spoken = dictionary.begin_string.decode("ascii", "replace")
        raise DictionaryError(f"{transport or application}: a dictionary of {spoken}, not {begin_string}")
    if dictionary.appl_ver_id != own.appl_ver_id:
        raise DictionaryError(f"{application}: not the application version that {begin_string} carries here")
    require_session_messages(dictionary, transport or application)
    return dictionary
