import assert from 'node:assert/strict';
import { copyFileSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect as connectSecure } from 'node:tls';
import { after, before, test } from 'node:test';
import { Authority } from './support/certificates.mjs';
import { endAll } from './support/end_all.mjs';
import { records } from './support/journal.mjs';
import { modernServer } from './support/modern_server.mjs';
import { RawConnection } from './support/raw_http.mjs';
import { call } from './support/rpc.mjs';
import { Sluice } from './support/sluice.mjs';
import { eventually, scaled } from './support/time.mjs';

const policy = `people:
  ann: {groups: [ops], may: [approve]}
  joe: {groups: [ops]}
agents: {tester: {roles: [writer]}}
roles:
  writer:
    allow: ["m/*"]
    approve: [{tools: m/count, by: [ops], wait: 0s, expires: 1h}]
tools: {m/echo: {effect: read_only}}
`;

let server, sluice, key, ann, joe;

const adminPort = (gateway) => eventually('the admin listener', () => gateway.logLines().findLast((line) => line.event === 'admin')?.port);
const bearer = (token) => ({ Authorization: `Bearer ${token}` });
const idOf = (token) => token.split('_')[1];

async function personKey(gateway, name, ...more) {
  const { code, stdout, stderr } = await gateway.cli('key', 'create', '--person', name, ...more);
  assert.equal(code, 0, stderr);
  return stdout.trim();
}

before(async () => {
  server = await modernServer();
  sluice = await Sluice.start({ servers: { m: server.url }, policy, config: { admin: '127.0.0.1:0' }, limits: { body: '64k' } });
  sluice.admin = `http://127.0.0.1:${await adminPort(sluice)}`;
  key = await sluice.key();
  ann = await personKey(sluice, 'ann');
  joe = await personKey(sluice, 'joe');
});

after(() => endAll(() => sluice?.remove(), () => server?.close()));

/** A request to the admin listener, on TCP or with `socketPath` on the socket. */
function ask(method, path, { headers = {}, body, socketPath } = {}) {
  return new Promise((done, failed) => {
    const where = socketPath ? { socketPath } : { host: '127.0.0.1', port: new URL(sluice.admin).port };
    const asked = request({ ...where, method, path, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece) => (text += piece));
      response.on('end', () => done({ status: response.statusCode, headers: response.headers, text }));
    });
    asked.on('error', failed).end(body);
  });
}

/** Runs a command as a person elsewhere would: without a configuration, with a key. */
async function as(token, code, ...args) {
  const remote = Object.assign(Object.create(Sluice.prototype), { directory: '/nowhere', env: { ...process.env, SLUICE_TOKEN: token } });
  const result = await remote.cli(...args, '--admin', sluice.admin);
  assert.equal(result.code, code, `sluice ${args.join(' ')}\n${result.stdout}\n${result.stderr}`);
  return result;
}

const pending = async (note) => /apr_[0-9A-Z]{8}/.exec((await call(sluice, key, 'm__count', { note })).result.content[0].text)[0];

test('a person approves from elsewhere, and name and key are in the record', async () => {
  const id = await pending('remote');
  assert.match((await as(ann, 0, 'approvals', 'list')).stdout, new RegExp(id));
  assert.match((await as(joe, 4, 'approvals', 'approve', id)).stderr, /^joe \(key \w{12}\) may not do this: it needs the right to approve\./);
  await as(ann, 0, 'approvals', 'approve', id, '-m', 'from home');
  assert.equal((await call(sluice, key, 'm__count', { note: 'remote' })).result.content[0].text, '1');
  const vote = records(sluice, 'approval').find((record) => record.key === id && record.body.event === 'vote').body;
  assert.deepEqual([vote.person, vote.login], ['ann', `key ${idOf(ann)}`]);
});

