import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { endAll } from './support/end_all.mjs';
import { echoServer } from './support/plain_server.mjs';
import { RawConnection } from './support/raw_http.mjs';
import { bytesOf, callBytes, callMessage, headersFor } from './support/rpc.mjs';
import { Sluice } from './support/sluice.mjs';
import { slow, sleep } from './support/time.mjs';

let server, sluice, key;

before(async () => {
  server = await echoServer();
  sluice = await Sluice.start({ servers: { e: server.url }, limits: { idle_timeout: `${1500 * slow}ms` } });
  key = await sluice.key();
});

after(() => endAll(() => sluice?.remove(), () => server?.close()));

const good = (text, id = 1) => callBytes(key, 'e__echo', { text }, id);
const textOf = (answer) => JSON.parse(answer.body).result.content[0].text;

async function onConnection(use) {
  const connection = await RawConnection.open(sluice.port);
  try {
    await use(connection);
  } finally {
    connection.close();
  }
}

const chunks = (body, size) => {
  const pieces = [];
  for (let at = 0; at < body.length; at += size) {
    const piece = body.slice(at, at + size);
    pieces.push(`${piece.length.toString(16)}\r\n${piece}\r\n`);
  }
  return `${pieces.join('')}0\r\n\r\n`;
};

function chunkedRequest(text, size, trailer) {
  const sent = callMessage('e__echo', { text });
  const headers = { ...headersFor(sent, key), 'Content-Length': undefined, 'Transfer-Encoding': 'chunked' };
  const body = chunks(JSON.stringify(sent), size);
  return bytesOf({ headers }) + (trailer ? body.replace(/\r\n$/, `${trailer}\r\n\r\n`) : body);
}

test('pipelined requests each get their own answer, in order', () => onConnection(async (connection) => {
  connection.send(Array.from({ length: 50 }, (_, i) => good(`canary ${i}`, i)).join(''));
  for (let i = 0; i < 50; ++i) {
    const answer = await connection.response();
    assert.equal(answer.status, 200);
    assert.equal(JSON.parse(answer.body).id, i);
    assert.equal(textOf(answer), `canary ${i}`);
  }
}));

test('requests cut at every byte are still read as they are', () => onConnection(async (connection) => {
  const bytes = good('cut') + chunkedRequest('cut', 7);
  for (const byte of bytes) {
    connection.send(byte);
    await new Promise(setImmediate);
  }
  assert.equal(textOf(await connection.response()), 'cut');
  assert.equal(textOf(await connection.response()), 'cut');
}));

test('a 401 whose body comes in a later packet does not put the connection out of step', () => onConnection(async (connection) => {
  const [head, body] = good('smuggled').replace(key, 'sl_wrong').split('\r\n\r\n');
  connection.send(`${head}\r\n\r\n`);
  await sleep(100);
  connection.send(body + good('next'));
  assert.equal((await connection.response()).status, 401);
  assert.equal(textOf(await connection.response()), 'next');
}));

test('a 401 and a 404 keep the connection for what comes next', () => onConnection(async (connection) => {
  connection.send(good('a').replace(key, 'sl_wrong') + good('b').replace('/mcp', '/other') + good('c'));
  assert.equal((await connection.response()).status, 401);
  assert.equal((await connection.response()).status, 404);
  assert.equal(textOf(await connection.response()), 'c');
}));

test('a request inside the body of another is not carried out', () => onConnection(async (connection) => {
  const body = good('inner');
  connection.send(bytesOf({ headers: headersFor(callMessage('e__echo'), key), body }) + good('after'));
  assert.equal((await connection.response()).status, 400);
  assert.equal(textOf(await connection.response()), 'after');
}));

for (const [what, size, trailer] of [['one chunk', 10_000], ['chunks of one byte', 1], ['chunks and a trailer', 100, 'X-Sum: 7']]) {
  test(`a body in ${what} is read, and the next request after it`, () => onConnection(async (connection) => {
    connection.send(chunkedRequest('piecewise', size, trailer) + good('next'));
    assert.equal(textOf(await connection.response()), 'piecewise');
    assert.equal(textOf(await connection.response()), 'next');
  }));
}

