import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { endAll } from './support/end_all.mjs';
import { echoServer } from './support/plain_server.mjs';
import { exchange, RawConnection } from './support/raw_http.mjs';
import { bytesOf, call, callBytes, callMessage, headersFor, message } from './support/rpc.mjs';
import { Sluice } from './support/sluice.mjs';
import { eventually, scaled, slow } from './support/time.mjs';

let server, sluice, key;

before(async () => {
  server = await echoServer();
  sluice = await Sluice.start({
    servers: { echo: server.url },
    limits: { head_timeout: `${300 * slow}ms`, body_grace: `${300 * slow}ms`, body: '64k' },
  });
  key = await sluice.key();
});

after(() => endAll(() => sluice?.remove(), () => server?.close()));

const listing = message('tools/list');

/** A good request, changed. */
const request = (changes = {}) => bytesOf({
  ...changes,
  headers: { ...headersFor(listing, key), ...changes.headers },
  body: changes.body ?? JSON.stringify(listing),
});

async function stillServes() {
  const answer = await call(sluice, key, 'echo__echo', { text: 'still here' });
  assert.equal(answer.result?.content[0].text, 'still here');
}

/** The answer to the bytes; it must be of that status and carry a request id, and Sluice goes on. */
async function refused(status, bytes) {
  const answer = await exchange(sluice.port, bytes);
  assert.ok(answer, 'there is an answer');
  assert.equal(answer.status, status, `${answer.head}\n\n${answer.body}`);
  assert.match(answer.headers['x-request-id'] ?? '', /^req_\w+$/);
  await stillServes();
  return answer;
}

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

// ---- Sizes and times

const tooMuch = {
  'a body over the limit': [413, () => request({ body: 'x'.repeat((64 << 10) + 1) })],
  'a length over the limit': [413, () => request({ headers: { 'Content-Length': '99999999' } })],
  'a length that would overflow': [400, () => request({ headers: { 'Content-Length': '99999999999999999999999' } })],
  'a chunked body over the limit': [413, () => request({
    headers: { 'Content-Length': undefined, 'Transfer-Encoding': 'chunked' },
    body: `${'4000\r\n' + 'x'.repeat(0x4000) + '\r\n'}`.repeat(5) + '0\r\n\r\n',
  })],
  'a body over the limit without a key': [413, () => request({ headers: { Authorization: undefined }, body: 'x'.repeat(70_000) })],
  'a head over the limit': [431, () => request({ lines: Array.from({ length: 20 }, (_, i) => `X-${i}: ${'y'.repeat(1000)}`) })],
  'too many header lines': [431, () => request({ lines: Array.from({ length: 70 }, (_, i) => `X-${i}: y`) })],
  'a header line over the limit': [431, () => request({ lines: [`X-Long: ${'y'.repeat(9000)}`] })],
  'a request line over the limit': [431, () => request({ path: `/mcp?${'y'.repeat(9000)}` })],
};

// As JSON-RPC, in the form in which the Python SDK reads it.
function isRpcRefusal(answer, code) {
  const { jsonrpc, id, error } = JSON.parse(answer.body);
  assert.equal(jsonrpc, '2.0');
  assert.equal(id, null);
  assert.equal(error.code, code);
  assert.match(error.message, /\w+ \w+/);
}

for (const [what, [status, bytes]] of Object.entries(tooMuch)) {
  test(`${what} is answered with ${status} and the connection closed`, async () => {
    const answer = await refused(status, bytes());
    assert.match(answer.connection, /close|ended/);
    isRpcRefusal(answer, status);
  });
}

test('what is not posted to /mcp is refused in plain words', async () => {
  for (const path of ['/mcpx', '/v1/runs']) {
    const { error } = JSON.parse((await refused(413, request({ path, body: 'x'.repeat(70_000) }))).body);
    assert.equal(typeof error, 'string');
  }
});

