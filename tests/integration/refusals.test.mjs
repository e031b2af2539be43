import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exchange } from './support/raw_http.mjs';
import { key, listing, refused, request, sluice, stillServes } from './support/refusals.mjs';
import { bytesOf, call, callBytes, callMessage, headersFor, message } from './support/rpc.mjs';
import { eventually } from './support/time.mjs';

const unauthenticated = {
  'no key': undefined,
  'an empty header': '',
  'another scheme': 'Basic dGVzdGVyOnBhc3M=',
  'a scheme alone': 'Bearer',
  'an unknown key': `Bearer sl_abcdefghijkl_${'A'.repeat(43)}`,
  'a malformed key': 'Bearer sl_short',
  'a very long key': `Bearer sl_${'a'.repeat(7000)}`,
};

for (const [what, authorization] of Object.entries(unauthenticated)) {
  test(`${what} is answered with 401 and WWW-Authenticate`, async () => {
    const answer = await refused(401, request({ headers: { Authorization: authorization } }));
    assert.match(answer.headers['www-authenticate'], /^Bearer/);
    assert.doesNotMatch(answer.headers['www-authenticate'], /resource_metadata/);
  });
}

test('a known key with a wrong secret is answered like an unknown one', async () => {
  const wrong = key.slice(0, -1) + (key.endsWith('A') ? 'B' : 'A');
  const answer = await refused(401, request({ headers: { Authorization: `Bearer ${wrong}` } }));
  const unknown = await refused(401, request({ headers: { Authorization: unauthenticated['an unknown key'] } }));
  assert.equal(answer.body, unknown.body);
  assert.equal(answer.headers['www-authenticate'], unknown.headers['www-authenticate']);
});

test('the bearer scheme is known in any case', async () => {
  const answer = await exchange(sluice.port, request({ headers: { Authorization: `bEARER ${key}` } }));
  assert.equal(answer.status, 200);
});

test('a revoked key is refused within a second', async () => {
  const other = await sluice.key('other', '--days', '1');
  await eventually('the new key is known', async () => (await call(sluice, other, 'echo__echo', { text: 'x' })).status === 200, 1000);
  const id = other.split('_')[1];
  assert.equal((await sluice.cli('key', 'revoke', id)).code, 0);
  await eventually('the key is refused', async () => {
    const answer = await exchange(sluice.port, callBytes(other, 'echo__echo'));
    return answer.status === 401 && /^Bearer/.test(answer.headers['www-authenticate']);
  }, 1000);
  await stillServes();
});

test('a body without a key is not parsed', async () => {
  await refused(401, request({ headers: { Authorization: undefined }, body: '{{{ no JSON' }));
});

test('those who look for an authorization server are told how keys are made', async () => {
  for (const [method, path] of [['POST', '/register'], ['GET', '/.well-known/oauth-protected-resource'],
    ['GET', '/.well-known/oauth-protected-resource/mcp'], ['GET', '/.well-known/oauth-authorization-server']]) {
    const answer = await refused(404, request({ method, path, headers: { Authorization: undefined } }));
    assert.match(answer.body, /sluice key create/);
  }
});

// ---- JSON and JSON-RPC

const good = JSON.stringify(listing);
const nested = (depth) => `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"a":${'['.repeat(depth)}${']'.repeat(depth)}}}`;

const notJson = {
  'an empty body': '',
  'no JSON': 'hello',
  'JSON and more': `${good} x`,
  'two documents': good + good,
  'duplicate keys': good.replace('"id":1', '"id":1,"id":2'),
  'duplicate keys inside': '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"a":1,"a":2}}',
  'duplicate keys, one of them escaped': '{"jsonrpc":"2.0","id":1,"method":"tools/list","m\\u0065thod":"tools/call"}',
  'too deep a document': nested(100),
  'a very deep document': nested(20_000),
  'a document that never closes': '['.repeat(30_000),
  'a comment': `/* hi */ ${good}`,
  'a trailing comma': good.replace(/}$/, ',}'),
  'a byte order mark': `\ufeff${good}`,
  'NaN': '{"jsonrpc":"2.0","id":NaN,"method":"tools/list"}',
  'a lone surrogate': '{"jsonrpc":"2.0","id":1,"method":"\\ud800"}',
  'a raw control character': '{"jsonrpc":"2.0","id":1,"method":"tools\nlist"}',
};

async function rpcRefused(code, bytes, status = 400) {
  const answer = await refused(status, bytes);
  const { jsonrpc, error } = JSON.parse(answer.body);
  assert.equal(jsonrpc, '2.0');
  assert.equal(error.code, code, answer.body);
  assert.ok(error.message.length > 0);
  return { ...JSON.parse(answer.body), answer };
}

for (const [what, body] of Object.entries(notJson)) {
  test(`${what} is answered with -32700`, async () => {
    assert.ok(!('id' in (await rpcRefused(-32700, request({ body })))));
  });
}

test('bytes that are not UTF-8 are answered with -32700', async () => {
  for (const bytes of ['\xff', '\xc0\xaf', '\xed\xa0\x80', '\xf5\x80\x80\x80', '\xe2\x82']) {
    const body = `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"a":"${bytes}"}}`;
    const head = bytesOf({ headers: { ...headersFor(listing, key), 'Content-Length': String(body.length) } });
    await rpcRefused(-32700, head + body);
  }
});

