import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exchange, RawConnection } from './support/raw_http.mjs';
import { key, listing, refused, request, sluice, stillServes } from './support/refusals.mjs';
import { bytesOf, callBytes, callMessage, headersFor } from './support/rpc.mjs';
import { eventually, scaled } from './support/time.mjs';

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
