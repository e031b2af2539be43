import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { copyFileSync, utimesSync } from 'node:fs';
import { connect as connectPlain } from 'node:net';
import { connect, setDefaultCACertificates } from 'node:tls';
import { Authority } from './support/certificates.mjs';
import { connectLegacy, connectModern, textOf } from './support/clients.mjs';
import { endAll } from './support/end_all.mjs';
import { echoServer } from './support/plain_server.mjs';
import { RawConnection } from './support/raw_http.mjs';
import { bytesOf, callBytes } from './support/rpc.mjs';
import { Sluice } from './support/sluice.mjs';
import { eventually, scaled, slow, within } from './support/time.mjs';

let ca, server, sluice, key;

before(async () => {
  ca = new Authority();
  setDefaultCACertificates([ca.pem]);
  server = await echoServer();
  sluice = new Sluice({
    servers: { s: server.url },
    limits: { head_timeout: `${slow * 500}ms`, body: '64k', connections: 40 },
    config: { tls: { cert: 'cert.pem', key: 'key.pem' } },
  });
  use(ca.certify(['IP:127.0.0.1', 'DNS:first.test']));
  key = await sluice.key();
  await sluice.start();
  await sluice.ready(['s']);
});

after(() => endAll(() => sluice?.remove(), () => server?.close(), () => ca?.remove()));

function use({ files }) {
  copyFileSync(files.key, sluice.path('key.pem'));
  copyFileSync(files.cert, sluice.path('cert.pem'));
}

async function secure(options = {}) {
  const socket = connect({ port: sluice.port, host: '127.0.0.1', ca: ca.pem, ...options });
  await new Promise((done, failed) => socket.once('secureConnect', done).once('error', failed));
  return socket;
}

test('the URL that it prints is one of TLS', () => {
  assert.match(sluice.url, /^https:\/\/127\.0\.0\.1:\d+\/mcp$/);
});

test('official clients of both eras call through it', async () => {
  for (const open of [connectModern, connectLegacy]) {
    const client = await open(sluice.url, key);
    try {
      assert.equal(textOf(await client.callTool({ name: 's__echo', arguments: { text: 'hi' } })), 'hi');
    } finally {
      await client.close();
    }
  }
});

test('the protocol is HTTP/1.1 over TLS 1.2 or newer, and nothing else', async () => {
  const both = await secure({ ALPNProtocols: ['h2', 'http/1.1'] });
  assert.equal(both.alpnProtocol, 'http/1.1');
  both.destroy();
  await assert.rejects(secure({ ALPNProtocols: ['h2'] }), /no application protocol/i);
  const twelve = await secure({ maxVersion: 'TLSv1.2' });
  assert.equal(twelve.getProtocol(), 'TLSv1.2');
  twelve.destroy();
  await assert.rejects(secure({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }));
});

test('pipelined calls are answered in order, and a body over the limit is refused', async () => {
  const connection = new RawConnection(await secure());
  connection.send([0, 1, 2, 3].map((id) => callBytes(key, 's__echo', { text: `t${id}` }, id)).join(''));
  for (const id of [0, 1, 2, 3]) assert.equal(JSON.parse((await connection.response()).body).result.content[0].text, `t${id}`);
  connection.send(bytesOf({ headers: { 'Content-Length': '70000' } }));
  assert.equal((await connection.response()).status, 413);
  await connection.ended();
});

/** How long the peer takes to end this connection, on which `work` goes on. */
async function cutAfter(socket, work = () => {}) {
  const start = Date.now();
  socket.on('error', () => {});
  const timer = setInterval(() => work(socket), 50);
  try {
    await within(10_000, 'the end of the connection', new Promise((done) => socket.once('close', done).resume()));
  } finally {
    clearInterval(timer);
    socket.destroy();
  }
  return Date.now() - start;
}

test('a handshake is cut off with the deadline of a head, whether nothing comes or one byte after the other', async () => {
  const silent = connectPlain(sluice.port, '127.0.0.1');
  assert.ok(await cutAfter(silent) < scaled(2000));
  const dripping = connectPlain(sluice.port, '127.0.0.1');
  const hello = Buffer.concat([Buffer.from([0x16, 3, 1, 0x3f, 0xff]), Buffer.alloc(1000)]);
  let sent = 0;
  assert.ok(await cutAfter(dripping, (socket) => socket.write(hello.subarray(sent, ++sent))) < scaled(2000));
});

test('a head that drips behind a handshake is answered 408', async () => {
  const connection = new RawConnection(await secure());
  connection.send('POST /mcp HTTP/1.1\r\nHost');
  assert.equal((await connection.response()).status, 408);
  await connection.ended();
  connection.close();
});

test('what is no TLS costs its own connection alone', async () => {
  const plain = connectPlain(sluice.port, '127.0.0.1');
  plain.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
  await cutAfter(plain);
  const connection = new RawConnection(await secure());
  connection.send(callBytes(key, 's__echo', { text: 'still here' }));
  assert.equal((await connection.response()).status, 200);
  connection.close();
});

test('connections that shake no hands count, and more than allowed are cut', async () => {
  const idle = Array.from({ length: 45 }, () => connectPlain(sluice.port, '127.0.0.1').on('error', () => {}));
  try {
    await eventually('some are cut at once', () => idle.filter((socket) => socket.resume().destroyed || socket.readableEnded).length >= 5, scaled(400));
  } finally {
    idle.forEach((socket) => socket.destroy());
  }
  await eventually('others come in again', () => secure().then((socket) => (socket.destroy(), true), () => false));
});

test('an end of TLS precedes the end of the connection', async () => {
  const socket = await secure();
  socket.write(bytesOf({ method: 'GET', headers: { Connection: 'close', Authorization: `Bearer ${key}` } }));
  const ended = new Promise((done) => socket.once('end', () => done(true)).once('error', done));
  socket.resume();
  assert.equal(await within(5_000, 'the end', ended), true);
  socket.destroy();
});

test('a certificate that changes is used from then on; one whose key is missing is not', async () => {
  const name = async () => {
    const socket = await secure();
    const { subjectaltname } = socket.getPeerCertificate();
    socket.destroy();
    return subjectaltname;
  };
  assert.match(await name(), /first\.test/);
  const second = ca.certify(['IP:127.0.0.1', 'DNS:second.test']);
  copyFileSync(second.files.cert, sluice.path('cert.pem'));
  await eventually('it says that it keeps the old one', () => sluice.log.includes('certificate_kept') || name().then(() => false));
  assert.match(await name(), /first\.test/);
  copyFileSync(second.files.key, sluice.path('key.pem'));
  utimesSync(sluice.path('key.pem'), new Date(), new Date());
  await eventually('the new one is used', async () => /second\.test/.test(await name()));
});
