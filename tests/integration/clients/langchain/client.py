"""A client on LangChain's MCP adapters. Its arguments: the gateway's URL, a key and a name.

It prints what it was answered, one JSON object a line, and waits for a line on standard input where others must act
first.
"""

import asyncio
import json
import sys

from langchain_mcp_adapters.callbacks import Callbacks
from langchain_mcp_adapters.client import MultiServerMCPClient
from mcp.shared.exceptions import McpError

url, key, name = sys.argv[1:]
heard = []


def say(step, **what):
    print(json.dumps({"step": step, **what}), flush=True)


async def a_line():
    await asyncio.to_thread(sys.stdin.readline)


async def on_progress(progress, total, message, context):
    heard.append([progress, total, message])


async def connect(key):
    client = MultiServerMCPClient(
        {"sluice": {"transport": "http", "url": url, "headers": {"Authorization": f"Bearer {key}"}}},
        callbacks=Callbacks(on_progress=on_progress),
    )
    return client, {tool.name: tool for tool in await client.get_tools()}


def texts(parts):
    return "\n".join(part["text"] for part in parts)


async def call(tool, arguments):
    """What a call came to, as an agent's graph gets it: a message for the model, or an error."""
    try:
        message = await tool.ainvoke({"type": "tool_call", "id": "1", "name": tool.name, "args": arguments})
    except McpError as error:
        return {"code": error.error.code, "error": error.error.message}
    return {"isError": message.status == "error", "text": texts(message.content)}


async def call_by_name(client, name):
    """A tool that was never listed cannot be called as a LangChain tool, only in a session."""
    async with client.session("sluice") as session:
        try:
            await session.call_tool(name, {})
        except McpError as error:
            return {"code": error.error.code, "error": error.error.message}
    return {}


async def protocol(client):
    return (await client.get_server_info())["sluice"].protocolVersion


async def main():
    try:
        await connect("nonsense")
    except Exception as error:
        say("stranger", error=repr(error))

    client, tools = await connect(key)
    say("connect", protocol=await protocol(client))
    say("list", tools=list(tools))

    say("call", **await call(tools["talk__echo"], {"text": "grüße 🌊"}))
    say("unknown", **await call_by_name(client, "talk__nothing"))
    say("invalid", **await call(tools["talk__work"], {"steps": "three"}))
    say("bought", **await call(tools["shop__buy"], {}))
    say("budget", **await call(tools["shop__buy"], {}))

    worked = await call(tools["talk__work"], {"steps": 3})
    say("progress", heard=heard, **worked)

    waiting = asyncio.create_task(call(tools["talk__wait"], {"who": name}))
    say("waiting")
    await a_line()
    waiting.cancel()
    try:
        say("cancel", **await waiting)
    except asyncio.CancelledError:
        say("cancel", error="cancelled")

    say("restart")
    await a_line()
    say("same", **await call(tools["talk__echo"], {"text": "again"}))
    _, fresh = await connect(key)
    say("fresh", **await call(fresh["talk__echo"], {"text": "again"}))


asyncio.run(main())