test('a trailer cannot add a key', () => onConnection(async (connection) => {
  connection.send(chunkedRequest('x', 100, `Authorization: Bearer ${key}`).replace(`Authorization: Bearer ${key}\r\n`, ''));
  assert.equal((await connection.response()).status, 401);
}));

test('100 Continue comes before the body is sent, and then the answer', () => onConnection(async (connection) => {
  const [head, body] = good('expected').split('\r\n\r\n');
  connection.send(`${head}\r\nExpect: 100-continue\r\n\r\n`);
  assert.equal((await connection.response()).status, 100);
  connection.send(body + good('next'));
  assert.equal(textOf(await connection.response()), 'expected');
  assert.equal(textOf(await connection.response()), 'next');
}));

test('a body that comes without waiting for 100 Continue is read too', () => onConnection(async (connection) => {
  const [head, body] = good('impatient').split('\r\n\r\n');
  connection.send(`${head}\r\nExpect: 100-continue\r\n\r\n${body}`);
  let answer = await connection.response();
  if (answer.status === 100) answer = await connection.response();
  assert.equal(textOf(answer), 'impatient');
}));

test('a body that is too long is refused instead of asked for', () => onConnection(async (connection) => {
  const [head] = good('x').split('\r\n\r\n');
  connection.send(`${head.replace(/Content-Length: \d+/, 'Content-Length: 99999999')}\r\nExpect: 100-continue\r\n\r\n`);
  assert.equal((await connection.response()).status, 413);
}));

test('curl gets its answer for a body that it announces with 100-continue', async () => {
  const sent = callMessage('e__echo', { text: 'from curl '.repeat(200_000 / 10) });
  const headers = Object.entries({ ...headersFor(sent, key), Expect: '100-continue' });
  const args = ['--silent', '--max-time', String(10 * slow), ...headers.flatMap(([name, value]) => ['--header', `${name}: ${value}`]), '--data-binary', '@-', sluice.url];
  const answer = await new Promise((done, failed) => {
    const child = execFile('curl', args, { maxBuffer: 4 << 20 }, (error, stdout) => (error ? failed(error) : done(stdout)));
    child.stdin.end(JSON.stringify(sent));
  });
  assert.equal(JSON.parse(answer).result.content[0].text, sent.params.arguments.text);
});

test('Connection: close is obeyed, and so is HTTP/1.0', async () => {
  for (const bytes of [good('x').replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'), good('x').replace('HTTP/1.1', 'HTTP/1.0')]) {
    await onConnection(async (connection) => {
      connection.send(bytes + good('never'));
      assert.equal(textOf(await connection.response()), 'x');
      assert.equal(await connection.response(), undefined);
    });
  }
});

test('a notification is answered with 202 and no body', () => onConnection(async (connection) => {
  const body = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/anything' });
  const headers = { ...headersFor({ method: 'notifications/anything' }, key) };
  connection.send(bytesOf({ headers, body }) + good('next'));
  const answer = await connection.response();
  assert.equal(answer.status, 202);
  assert.equal(answer.body, '');
  assert.equal(textOf(await connection.response()), 'next');
}));

test('an idle connection is closed after its time, without an answer to nothing', () => onConnection(async (connection) => {
  connection.send(good('x'));
  assert.equal(textOf(await connection.response()), 'x');
  assert.equal(await connection.response(10_000), undefined);
}));

test('a client that hangs up in the middle of a request harms nobody', async () => {
  const bytes = good('x');
  for (let i = 0; i < 40; ++i) {
    const connection = await RawConnection.open(sluice.port);
    connection.send(bytes.slice(0, Math.floor((bytes.length * i) / 40)));
    if (i % 2) connection.socket.resetAndDestroy();
    else connection.close();
  }
  await onConnection(async (connection) => {
    connection.send(good('fine'));
    assert.equal(textOf(await connection.response()), 'fine');
  });
});