const notRpc = {
  'a number': '1',
  'an empty list': '[]',
  'a batch': `[${good}]`,
  'a batch of two': `[${good},${good}]`,
  'an object without a version': '{"id":1,"method":"tools/list"}',
  'another version': '{"jsonrpc":"1.0","id":1,"method":"tools/list"}',
  'a method that is no text': '{"jsonrpc":"2.0","id":1,"method":7}',
  'parameters that are a list': '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":[]}',
  'an id that is null': '{"jsonrpc":"2.0","id":null,"method":"tools/list"}',
  'an id that is a fraction': '{"jsonrpc":"2.0","id":1.5,"method":"tools/list"}',
  'an id that is an object': '{"jsonrpc":"2.0","id":{},"method":"tools/list"}',
  'a request that is also a response': '{"jsonrpc":"2.0","id":1,"method":"tools/list","result":{}}',
  'keys in another case': '{"jsonrpc":"2.0","id":1,"Method":"tools/list"}',
};

for (const [what, body] of Object.entries(notRpc)) {
  test(`${what} is answered with -32600`, async () => {
    await rpcRefused(-32600, request({ body }));
  });
}

// ---- The rules of 2026-07-28 for headers and _meta

const calling = callMessage('echo__echo', { text: 'x' });
const modern = (sent, headers = {}) => bytesOf({ headers: { ...headersFor(sent, key), ...headers }, body: JSON.stringify(sent) });
const encoded = (text) => `=?base64?${Buffer.from(text).toString('base64')}?=`;

const headerMismatches = {
  'a missing version header': [calling, { 'MCP-Protocol-Version': undefined }],
  'another version in the header': [calling, { 'MCP-Protocol-Version': '2025-11-25' }],
  'a missing method header': [calling, { 'Mcp-Method': undefined }],
  'another method in the header': [calling, { 'Mcp-Method': 'tools/list' }],
  'the method in another case': [calling, { 'Mcp-Method': 'Tools/Call' }],
  'a missing name header': [calling, { 'Mcp-Name': undefined }],
  'another name in the header': [calling, { 'Mcp-Name': 'echo__other' }],
  'another name in base64': [calling, { 'Mcp-Name': encoded('echo__other') }],
  'broken base64': [calling, { 'Mcp-Name': '=?base64?***?=' }],
  'initialize under a revision that has none': [
    { jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {} } },
    { 'Mcp-Method': 'initialize' },
  ],
};

for (const [what, [sent, headers]] of Object.entries(headerMismatches)) {
  test(`${what} is answered with -32020`, async () => {
    const { id } = await rpcRefused(-32020, modern(sent, headers));
    assert.equal(id, 1);
  });
}

test('a name in base64 that agrees with the body is served', async () => {
  assert.equal((await exchange(sluice.port, modern(calling, { 'Mcp-Name': encoded('echo__echo') }))).status, 200);
});

test('a version that is not spoken is answered with -32022 and those that are', async () => {
  for (const version of ['2099-01-01', '2025-11-25', 'x']) {
    const sent = message('tools/list', { _meta: { 'io.modelcontextprotocol/protocolVersion': version } });
    const { error } = await rpcRefused(-32022, modern(sent, { 'MCP-Protocol-Version': version }));
    assert.ok(error.data.supported.includes('2026-07-28'));
    assert.equal(error.data.requested, version);
  }
});

test('a _meta that is incomplete is answered with -32602', async () => {
  const without = structuredClone(calling);
  delete without.params._meta['io.modelcontextprotocol/clientCapabilities'];
  await rpcRefused(-32602, modern(without));
  const none = structuredClone(calling);
  delete none.params._meta;
  await rpcRefused(-32602, modern(none));
  const wrong = structuredClone(calling);
  wrong.params._meta['io.modelcontextprotocol/clientCapabilities'] = [];
  await rpcRefused(-32602, modern(wrong));
  const number = structuredClone(calling);
  number.params._meta['io.modelcontextprotocol/protocolVersion'] = 7;
  await rpcRefused(-32602, modern(number));
});

test('a method that the revision does not have is answered with 404 and -32601', async () => {
  for (const method of ['no/such', 'ping', 'initialize', 'logging/setLevel', 'resources/subscribe', 'tasks/list']) {
    await rpcRefused(-32601, modern(message(method)), 404);
  }
});

test('a call whose name or arguments have the wrong type is answered with -32602', async () => {
  for (const params of [{ name: 7 }, {}, { name: 'echo__echo', arguments: [] }, { name: 'echo__echo', arguments: 'x' }]) {
    const sent = message('tools/call', params);
    const name = typeof params.name === 'string' ? params.name : undefined;
    const answer = await exchange(sluice.port, modern(sent, { 'Mcp-Name': name }));
    assert.equal(JSON.parse(answer.body).error.code, -32602, answer.body);
  }
  await stillServes();
});

test('a cursor that was never given out is answered with -32602', async () => {
  const answer = await exchange(sluice.port, modern(message('tools/list', { cursor: 'x' })));
  assert.equal(JSON.parse(answer.body).error.code, -32602);
});

test('every refusal stands in the log under its request id, and no key does', async () => {
  const answer = await refused(400, request({ lines: ['Host: localhost'] }));
  const stranger = await refused(401, request({ headers: { Authorization: unauthenticated['an unknown key'] } }));
  for (const { headers } of [answer, stranger]) {
    await eventually('the refusal is logged', () => sluice.logLines().some((line) => line.request === headers['x-request-id']));
  }
  assert.ok(!sluice.log.includes(key.split('_')[2]));
  assert.ok(!sluice.log.includes('A'.repeat(43)));
});
