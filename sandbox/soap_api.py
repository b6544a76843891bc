"""The little of the SOAP API that clients sign in with: login, logout, who am I, what time is it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from sandbox.sessions import Session
from sandbox.sign_in import SignIn
from sandbox.wire import Answer, Call

_LAST_WITH_LOGIN = 64.0
_SESSION_SECONDS = 7200
_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_KINDS = {"u": "partner", "c": "enterprise"}
_WRONG_LOGIN = "Invalid username, password, security token; or user locked out."


class _Request(NamedTuple):
    """The operation without its namespace, its arguments, and the session Id of the header."""

    operation: str
    arguments: Mapping[str, str]
    session_id: str


def soap(sign_in: SignIn, call: Call, path: Mapping[str, str]) -> Answer:
    """`POST /services/Soap/u/66.0`, or `c` for the enterprise flavour."""
    kind = _KINDS[path["kind"]]
    request = _read(call.body)
    if request is None:
        return _fault(kind, "soapenv:Client", "The request is not a SOAP envelope")
    if request.operation == "login":
        return _login(sign_in, call, kind, float(path["version"]), request)
    session = sign_in.sessions.get(request.session_id)
    if session is None:
        words = "Invalid Session ID found in SessionHeader: Illegal Session"
        return _refused(kind, "INVALID_SESSION_ID", words, "UnexpectedErrorFault")
    match request.operation:
        case "logout":
            sign_in.sessions.close(session.token)
            return _answer(kind, "<logoutResponse/>")
        case "getServerTimestamp":
            now = f"{sign_in.org.now():%Y-%m-%dT%H:%M:%S}.000Z"
            return _result(kind, "getServerTimestamp", f"<timestamp>{now}</timestamp>")
        case "getUserInfo":
            return _result(kind, "getUserInfo", _user_info(sign_in, session))
        case operation:
            name = f"{{urn:{kind}.soap.sforce.com}}{operation}"
            return _fault(kind, "soapenv:Client", f"No operation available for request {name}, please check the WSDL")


def _login(sign_in: SignIn, call: Call, kind: str, version: float, request: _Request) -> Answer:
    if version > _LAST_WITH_LOGIN:
        words = f"SOAP API login() is not available in API version {version}"
        return _refused(kind, "UNSUPPORTED_API_VERSION", words, "UnexpectedErrorFault")
    user = sign_in.user(request.arguments.get("username", ""))
    if user is None or not sign_in.is_password(request.arguments.get("password", "")):
        return _refused(kind, "INVALID_LOGIN", _WRONG_LOGIN, "LoginFault")
    session = sign_in.sessions.open(user.id, sign_in.org.now())
    address = f"{call.base_url}{call.path.rstrip('/')}/{sign_in.org.settings.organization_id[:15]}"
    return _result(
        kind,
        "login",
        _elements(
            {
                "metadataServerUrl": address.replace("/Soap/u/", "/Soap/m/").replace("/Soap/c/", "/Soap/m/"),
                "passwordExpired": "false",
                "sandbox": str(sign_in.org.settings.is_sandbox).lower(),
                "serverUrl": address,
                "sessionId": session.token,
                "userId": user.id,
            }
        )
        + f"<userInfo>{_user_info(sign_in, session)}</userInfo>",
    )


def _user_info(sign_in: SignIn, session: Session) -> str:
    settings = sign_in.org.settings
    user = sign_in.user(session.user_id) or sign_in.org.user
    return _elements(
        {
            "currencySymbol": settings.currency,
            "organizationId": settings.organization_id,
            "organizationMultiCurrency": str(sign_in.org.schema.multi_currency).lower(),
            "organizationName": settings.name,
            "sessionSecondsValid": str(_SESSION_SECONDS),
            "userEmail": user.email,
            "userFullName": user.name,
            "userId": user.id,
            "userLanguage": settings.language,
            "userLocale": user.locale,
            "userName": user.username,
            "userTimeZone": user.time_zone,
            "userType": "Standard",
        }
    )


def _read(body: bytes) -> _Request | None:
    if re.search(rb"<!(DOCTYPE|ENTITY)", body, re.IGNORECASE):
        return None
    try:
        root = ElementTree.fromstring(body)  # noqa: S314  # entities, which make XML dangerous, were refused
    except ElementTree.ParseError:
        return None
    content = root.find(f"{{{_ENVELOPE}}}Body")
    if content is None or len(content) == 0:
        return None
    operation = content[0]
    session = next((e.text or "" for e in root.iter() if _name(e) == "sessionId"), "")
    return _Request(_name(operation), {_name(e): (e.text or "").strip() for e in operation}, session.strip())


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _elements(values: Mapping[str, str]) -> str:
    return "".join(f"<{name}>{escape(value)}</{name}>" for name, value in values.items())


def _result(kind: str, operation: str, inner: str) -> Answer:
    return _answer(kind, f"<{operation}Response><result>{inner}</result></{operation}Response>")


def _refused(kind: str, code: str, message: str, fault: str) -> Answer:
    told = _elements({"sf:exceptionCode": code, "sf:exceptionMessage": message})
    detail = f'<detail><sf:{fault} xsi:type="sf:{fault}">{told}</sf:{fault}></detail>'
    return _fault(kind, f"sf:{code}", f"{code}: {message}", detail)


def _fault(kind: str, code: str, words: str, detail: str = "") -> Answer:
    told = f"<faultcode>{code}</faultcode><faultstring>{escape(words)}</faultstring>{detail}"
    return _answer(kind, f"<soapenv:Fault>{told}</soapenv:Fault>", 500)


def _answer(kind: str, inner: str, status: int = 200) -> Answer:
    spaces = f'xmlns:soapenv="{_ENVELOPE}" xmlns:xsi="{_XSI}"'
    own = f'xmlns:sf="urn:fault.{kind}.soap.sforce.com"' if status != 200 else f'xmlns="urn:{kind}.soap.sforce.com"'
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope {spaces} {own}>'
        f"<soapenv:Body>{inner}</soapenv:Body></soapenv:Envelope>"
    )
    return Answer(status, text.encode(), (("Content-Type", "text/xml;charset=UTF-8"),))
