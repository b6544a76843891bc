"""The device flow: a program without a browser shows a code, a person types it in elsewhere, the program polls."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.sign_in_page import device_page, message_page

if TYPE_CHECKING:
    from sandbox.sign_in import SignIn
    from sandbox.wire import Answer, Call

INTERVAL_SECONDS = 5
LIFETIME_SECONDS = 600.0
VERIFICATION_PATH = "/setup/connect"
GRANT_TYPES = ("device", "urn:ietf:params:oauth:grant-type:device_code")
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ2346789"


@dataclass
class DeviceCode:
    """A code that a device waits for. `user_id` is set once a person has allowed it; times are monotonic seconds."""

    code: str
    user_code: str
    scope: str
    expires: float
    polled: float | None = None
    user_id: str | None = None
    denied: bool = False


class DeviceCodes:
    """The device codes of a server."""

    def __init__(self, digest: Callable[[str], str]) -> None:
        self._digest = digest
        self._lock = threading.Lock()
        self._count = 0
        self._codes: dict[str, DeviceCode] = {}

    def new(self, scope: str) -> DeviceCode:
        """Issue a code."""
        with self._lock:
            self._count += 1
            text = self._digest(f"device {self._count}")
            letters = (_LETTERS[int(text[at : at + 2], 16) % len(_LETTERS)] for at in range(0, 16, 2))
            code = DeviceCode(text, "".join(letters), scope, time.monotonic() + LIFETIME_SECONDS)
            self._codes[code.code] = code
            return code

    def poll(self, text: str) -> DeviceCode | str:
        """The code that a person has allowed, which is spent then; or the error of the token endpoint."""
        now = time.monotonic()
        with self._lock:
            code = self._codes.get(text)
            if code is None or code.expires <= now:
                self._codes.pop(text, None)
                return "invalid_grant"
            if code.denied or code.user_id is not None:
                del self._codes[text]
                return "access_denied" if code.denied else code
            too_early = code.polled is not None and now - code.polled < INTERVAL_SECONDS
            code.polled = now
            return "slow_down" if too_early else "authorization_pending"

    def decide(self, user_code: str, user_id: str | None) -> bool:
        """Allow or (None) deny what shows this code; False where nothing waits for it."""
        wanted = user_code.replace("-", "").strip().upper()
        with self._lock:
            for code in self._codes.values():
                if code.user_code == wanted and code.expires > time.monotonic():
                    code.user_id, code.denied = user_id, user_id is None
                    return True
        return False


def connect(sign_in: SignIn, call: Call, path: Mapping[str, str]) -> Answer:
    """`/setup/connect`: `GET` shows the form for the code, `POST` takes it."""
    given = {**call.query, **(call.form() if call.method == "POST" else {})}
    user_code = given.get("user_code", "").strip()
    username = given.get("username", "").strip() or sign_in.org.user.username
    name = sign_in.org.settings.name
    if call.method == "GET" or "decision" not in given:
        return device_page(name, VERIFICATION_PATH, user_code, username)
    user = sign_in.user(username)
    if user is None:
        wrong = "There is no active user of this name."
        return device_page(name, VERIFICATION_PATH, user_code, username, wrong)
    allowed = given["decision"] == "allow"
    if not sign_in.devices.decide(user_code, user.id if allowed else None):
        return device_page(name, VERIFICATION_PATH, user_code, username, "No device waits for this code.")
    return message_page("Connected" if allowed else "Denied", "You can go back to your device.")
