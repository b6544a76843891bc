"""The pages that a person sees while signing in: plain HTML, no scripts."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from sandbox.wire import Answer

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:4rem auto;padding:0 1rem;color:#222}"
    "body{background:#fff}"
    "label,input{display:block;width:100%;box-sizing:border-box}input{font:inherit;padding:.4rem;margin:.2rem 0 1rem}"
    "button{font:inherit;padding:.4rem 1.2rem;margin-right:.5rem}.wrong{color:#b00020}"
    "@media (prefers-color-scheme:dark){body{color:#eee;background:#181818}.wrong{color:#ff8a80}}"
)
_WORDS = {
    "api": "Manage your data (api)",
    "refresh_token": "Ask at any time (refresh_token)",
    "offline_access": "Ask at any time (offline_access)",
    "id": "Know who you are (id)",
    "profile": "Know who you are (profile)",
    "email": "Know your e-mail address (email)",
    "address": "Know your address (address)",
    "phone": "Know your telephone number (phone)",
    "web": "Open pages as you (web)",
    "full": "Everything that you may do (full)",
}


def sign_in_page(
    org_name: str, hidden: Mapping[str, str], username: str, scope: str, wrong: str | None = None
) -> Answer:
    """The form where a user says who it is, and whether the client may act for it. `hidden` is sent along."""
    fields = "\n".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in hidden.items()
    )
    scopes = "\n".join(f"<li>{escape(_WORDS[name])}</li>" for name in scope.split())
    message = f'<p class="wrong" role="alert">{escape(wrong)}</p>\n' if wrong else ""
    return _page(
        "Sign in",
        f"""\
<h1>{escape(org_name)}</h1>
<p>A local sandbox. There are no passwords: say as whom to sign in.</p>
{message}<form method="post" action="/services/oauth2/authorize">
{fields}
<label for="username">Username</label>
<input id="username" name="username" value="{escape(username)}" autocomplete="username" autofocus required>
<p>The app asks to:</p>
<ul>
{scopes}
</ul>
<button type="submit" name="decision" value="allow">Allow</button>
<button type="submit" name="decision" value="deny" formnovalidate>Deny</button>
</form>""",
        200,
    )


def device_page(org_name: str, action: str, user_code: str, username: str, wrong: str | None = None) -> Answer:
    """The form where a person types in the code that a device shows."""
    message = f'<p class="wrong" role="alert">{escape(wrong)}</p>\n' if wrong else ""
    return _page(
        "Connect a device",
        f"""\
<h1>{escape(org_name)}</h1>
<p>Type in the code that your device shows.</p>
{message}<form method="post" action="{escape(action)}">
<label for="user_code">Code</label>
<input id="user_code" name="user_code" value="{escape(user_code)}" autocomplete="off" autofocus required>
<label for="username">Username</label>
<input id="username" name="username" value="{escape(username)}" autocomplete="username" required>
<button type="submit" name="decision" value="allow">Allow</button>
<button type="submit" name="decision" value="deny">Deny</button>
</form>""",
        200,
    )


def message_page(title: str, words: str) -> Answer:
    """A page that only says something."""
    return _page(title, f"<h1>{escape(title)}</h1>\n<p>{escape(words)}</p>", 200)


def error_page(error: str, description: str) -> Answer:
    """What a person sees when there is no address to send an error to."""
    told = f"error={escape(error)}&amp;error_description={escape(description)}"
    return _page("OAuth Error", f"<h1>OAuth Error</h1>\n<p>{told}</p>", 400)


def _page(title: str, body: str, status: int) -> Answer:
    html = f"""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{escape(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
{body}
</body>
</html>
"""
    headers = (
        ("Content-Type", "text/html;charset=UTF-8"),
        ("Cache-Control", "no-store"),
        ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
    )
    return Answer(status, html.encode(), headers)
