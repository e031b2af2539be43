import { randomUUID } from 'node:crypto';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { SetLevelRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { listen } from './node_server.mjs';
import { Calls, registerTools } from './tools.mjs';

function makeServer(calls, register) {
  const server = new McpServer({ name: 'legacy-fixture', version: '1.0.0' }, { capabilities: { logging: {} } });
  calls.levels ??= [];
  server.server.setRequestHandler(SetLevelRequestSchema, ({ params }) => {
    calls.levels.push(params.level);
    return {};
  });
  register(server, calls, (members) => members);
  return server;
}

/** A server of the 2025 revisions with sessions. It answers with event streams, or with JSON, of which nothing comes before the answer. */
export async function legacyServer({ port = 0, calls = new Calls(), register = registerTools, json = false } = {}) {
  const sessions = new Map();
  const open = async () => {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      enableJsonResponse: json,
      onsessioninitialized: (id) => sessions.set(id, transport),
    });
    await makeServer(calls, register).connect(transport);
    return transport;
  };
  const server = await listen(async (req, res) => {
    const id = req.headers['mcp-session-id'];
    const transport = id === undefined ? await open() : sessions.get(id);
    if (transport) return transport.handleRequest(req, res);
    const error = { code: -32001, message: 'Session not found' };
    res.writeHead(404, { 'Content-Type': 'application/json' });
    res.end(JSON.stringify({ jsonrpc: '2.0', id: null, error }));
  }, { port });
  return { ...server, calls, sessions };
}

/** A server of the 2025 revisions without sessions. It answers with JSON. */
export async function sessionlessServer({ port = 0 } = {}) {
  const calls = new Calls();
  const server = await listen(async (req, res) => {
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined, enableJsonResponse: true });
    await makeServer(calls, registerTools).connect(transport);
    await transport.handleRequest(req, res);
  }, { port });
  return { ...server, calls };
}
