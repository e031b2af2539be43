import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createServer } from 'node:net';
import { Authority } from './support/certificates.mjs';
import { endAll } from './support/end_all.mjs';
import { echoServer, plainServer, textResult } from './support/plain_server.mjs';
import { call } from './support/rpc.mjs';
import { Sluice } from './support/sluice.mjs';
import { eventually, scaled, slow } from './support/time.mjs';

let ca, others, sluice, key;
const servers = {};
const names = [];
const seconds = (count) => `${count * slow}s`;

const text = async (name, said = 'hi') => (await call(sluice, key, `${name}__echo`, { text: said })).result?.content[0].text;
const status = async (name) => (await sluice.json('servers', 'status')).servers.find(({ server }) => server === name);

before(async () => {
  ca = new Authority();
  others = new Authority();
  const good = ca.certify(['IP:127.0.0.1', 'DNS:localhost']);
  servers.good = await echoServer({ tls: good });
  servers.named = await echoServer({ tls: { ...good, SNICallback: (name, done) => (names.push(name), done(null)) } });
  servers.stranger = await echoServer({ tls: others.certify(['IP:127.0.0.1']) });
  servers.other_host = await echoServer({ tls: ca.certify(['IP:127.0.0.1', 'DNS:elsewhere.test']) });
  servers.expired = await echoServer({ tls: ca.certify(['IP:127.0.0.1'], { days: 0 }) });
  servers.old = await echoServer({ tls: { ...good, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } });
  servers.plain = await echoServer();
  servers.cut = await plainServer(({ res }) => {
    res.writeHead(200, { 'Content-Type': 'application/json' });
    res.write('{"jsonrpc":"2.0","id":1,');
    res.socket.destroy();
  }, { tools: ['echo'], tls: good });
  servers.large = await plainServer(({ answer }) => answer(textResult('x'.repeat(1 << 20))), { tls: good });
  const silent = createServer(() => {}).listen(0, '127.0.0.1');
  await new Promise((done) => silent.once('listening', done));
  servers.silent = { url: `https://127.0.0.1:${silent.address().port}/mcp`, close: () => silent.close() };
  const entry = (url) => ({ url, ca: ca.file, start_timeout: seconds(2), timeout: seconds(5) });
  const by = Object.fromEntries(Object.entries(servers).map(([name, { url }]) => [name, entry(url)]));
  by.named.url = servers.named.url.replace('127.0.0.1', 'localhost');
  by.other_host.url = servers.other_host.url.replace('127.0.0.1', 'localhost');
  by.plain.url = servers.plain.url.replace('http:', 'https:');
  sluice = await Sluice.start({ servers: by, ready: ['good', 'named', 'cut', 'large'] });
  key = await sluice.key();
});

after(() => endAll(() => sluice?.remove(), ...Object.values(servers).map((server) => () => server.close()),
  () => ca?.remove(), () => others?.remove()));

test('calls go to a server over TLS, again and again on one connection', async () => {
  for (let i = 0; i < 20; ++i) assert.equal(await text('good', `call ${i}`), `call ${i}`);
  assert.ok(servers.good.sockets.size <= 4);
});

test('an answer of a mebibyte comes through', async () => {
  assert.equal((await text('large')).length, 1 << 20);
});

test('the server is told the name it is asked for, which its certificate must have', async () => {
  assert.equal(await text('named'), 'hi');
  assert.ok(names.length > 0 && names.every((name) => name === 'localhost'), names.join());
});

for (const [name, reason] of Object.entries({
  stranger: /unable to get local issuer|self-signed/,
  other_host: /hostname mismatch/,
  expired: /expired/,
  old: /protocol version|unsupported protocol|alert/,
  plain: /wrong version number|record/,
  silent: /handshake took too long/,
})) {
  test(`nothing is sent to a server over TLS that is "${name}"`, async () => {
    const { state, reason: said } = await eventually('it is down', async () => {
      const now = await status(name);
      return now.state === 'down' && now;
    }, 15_000);
    assert.equal(state, 'down');
    assert.match(said, reason);
    assert.match(said, /TLS handshake/);
    assert.equal(servers[name].state?.calls ?? 0, 0);
  });
}

test('an answer that is cut off without an end of TLS is no answer', async () => {
  const said = await text('cut');
  assert.match(said, /Server cut failed/);
  assert.match(said, /may have been carried out/);
});

test('the authorities of the system are those that SSL_CERT_FILE names', async () => {
  for (const [file, state] of [[ca.file, 'ready'], [others.file, 'down']]) {
    const other = await Sluice.start({ servers: { good: servers.good.url }, ready: [], env: { SSL_CERT_FILE: file } });
    try {
      await other.serverIs('good', state);
    } finally {
      await other.remove();
    }
  }
});

test('a server that never shakes hands delays no call to others', async () => {
  const start = Date.now();
  assert.equal(await text('good'), 'hi');
  assert.ok(Date.now() - start < scaled(1000));
});