test('a body of exactly the limit is read', async () => {
  const wrap = (text) => JSON.stringify(callMessage('echo__echo', { text }));
  const body = wrap('y'.repeat((64 << 10) - wrap('').length));
  const sent = bytesOf({ headers: headersFor(callMessage('echo__echo'), key), body });
  assert.equal((await exchange(sluice.port, sent)).status, 200);
});

const tooSlow = {
  'a head that stops': 'POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: ',
  'a body that stops': 'POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{"jsonrpc"',
  'a chunked body that stops': 'POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"j',
};

for (const [what, bytes] of Object.entries(tooSlow)) {
  test(`${what} is answered with 408 and the connection closed`, async () => {
    const answer = await refused(408, bytes);
    assert.match(answer.connection, /close|ended/);
    isRpcRefusal(answer, 408);
  });
}

test('a head that arrives byte by byte does not stretch its time', async () => {
  const connection = await RawConnection.open(sluice.port);
  const timer = setInterval(() => connection.over || connection.send('x'), scaled(20));
  connection.send('POST /mcp HTTP/1.1\r\nX-Slow: ');
  const answer = await connection.response();
  clearInterval(timer);
  connection.close();
  assert.equal(answer.status, 408);
  await stillServes();
});

// ---- Framing and heads that two readers could read in two ways

const chunked = { 'Content-Length': undefined, 'Transfer-Encoding': 'chunked' };
const good = JSON.stringify(listing);

const malformed = {
  'a length and chunks': { headers: { 'Transfer-Encoding': 'chunked' } },
  'two lengths that differ': { lines: ['Content-Length: 5'] },
  'two lengths that are equal': { lines: [`Content-Length: ${good.length}`] },
  'a list of lengths': { headers: { 'Content-Length': `${good.length}, ${good.length}` } },
  'a length with a sign': { headers: { 'Content-Length': `+${good.length}` } },
  'a negative length': { headers: { 'Content-Length': '-1' } },
  'a hexadecimal length': { headers: { 'Content-Length': '0x10' } },
  'an empty length': { headers: { 'Content-Length': '' } },
  'two transfer codings': { headers: chunked, lines: ['Transfer-Encoding: chunked'] },
  'chunked after another coding': { headers: { ...chunked, 'Transfer-Encoding': 'gzip, chunked' } },
  'a coding other than chunked': { headers: { ...chunked, 'Transfer-Encoding': 'identity' } },
  'a coding that looks like chunked': { headers: { ...chunked, 'Transfer-Encoding': 'xchunked' } },
  'a chunk size that is no number': { headers: chunked, body: 'zz\r\n{}\r\n0\r\n\r\n' },
  'a chunk size with a sign': { headers: chunked, body: '+2\r\n{}\r\n0\r\n\r\n' },
  'a chunk size with a prefix': { headers: chunked, body: '0x2\r\n{}\r\n0\r\n\r\n' },
  'an empty chunk size': { headers: chunked, body: '\r\n{}\r\n0\r\n\r\n' },
  'a chunk size that overflows': { headers: chunked, body: 'fffffffffffffffff\r\n{}\r\n0\r\n\r\n' },
  'a chunk that is longer than it says': { headers: chunked, body: '1\r\n{}\r\n0\r\n\r\n' },
  'a chunk size line ended by a bare line feed': { headers: chunked, body: '2\n{}\r\n0\r\n\r\n' },
  'a blank after a chunk size': { headers: chunked, body: '2 \r\n{}\r\n0\r\n\r\n' },
  'no host': { headers: { Host: undefined } },
  'two hosts': { lines: ['Host: localhost'] },
  'a folded header': { lines: ['X-A: b', ' c'] },
  'a first header that is folded': { headers: { Host: undefined }, lines: [' Host: 127.0.0.1'] },
  'a blank before the colon': { lines: ['X-A : b'] },
  'a header without a colon': { lines: ['X-A'] },
  'a header without a name': { lines: [': b'] },
  'a NUL in a header': { lines: ['X-A: b\0c'] },
  'a control character in a header': { lines: ['X-A: b\x01c'] },
  'a bare carriage return in a header': { lines: ['X-A: b\rX-B: c'] },
  'a bare line feed in a header': { lines: ['X-A: b\nX-B: c'] },
  'a NUL in the path': { path: '/mcp\0' },
  'a tab in the request line': { path: '/mcp\t' },
  'a request line with two blanks': { path: ' /mcp' },
  'another protocol': { version: 'HTCPCP/1.0' },
  'two keys': { lines: ['Authorization: Bearer x'] },
  'two versions': { lines: ['MCP-Protocol-Version: 2026-07-28'] },
  'two Mcp-Method headers': { lines: ['Mcp-Method: tools/list'] },
  'two origins': { lines: ['Origin: http://localhost', 'Origin: http://localhost'] },
};

