"""A client on the official Python SDK. Its arguments: the gateway's URL, a key and a name.

It prints what it was answered, one JSON object a line, and waits for a line on standard input where others must act
first.
"""

import json
import sys
from contextlib import asynccontextmanager

import anyio
import httpx2
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client

url, key, name = sys.argv[1:]


def say(step, **what):
    print(json.dumps({"step": step, **what}), flush=True)


async def a_line():
    await anyio.to_thread.run_sync(sys.stdin.readline)


@asynccontextmanager
async def connect(key):
    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {key}"}, timeout=60) as http:
        async with Client(streamable_http_client(url, http_client=http)) as client:
            yield client


async def call(client, name, arguments, **options):
    """What a call came to: a text, a text that says what went wrong, or an error."""
    try:
        result = await client.call_tool(name, arguments, **options)
    except MCPError as error:
        return {"code": error.error.code, "error": error.error.message}
    return {"isError": result.is_error, "text": "\n".join(part.text for part in result.content)}


async def call_until_cancelled(client):
    """A call that is given up when a line comes."""

    async def wait(scope):
        await a_line()
        scope.cancel()

    outcome = None
    async with anyio.create_task_group() as group:
        with anyio.CancelScope() as scope:
            group.start_soon(wait, scope)
            say("waiting")
            outcome = await call(client, "talk__wait", {"who": name})
    return outcome or {"error": "cancelled"}


async def main():
    try:
        async with connect("nonsense"):
            pass
    except Exception as error:
        say("stranger", error=repr(error))

    async with connect(key) as client:
        say("connect", protocol=client.protocol_version)
        tools = await client.list_tools()
        say("list", tools=[tool.name for tool in tools.tools])

        say("call", **await call(client, "talk__echo", {"text": "grüße 🌊"}))
        say("unknown", **await call(client, "talk__nothing", {}))
        say("invalid", **await call(client, "talk__work", {"steps": "three"}))
        say("bought", **await call(client, "shop__buy", {}))
        say("budget", **await call(client, "shop__buy", {}))

        heard = []

        async def on_progress(progress, total, message):
            heard.append([progress, total, message])

        worked = await call(client, "talk__work", {"steps": 3}, progress_callback=on_progress)
        say("progress", heard=heard, **worked)

        say("cancel", **await call_until_cancelled(client))

        say("restart")
        await a_line()
        say("same", **await call(client, "talk__echo", {"text": "again"}))
        async with connect(key) as fresh:
            say("fresh", **await call(fresh, "talk__echo", {"text": "again"}))


anyio.run(main)
