"""A local Salesforce org: the wire, SOQL's meaning, and changes on command. Knows nothing of the engine."""

from sandbox.errors import ApiError, OrgError, SandboxError
from sandbox.org import Org
from sandbox.running import Running, serve, serve_until_stopped

__all__ = ["ApiError", "Org", "OrgError", "Running", "SandboxError", "serve", "serve_until_stopped"]
