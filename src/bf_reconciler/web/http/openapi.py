"""The OpenAPI document of the API, as ``/api/v1/openapi.json`` gives it."""

from typing import Any, Final, get_args

from bf_reconciler import __version__
from bf_reconciler.facts import QUESTIONS, ConfigReason, Reason, Scope
from bf_reconciler.policy import ConditionType
from bf_reconciler.status import Can, Kind, RunningState, Step, StrategyState, Told, WorksFrom
from bf_reconciler.verdict import ConnectionState

Schema = dict[str, Any]
OK: Final = 200
MOST_ROWS: Final = 10**18 - 1
TABLES: Final = ("transitions", "declarations", "judgements")
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
TEXT: Final[Schema] = {"type": "string"}
NUMBER: Final[Schema] = {"type": "number"}
WHOLE: Final[Schema] = {"type": "integer"}
YES_NO: Final[Schema] = {"type": "boolean"}
WORDS: Final[Schema] = {"type": "string", "minLength": 1, "maxLength": 500, "pattern": "\\S"}
TOKEN: Final[Schema] = {"type": "string", "pattern": "^[0-9]{1,9}[.][0-9]{1,9}$"}
MOMENT: Final[Schema] = {"type": "string", "format": "date-time"}
ANY: Final[Schema] = {"type": "object", "additionalProperties": True}