for (const [what, change] of Object.entries(malformed)) {
  test(`${what} is answered with 400 and the connection closed`, async () => {
    const answer = await refused(400, request(change));
    assert.match(answer.connection, /close|ended/);
  });
}

test('lines that end with bare line feeds are answered with 400', async () => {
  await refused(400, request().replaceAll('\r\n', '\n'));
});

test('nothing behind a refused request is read as a request', async () => {
  const connection = await RawConnection.open(sluice.port);
  connection.send(request(malformed['a length and chunks']) + callBytes(key, 'echo__echo'));
  assert.equal((await connection.response()).status, 400);
  assert.equal(await connection.response(), undefined);
  connection.close();
});

test('other bytes than HTTP, and other versions of it, get an answer or the door', async () => {
  const hello = '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03' + '\x00'.repeat(200) + '\r\n\r\n';
  await refused(400, hello);
  await refused(505, request({ version: 'HTTP/2.0' }));
  await refused(505, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
});

test('a compressed body is answered with 415, and so is one of another type', async () => {
  await refused(415, request({ headers: { 'Content-Encoding': 'gzip' } }));
  await refused(415, request({ headers: { 'Content-Type': 'text/plain' } }));
  await refused(415, request({ headers: { 'Content-Type': undefined } }));
});

test('a client that accepts no JSON is answered with 406', async () => {
  await refused(406, request({ headers: { Accept: 'text/html' } }));
});

test('an expectation other than 100-continue is answered with 417', async () => {
  await refused(417, request({ headers: { Expect: 'miracles' } }));
});

// ---- Routes, origins and hosts

test('a method that clients of 2026-07-28 do not use is answered with 405 and what is allowed', async () => {
  for (const method of ['GET', 'PUT', 'PATCH', 'OPTIONS']) {
    const answer = await refused(405, request({ method, body: '', headers: { 'Content-Length': undefined, Accept: 'text/event-stream' } }));
    assert.match(answer.headers.allow, /POST/);
  }
});

test('a path other than the endpoint is answered with 404', async () => {
  for (const path of ['/', '/mcp/other', '/mcpx', '/sse', '/v1/servers', '/admin', '/healthzz']) {
    await refused(404, request({ path }));
  }
});

test('no spelling of a path gets past authentication', async () => {
  const spellings = ['/mcp', '//mcp', '/mcp/', '/mcp//', '/./mcp', '/x/../mcp', '/mcp/..;/v1/servers', '/mcp;a=b', '/MCP',
    '/%6dcp', '/mcp%2f', '/mcp%00', '/mcp%2e%2e', '/mcp?x=1', '/mcp#x', '/mcp/../v1/call', '/v1/call', '/v1/servers', '/v1/tools',
    '/%2e%2e/mcp', '/\\mcp', '*', 'mcp', 'http://127.0.0.1/mcp', 'http://evil.example/mcp', '/mcp%', '/mcp%zz', '/register/../mcp',
    '/.well-known/../mcp', '/.well-known/%2e%2e/mcp', '/mcp\x80'];
  for (const path of spellings) {
    for (const method of ['POST', 'GET', 'DELETE', 'OPTIONS', 'HEAD', 'PROPFIND']) {
      const bytes = request({ method, path, headers: { Authorization: undefined } });
      const connection = await RawConnection.open(sluice.port);
      connection.send(bytes);
      const start = /^HTTP\/1\.1 (\d+)/.exec((await headOf(connection)) ?? '');
      connection.close();
      assert.ok(start, `${method} ${path} is answered`);
      assert.ok(['400', '401', '404', '405'].includes(start[1]), `${method} ${path}: ${start[1]}`);
      if (!/[^\x21-\x7e]/.test(path)) assert.notEqual(start[1], '400', `${method} ${path}`);
    }
  }
  await stillServes();
});

/** Only the head: an answer to HEAD has no body whatever its length says. */
async function headOf(connection) {
  return eventually('a head arrives', () => {
    const end = connection.buffer.indexOf('\r\n\r\n');
    return end >= 0 ? connection.buffer.subarray(0, end).toString('latin1') : undefined;
  });
}

test('an answer to HEAD has no body', async () => {
  const connection = await RawConnection.open(sluice.port);
  connection.send(request({ method: 'HEAD', body: '', headers: { 'Content-Length': undefined } }));
  await headOf(connection);
  const end = connection.buffer.indexOf('\r\n\r\n') + 4;
  connection.buffer = connection.buffer.subarray(end);
  connection.send(request());
  const answer = await connection.response();
  connection.close();
  assert.match(answer.start, /^HTTP\/1\.1 200/);
});

const guarded = [
  [200, { Host: 'localhost' }],
  [200, { Host: 'LOCALHOST:1234' }],
  [200, { Host: '127.0.0.1:80' }],
  [200, { Host: '[::1]:80' }],
  [200, { Origin: 'http://localhost:3000' }],
  [200, { Origin: 'https://127.0.0.1' }],
  [403, { Host: 'evil.example' }],
  [403, { Host: '127.0.0.1.evil.example' }],
  [403, { Host: 'localhost.evil.example:80' }],
  [403, { Host: 'localhost:80x' }],
  [403, { Host: 'evil.example@localhost' }],
  [403, { Host: '' }],
  [403, { Origin: 'http://evil.example' }],
  [403, { Origin: 'http://localhost.evil.example' }],
  [403, { Origin: 'http://evil.example:80#localhost' }],
  [403, { Origin: 'null' }],
  [403, { Origin: '' }],
  [403, { Origin: 'localhost' }],
  [403, { Origin: 'file://localhost' }],
  [403, { Origin: 'http://localhost@evil.example' }],
  [403, { Origin: 'http://localhost/../evil.example' }],
];

for (const [status, headers] of guarded) {
  test(`${JSON.stringify(headers)} is answered with ${status}`, async () => {
    if (status !== 200) return void (await refused(status, request({ headers })));
    assert.equal((await exchange(sluice.port, request({ headers }))).status, 200);
  });
}

test('a foreign origin is turned away before its key is looked at', async () => {
  const answer = await refused(403, request({ headers: { Origin: 'http://evil.example', Authorization: undefined } }));
  assert.equal(answer.headers['www-authenticate'], undefined);
});

// ---- JSON and JSON-RPC

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
  const answer = await refused(400, request(malformed['two hosts']));
  const stranger = await refused(401, request({ headers: { Authorization: unauthenticated['an unknown key'] } }));
  for (const { headers } of [answer, stranger]) {
    await eventually('the refusal is logged', () => sluice.logLines().some((line) => line.request === headers['x-request-id']));
  }
  assert.ok(!sluice.log.includes(key.split('_')[2]));
  assert.ok(!sluice.log.includes('A'.repeat(43)));
});
