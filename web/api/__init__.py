"""The JSON API of other systems, `/v1`: HTTP alone, over the client API that the command line and the pages use too.

How a resource is added: a module of its own (`web/api/invitations.py` is the example) with

- `router = APIRouter(prefix="/v1", tags=["…"], route_class=Operation)`;
- models of what comes in, from `web.api.texts.Request` (nothing unknown is taken), and of what goes out, from
  `web.api.texts.Answer`, each field with a description, each model with an example;
- one function an operation, `@router.post("/things", **operation(Scope.X, 404, 409))`, whose docstring is what the
  document says. `caller: Called` is who asks: `caller.doorstep` acts with the rights of the key, `caller.office` is its
  office. What the client API refuses is raised on; the frame makes a problem of it. A list takes `paging: Paged` and
  answers with `paging.answer(...)`; a single thing with `etags.one(...)`.

Its router goes into `ROUTERS` of `web/api/app.py`; the generated tests and Schemathesis then cover it. Everything else
(keys, scopes, pace, `Idempotency-Key`, errors, the document) is the frame's.
"""