def _maybe(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _one_of(words: Any) -> Schema:  # noqa: ANN401 # an enum, or a tuple of texts
    return {"type": "string", "enum": [str(word) for word in words]}


def _up_to(most: int, least: int = 1) -> Schema:
    return {"type": "integer", "minimum": least, "maximum": most}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(**properties: Schema) -> Schema:
    """An object with exactly these."""
    return {
        "type": "object",
        "properties": {name.rstrip("_"): schema for name, schema in properties.items()},
        "required": [name.rstrip("_") for name in properties],
        "additionalProperties": False,
    }


REASON: Final = _one_of(Reason)
CONFIG: Final = _object(
    path=TEXT,
    last_reload_successful=YES_NO,
    last_reload_success=_maybe(MOMENT),
    reason=_maybe(_one_of(ConfigReason)),
    message=TEXT,
    remedy=TEXT,
    plaintext_secrets=WHOLE,
    sealed=_maybe(YES_NO),
    shard=_maybe(TEXT),
    last_good_in_force=YES_NO,
    base=TEXT,
    files=_list(
        _object(
            name=TEXT,
            last_reload_successful=YES_NO,
            last_reload_success=_maybe(MOMENT),
            reason=_maybe(_one_of(ConfigReason)),
            message=TEXT,
            revision=TEXT,
            digest=TEXT,
            sealed=YES_NO,
        )
    ),
    problems=_list(
        _object(
            file=TEXT,
            line=WHOLE,
            column=WHOLE,
            path=TEXT,
            message=TEXT,
            severity=_one_of(("error", "warning")),
            reason=_one_of(ConfigReason),
        )
    ),
)
FLEET: Final[dict[str, Schema]] = {
    "generation": WHOLE,
    "revision": TEXT,
    "digest": TEXT,
    "halted": _maybe(_ref("Halted")),
    "config": _ref("Config"),
    "policy": _maybe(ANY),
    "allow": _maybe(_list(ANY)),
    "incidents": _list(_ref("Incident")),
    "maintenance": _list(_ref("Maintenance")),
    "connections": _list(_ref("Connection")),
    "strategies": _list(_ref("Strategy")),
}
SCHEMAS: Final[dict[str, Schema]] = {
    "Status": _object(**FLEET),
    "StatusPart": _object(**FLEET, continue_=_maybe(TEXT), remaining=WHOLE),
    "Config": CONFIG,
    "Halted": _object(reason=TEXT, by=TEXT, since=_maybe(MOMENT)),
    "Incident": _object(
        kind=TEXT,
        scope=TEXT,
        reason=REASON,
        remedy=TEXT,
        connections=_list(TEXT),
        since=MOMENT,
    ),
    "Maintenance": _object(
        exchange=TEXT,
        environment=TEXT,
        title=TEXT,
        begins=MOMENT,
        ends=_maybe(MOMENT),
        phase=_one_of(("announced", "under_way", "overrun")),
    ),
    "Condition": _object(
        type=_one_of(ConditionType),
        status=_one_of(("True", "False", "Unknown")),
        reason=REASON,
        message=TEXT,
        remedy=TEXT,
        since=MOMENT,
        observed_generation=WHOLE,
    ),
    "Connection": _object(
        name=TEXT,
        exchange=TEXT,
        account=TEXT,
        environment=TEXT,
        status=_one_of(ConnectionState),
        api_key=TEXT,
        next_api_key=_maybe(TEXT),
        conditions=_list(_ref("Condition")),
        key=_object(
            scopes=_maybe(_list(TEXT)),
            unknown_words=_list(TEXT),
            ip_bound=_maybe(YES_NO),
            expires_at=_maybe(MOMENT),
            expiry_source=_maybe(TEXT),
            created_at=_maybe(MOMENT),
        ),
        labels={"type": "object", "additionalProperties": TEXT},
        file=TEXT,
        line=WHOLE,
        origin=TEXT,
        last_probe=_maybe(MOMENT),
        last_success=_maybe(MOMENT),
        next_probe=_maybe(MOMENT),
        latency_seconds=_maybe(NUMBER),
        clock_skew_seconds=_maybe(NUMBER),
        suspended_until=_maybe(MOMENT),
        attested_until=_maybe(MOMENT),
        declared=ANY,
    ),
    "Strategy": _object(
        name=TEXT,
        connection=TEXT,
        runtime=TEXT,
        status=_one_of(StrategyState),
        desired=YES_NO,
        told=_maybe(_one_of(get_args(Told))),
        running=_one_of(get_args(RunningState)),
        conditions=_list(_ref("Condition")),
        file=TEXT,
        line=WHOLE,
        origin=TEXT,
        suspended_until=_maybe(MOMENT),
        unknown_since=_maybe(MOMENT),
        declared=ANY,
        handling=ANY,
    ),
    "Evidence": _object(
        tested=_maybe(
            _object(
                at=MOMENT,
                since=MOMENT,
                count=WHOLE,
                answers=_list(
                    _object(
                        question=_one_of(QUESTIONS),
                        call=TEXT,
                        result=_one_of(("answered", "refused", "failed", "not_asked")),
                        reason=_maybe(REASON),
                        message=TEXT,
                        http_status=_maybe(WHOLE),
                        code=_maybe(TEXT),
                        key=_maybe(
                            _object(
                                granted=_list(TEXT),
                                denied=_list(TEXT),
                                unknown_words=_list(TEXT),
                                ip_bound=_maybe(YES_NO),
                                addresses=_maybe(WHOLE),
                                created_at=_maybe(MOMENT),
                                expires_at=_maybe(MOMENT),
                                not_understood=_list(TEXT),
                            )
                        ),
                    )
                ),
            )
        ),
        before=_maybe(_object(at=MOMENT, reasons=_list(REASON))),
        policy=_maybe(ANY),
    ),
    "Stolen": _object(
        name=TEXT,
        exchange=TEXT,
        environment=TEXT,
        account=TEXT,
        api_key=TEXT,
        tested_at=_maybe(MOMENT),
        accepted=_one_of(get_args(Can)),
        rights=_list(_object(scope=_one_of(Scope), right=TEXT, can=_one_of(get_args(Can)))),
        unknown_words=_list(TEXT),
        expires_at=_maybe(MOMENT),
        works_from=_one_of(get_args(WorksFrom)),
        allowlist=_list(TEXT),
        egress_ips=_list(TEXT),
        markets=_list(TEXT),
        pairs=_list(TEXT),
        strategies=_list(TEXT),
        capital=_object(
            sums=_list(_object(amount=NUMBER, currency=TEXT)),
            balance_ratio=_maybe(NUMBER),
            unlimited=_list(TEXT),
        ),
        twins=_list(TEXT),
        same_egress=_list(TEXT),
        steps=_list(_one_of(get_args(Step))),
    ),
    "JournalPage": _object(
        table=_one_of(TABLES),
        told=YES_NO,
        pruned=_ref("ChainEnd"),
        last=_ref("ChainEnd"),
        filed=_maybe(_ref("ChainEnd")),
        file_readable=YES_NO,
        strangers=_list(TEXT),
        rows=_list(
            _object(
                row=WHOLE,
                at=_maybe(NUMBER),
                name=TEXT,
                json=TEXT,
                hash=TEXT,
                sound=YES_NO,
            )
        ),
        continue_=_maybe(WHOLE),
    ),
    "ChainEnd": _object(row=WHOLE, hash=TEXT),
    "Transition": _object(
        at=MOMENT,
        kind=_one_of(KINDS),
        name=TEXT,
        from_=TEXT,
        to=TEXT,
        reason=REASON,
        message=TEXT,
        remedy=TEXT,
        generation=WHOLE,
        revision=TEXT,
        lasted_seconds=_maybe(NUMBER),
        by=TEXT,
        what=_maybe(TEXT),
    ),
    "Error": {"type": "object", "properties": {"error": TEXT}, "required": ["error"]},
}
RELOADED: Final = _object(generation=WHOLE, revision=TEXT, digest=TEXT, config=_ref("Config"))
HALTED: Final = _object(halted=_maybe(_ref("Halted")), unconfirmed=_list(TEXT))
HALT: Final[Schema] = {
    "type": "object",
    "properties": {"reason": WORDS, "by": WORDS},
    "required": ["reason", "by"],
}
DRILL: Final[Schema] = {
    "type": "object",
    "properties": {"seconds": _up_to(3600, 0), "by": _maybe(WORDS)},
    "required": ["seconds"],
}
RESUME: Final[Schema] = {
    "type": "object",
    "properties": {"name": _maybe(WORDS), "reason": _maybe(WORDS), "by": _maybe(WORDS)},
}
LANGUAGE: Final[Schema] = {
    "name": "lang",
    "in": "query",
    "schema": _one_of(("en", "tr")),
    "description": "Language of remedies.",
}


def _query(name: str, schema: Schema, text: str) -> Schema:
    return {"name": name, "in": "query", "schema": schema, "description": text}


def _operation(text: str, answers: dict[int, Schema], **more: Any) -> Schema:  # noqa: ANN401 # JSON
    path = [{"name": "name", "in": "path", "required": True, "schema": TEXT}]
    named = more.pop("named", False)
    refused = {"description": "refused", "content": _json(_ref("Error"))}
    return {
        "summary": text,
        "parameters": [*(path if named else []), LANGUAGE, *more.pop("parameters", [])],
        "responses": {
            **{
                str(code): {
                    "description": "ok" if code == OK else "refused",
                    "content": _json(made),
                }
                for code, made in answers.items()
            },
            "default": refused,
        },
        **more,
    }


def _json(schema: Schema) -> Schema:
    return {"application/json": {"schema": schema}}


def _write(
    text: str,
    answers: dict[int, Schema],
    body: Schema | None = None,
    **more: Any,  # noqa: ANN401 # JSON
) -> Schema:
    needed = body is not None and "required" in body
    sent = {} if body is None else {"requestBody": {"content": _json(body), "required": needed}}
    return _operation(text, answers, security=[{"token": []}, {}], **sent, **more)


DOCUMENT: Final[Schema] = {
    "openapi": "3.1.0",
    "info": {"title": "bf-reconciler", "version": __version__},
    "paths": {
        "/api/v1/status": {
            "get": _operation(
                "The whole status; with limit, a part of it.",
                {OK: {"anyOf": [_ref("Status"), _ref("StatusPart")]}},
                parameters=[
                    _query("limit", _up_to(10_000), "How many connections and strategies at most."),
                    _query("continue", TOKEN, "The token of the part before; 410: begin again."),
                ],
            )
        },
        "/api/v1/connections/{name}": {
            "get": _operation("One connection.", {OK: _ref("Connection")}, named=True)
        },
        "/api/v1/connections/{name}/evidence": {
            "get": _operation(
                "What its last test asked and was answered, and the policy in force.",
                {OK: _ref("Evidence")},
                named=True,
            )
        },
        "/api/v1/connections/{name}/stolen": {
            "get": _operation(
                "What a thief of its key has, and what to do in which order.",
                {OK: _ref("Stolen")},
                named=True,
            )
        },
        "/api/v1/strategies/{name}": {
            "get": _operation("One strategy.", {OK: _ref("Strategy")}, named=True)
        },
        "/api/v1/history": {
            "get": _operation(
                "Transitions, newest first.",
                {OK: _object(transitions=_list(_ref("Transition")))},
                parameters=[
                    _query("name", TEXT, "Of this connection or strategy."),
                    _query("limit", _up_to(1000), "How many at most."),
                    _query("before", MOMENT, "Older than this."),
                    _query("kind", _one_of(KINDS), "Of this kind."),
                ],
            )
        },
        "/api/v1/journal/{table}": {
            "get": _operation(
                "Rows of a table of the journal with their hashes, oldest first.",
                {OK: _ref("JournalPage")},
                parameters=[
                    {"name": "table", "in": "path", "required": True, "schema": _one_of(TABLES)},
                    _query("after", _up_to(MOST_ROWS, -MOST_ROWS), "After this row."),
                    _query("limit", _up_to(1000), "How many at most."),
                ],
            )
        },
        "/-/reload": {
            "post": _write(
                "Read the file now.",
                {OK: RELOADED, 422: _object(error=TEXT, **RELOADED["properties"])},
            )
        },
        "/api/v1/connections/{name}/test": {
            "post": _write("Probe now.", {OK: _ref("Connection")}, named=True)
        },
        "/api/v1/connections/{name}/drill": {
            "post": _write(
                "Have a canary count as failed for so many seconds; 0 ends it.",
                {OK: _object(until=MOMENT)},
                DRILL,
                named=True,
            )
        },
        "/api/v1/halt": {"post": _write("Halt every strategy.", {OK: HALTED}, HALT)},
        "/api/v1/resume": {
            "post": _write("Resume everything, or one.", {OK: _object(resumed=YES_NO)}, RESUME)
        },
    },
    "components": {
        "schemas": SCHEMAS,
        "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
    },
}
"""Without the event stream, which OpenAPI has no words for."""