test('every route that the documentation describes refuses every wrong credential, on both listeners', async () => {
  const { paths } = JSON.parse(readFileSync(new URL('../../docs/openapi.json', import.meta.url)));
  const revoked = await personKey(sluice, 'ann');
  assert.equal((await ask('GET', '/v1/tools', { headers: bearer(revoked) })).status, 200);
  await sluice.cli('key', 'revoke', idOf(revoked));
  await eventually('the revocation holds', async () => (await ask('GET', '/v1/tools', { headers: bearer(revoked) })).status !== 200, scaled(1000));
  const wrong = { none: {}, unknown: bearer(`sl_${'0'.repeat(12)}_${'x'.repeat(43)}`), revoked: bearer(revoked), agent: bearer(key) };
  let routes = 0;
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, { 'x-right': right }] of Object.entries(methods)) {
      const asked = [method.toUpperCase(), path.replace('{id}', 'apr_X')];
      for (const [name, headers] of Object.entries(wrong)) {
        const { status } = await ask(...asked, { headers, body: '{not json' });
        assert.ok(status === 401 || (status === 429 && name !== 'none'), `${asked}: ${status} for ${name}`);
      }
      assert.equal((await ask(...asked, { headers: bearer(joe) })).status === 403, right !== 'read', `${asked} for joe`);
      // On the socket no key counts: the gateway's own user, who decides nothing, gains nothing by one.
      const { status } = await ask(...asked, { headers: bearer(ann), socketPath: sluice.path('sluice.sock'), body: '{}' });
      if (right === 'approve') assert.equal(status, 403, `${asked} on the socket`);
      routes += 1;
    }
  }
  assert.ok(routes >= 20);
});

test('a person\'s key opens nothing for clients, and a rotated or revoked one nothing at all', async () => {
  const at = (token) => fetch(sluice.url, { method: 'PUT', headers: bearer(token) }).then(({ status }) => status);
  assert.deepEqual([await at(key), await at(ann)], [405, 401]);
  const old = await personKey(sluice, 'ann');
  const { stdout } = await sluice.cli('key', 'rotate', idOf(old), '--overlap', '0');
  const fresh = stdout.trim();
  await eventually('the new key is known', async () => (await ask('GET', '/v1/tools', { headers: bearer(fresh) })).status === 200);
  await eventually('the old one is not', async () => [401, 429].includes((await ask('GET', '/v1/tools', { headers: bearer(old) })).status), scaled(1000));
  const { keys } = await sluice.json('key', 'list');
  const listed = keys.find((one) => one.id === idOf(fresh));
  assert.equal(listed.person, 'ann');
  assert.equal(listed.agent, undefined);
  assert.match((await sluice.cli('key', 'list')).stdout, new RegExp(`${idOf(fresh)}  person ann  valid until`));
});

test('keys are made for people whom the policy names', async () => {
  const wrong = await sluice.cli('key', 'create', '--person', 'an');
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /The policy names no person an; did you mean ann\?/);
  for (const both of [['key', 'create'], ['key', 'create', 'tester', '--person', 'ann']]) {
    assert.equal((await sluice.cli(...both)).code, 2);
  }
});

test('a person who leaves the policy has no way in', async () => {
  assert.equal((await ask('GET', '/v1/tools', { headers: bearer(joe) })).status, 200);
  sluice.write('policy.yaml', policy.replace(/ {2}joe.*\n/, ''));
  await eventually('the policy is taken up', async () => [401, 429].includes((await ask('GET', '/v1/tools', { headers: bearer(joe) })).status));
  sluice.write('policy.yaml', policy);
  await eventually('the policy is back', async () => (await ask('GET', '/v1/tools', { headers: bearer(joe) })).status === 200);
});

test('the bounds of the clients\' listener hold for people', async () => {
  for (const headers of [{ Host: 'evil.example' }, { Origin: 'http://evil.example' }]) {
    assert.equal((await ask('GET', '/v1/tools', { headers: { ...bearer(ann), ...headers } })).status, 403);
  }
  assert.equal((await ask('POST', '/v1/call', { headers: bearer(ann), body: 'x'.repeat(70_000) })).status, 413);
  assert.equal((await ask('GET', '/v1/tools', { headers: { ...bearer(ann), 'X-Long': 'x'.repeat(20_000) } })).status, 431);
  const raw = await RawConnection.open(Number(new URL(sluice.admin).port));
  raw.send(`POST /v1/call HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}`);
  assert.equal((await raw.response()).status, 400);
});

