import { listen, readBody } from './node_server.mjs';

const serverInfo = { 'io.modelcontextprotocol/serverInfo': { name: 'plain', version: '1' } };
const complete = (result) => ({ resultType: 'complete', ...result, _meta: serverInfo });

const tool = (name) => ({
  name,
  inputSchema: { type: 'object', properties: { text: { type: 'string' } } },
});

/**
 * A 2026-07-28 server written by hand: fast, and open to misbehaviour. It answers discovery and
 * lists properly; `onCall` gets every other request, such as a tools/call, and may do with its socket what it likes.
 */
export async function plainServer(onCall, { tools = ['echo'], port = 0, tls, listChanged } = {}) {
  const state = { calls: 0, lists: 0 };
  const server = await listen(async (req, res) => {
    const asked = JSON.parse(await readBody(req));
    const answer = (result) => reply(res, { jsonrpc: '2.0', id: asked.id, result: complete(result) });
    if (asked.method === 'server/discover') {
      answer({ supportedVersions: ['2026-07-28'], capabilities: { tools: { listChanged } }, ttlMs: 0, cacheScope: 'private' });
    } else if (asked.method === 'tools/list') {
      state.lists += 1;
      answer({ tools: tools.map((one) => (typeof one === 'string' ? tool(one) : one)), ttlMs: 0, cacheScope: 'private' });
    } else {
      state.calls += 1;
      await onCall({ asked, req, res, socket: req.socket, answer });
    }
  }, { port, tls });
  return Object.assign(server, { state });
}

export function reply(res, message, status = 200) {
  const body = JSON.stringify(message);
  res.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) });
  res.end(body);
}

export const textResult = (text) => ({ content: [{ type: 'text', text }] });

/** Answers each call with the text it was given. */
export const echoServer = (options) =>
  plainServer(({ asked, answer }) => answer(textResult(asked.params.arguments.text ?? '')), options);
