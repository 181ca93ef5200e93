"""``POST /graphql/v1/graphql``: the interface of all tenants; the token says which one is meant."""

from typing import Final

from aiohttp import web
from graphql import execute_sync

from cxsync.sandbox.carerix import answers
from cxsync.sandbox.carerix.call import Call
from cxsync.sandbox.carerix.identity.tokens import Grant
from cxsync.sandbox.carerix.installation import Installation
from cxsync.sandbox.carerix.operation import Body, Document, Documents, read_body
from cxsync.sandbox.carerix.options import Options
from cxsync.sandbox.carerix.refusals import InvalidQuery
from cxsync.sandbox.carerix.rows import Ref
from cxsync.sandbox.carerix.schema import executable_schema
from cxsync.sandbox.carerix.tenant import API_USER
from cxsync.sandbox.carerix.writing import Author
from cxsync.sandbox.core.faults import enter

PATH: Final = "/graphql/v1/graphql"


class GraphQLEndpoint:
    """Reads a request, checks token, rate and query, executes it."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._schema = executable_schema()
        self._documents = Documents(self._schema)

    async def post(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        installation = self._installation
        options = installation.options
        body, document, unreadable = self._read(await request.read(), options)
        operation = "graphql" if body is None or document is None else document.root_fields(body.operation_name)
        text = _bearer(request)
        grant = None if text is None else installation.tokens.find(text, "access", installation.world.clock.now())
        fault = await enter(
            installation.world, installation.system, request, operation, "" if grant is None else grant.tenant
        )
        if fault is not None and fault.kind == "expire-token" and grant is not None:
            installation.tokens.expire(grant.tenant)
            grant = None
        if grant is None:
            installation.world.witness.refused_login("carerix", "", "no token" if text is None else "token not valid")
            return answers.unauthorized("Token missing" if text is None else "Token expired or not known")
        if not installation.limiter(grant.tenant).admits(installation.world.clock.now(), options.rate_limit):
            return answers.too_many(options)
        if body is None or document is None:
            return answers.refused(400, unreadable, "BAD_REQUEST")
        if document.node is None or document.errors:
            return answers.invalid(document.errors)
        result = execute_sync(
            self._schema,
            document.node,
            context_value=self._call(grant, options),
            variable_values=body.variables,
            operation_name=body.operation_name,
        )
        return answers.of_result(result, options)

    def _read(self, data: bytes, options: Options) -> tuple[Body | None, Document | None, str]:
        try:
            body = read_body(data)
        except InvalidQuery as error:
            return None, None, str(error)
        return body, self._documents.read(body.query, introspection=options.introspection), ""

    def _call(self, grant: Grant, options: Options) -> Call:
        installation = self._installation
        tenant = installation.tenant(grant.tenant)
        client = tenant.clients.get(grant.client)
        number = API_USER if client is None or client.user is None else client.user
        user = grant.user if grant.user is not None else Ref("CRUser", number)
        author = Author(user, "api")
        return Call(tenant, options, author, grant.scopes, installation.lists(tenant.name), installation.writer(tenant))


def _bearer(request: web.Request) -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None