test('a command tells what is wrong with --admin, and never sends a key in the clear to others', async () => {
  const run = async (code, says, url, env, ...args) => {
    const remote = Object.assign(Object.create(Sluice.prototype), { directory: '/nowhere', env: { ...process.env, ...env } });
    const result = await remote.cli(...args, '--admin', url);
    assert.equal(result.code, code, result.stderr);
    assert.match(result.stderr, says);
  };
  const token = { SLUICE_TOKEN: ann };
  await run(2, /a key must not cross a network in the clear/, 'http://gw.example:9443', token, 'tools', 'list');
  await run(2, /expected http:\/\/HOST:PORT/, 'gw.example:9443', token, 'tools', 'list');
  await run(2, /SLUICE_TOKEN must hold your key/, sluice.admin, { SLUICE_TOKEN: '' }, 'tools', 'list');
  await run(2, /works on the files of this machine/, sluice.admin, token, 'check');
  await run(3, /No gateway answers on http:\/\/127\.0\.0\.1:1: /, 'http://127.0.0.1:1', token, 'tools', 'list');
  await run(1, /The key is not valid here: it must be a person's\.|Too many keys/, sluice.admin, { SLUICE_TOKEN: key }, 'tools', 'list');
});

test('over a network it speaks TLS alone, with the gateway\'s certificate', async () => {
  const ca = new Authority();
  const secure = new Sluice({ servers: { m: server.url }, policy,
    config: { admin: '0.0.0.0:0', hosts: ['gw.test'], tls: { cert: 'cert.pem', key: 'key.pem' } } });
  try {
    const use = ({ files }) => {
      copyFileSync(files.key, secure.path('key.pem'));
      copyFileSync(files.cert, secure.path('cert.pem'));
    };
    use(ca.certify(['IP:127.0.0.1', 'DNS:gw.test']));
    await secure.start();
    const port = await adminPort(secure);
    const token = await personKey(secure, 'ann');
    const remote = Object.assign(Object.create(Sluice.prototype), { directory: '/nowhere',
      env: { ...process.env, SLUICE_TOKEN: token, SSL_CERT_FILE: ca.file } });
    await eventually('m is listed', async () => /m\/count/.test((await remote.cli('tools', 'list', '--admin', `https://127.0.0.1:${port}`)).stdout));
    remote.env.SSL_CERT_FILE = '/dev/null';
    const distrusted = await remote.cli('tools', 'list', '--admin', `https://127.0.0.1:${port}`);
    assert.equal(distrusted.code, 3);
    const socket = connectSecure({ port, host: '127.0.0.1', ca: ca.pem });
    await new Promise((done, failed) => socket.once('secureConnect', done).once('error', failed));
    socket.destroy();
    await assert.rejects(fetch(`http://127.0.0.1:${port}/v1/tools`, { headers: bearer(token) }));
    use(ca.certify(['DNS:gw.test'])); // of another name than the one that is asked
    remote.env.SSL_CERT_FILE = ca.file;
    await eventually('the certificate is not taken', async () => (await remote.cli('tools', 'list', '--admin', `https://127.0.0.1:${port}`)).code === 3);
  } finally {
    await endAll(() => secure.remove(), () => ca.remove());
  }
});

test('strangers who try many keys are held up, and people are not', async () => {
  const tries = Array.from({ length: 60 }, (_, at) => ask('GET', '/v1/tools', { headers: bearer(`sl_${String(at).padStart(12, '0')}_${'x'.repeat(43)}`) }));
  const answers = await Promise.all([...tries, ask('GET', '/v1/tools', { headers: bearer(ann) })]);
  assert.equal(answers.at(-1).status, 200);
  const held = answers.filter(({ status }) => status === 429);
  assert.ok(held.length >= 20);
  assert.equal(held[0].headers['retry-after'], '1');
});
