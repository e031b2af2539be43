import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { listen } from './node_server.mjs';
import { Calls, registerTools } from './tools.mjs';

/** A server that speaks 2026-07-28 and nothing older. `register` gives it other tools than the usual ones. */
export async function modernServer({ port = 0, responseMode = 'auto', calls = new Calls(), register = registerTools } = {}) {
  const handler = createMcpHandler(() => {
    const server = new McpServer({ name: 'modern-fixture', version: '1.0.0' }, { capabilities: { logging: {} } });
    register(server, calls, (members) => z.object(members));
    return server;
  }, { legacy: 'reject', responseMode });
  const serve = toNodeHandler(handler);
  const server = await listen((req, res) => serve(req, res), { port });
  const close = async () => {
    await handler.close();
    await server.close();
  };
  return { ...server, calls, close, notify: handler.notify };
}
