// MCP requests as bytes, for what the official clients would never send.
import { Agent, request as httpRequest } from 'node:http';
import { within } from './time.mjs';

export const modern = '2026-07-28';

export const envelope = (version = modern) => ({
  'io.modelcontextprotocol/protocolVersion': version,
  'io.modelcontextprotocol/clientCapabilities': {},
});

/** The message of a request of 2026-07-28. */
export const message = (method, params = {}, id = 1) =>
  ({ jsonrpc: '2.0', id, method, params: { ...params, _meta: { ...envelope(), ...params._meta } } });

/** The headers that belong to it. */
export function headersFor({ method, params = {} }, key) {
  return {
    ...(key ? { Authorization: `Bearer ${key}` } : {}),
    'Content-Type': 'application/json',
    Accept: 'application/json, text/event-stream',
    'MCP-Protocol-Version': modern,
    'Mcp-Method': method,
    ...(method === 'tools/call' || method === 'prompts/get' ? { 'Mcp-Name': params.name } : {}),
    ...(method === 'resources/read' ? { 'Mcp-Name': params.uri } : {}),
  };
}

export const callMessage = (name, args = {}, id = 1) => message('tools/call', { name, arguments: args }, id);

/** A request as bytes (Latin-1 text). A header set to `undefined` is left out. */
export function bytesOf({ method = 'POST', path = '/mcp', version = 'HTTP/1.1', headers = {}, body = '', lines = [] }) {
  const text = Buffer.from(body, 'utf8').toString('latin1');
  const all = { Host: '127.0.0.1', 'Content-Length': String(text.length), ...headers };
  const head = Object.entries(all).filter(([, value]) => value !== undefined).map(([name, value]) => `${name}: ${value}`);
  return [`${method} ${path} ${version}`, ...head, ...lines, '', text].join('\r\n');
}

export function callBytes(key, name, args = {}, id = 1) {
  const sent = callMessage(name, args, id);
  return bytesOf({ headers: headersFor(sent, key), body: JSON.stringify(sent) });
}

/** Posts a body over node:http; the connection is kept when an agent is given. */
export async function post(url, headers, body, agent = new Agent()) {
  let request;
  const answer = new Promise((done, failed) => {
    request = httpRequest(url, { method: 'POST', headers, agent }, (response) => {
      const pieces = [];
      response.on('data', (piece) => pieces.push(piece));
      response.on('error', failed);
      response.on('end', () => done({
        status: response.statusCode,
        headers: response.headers,
        body: Buffer.concat(pieces).toString('utf8'),
      }));
    });
    request.on('error', failed);
    request.end(body);
  });
  try {
    return await within(30_000, `an answer of ${url}`, answer);
  } catch (error) {
    request.destroy();
    throw error;
  }
}

/** One request of 2026-07-28, answered: HTTP status, headers, and the JSON-RPC message. */
export async function ask(sluice, key, method, params = {}, { id = 1, agent } = {}) {
  const sent = message(method, params, id);
  const { status, headers, body } = await post(sluice.url, headersFor(sent, key), JSON.stringify(sent), agent);
  return { status, headers, text: body, ...(body ? JSON.parse(body) : {}) };
}

export const call = (sluice, key, name, args = {}, options = {}) =>
  ask(sluice, key, 'tools/call', { name, arguments: args }, options);

export async function listedTools(sluice, key) {
  const { result } = await ask(sluice, key, 'tools/list');
  return result.tools.map((tool) => tool.name);
}
