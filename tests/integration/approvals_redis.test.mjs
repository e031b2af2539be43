import assert from 'node:assert/strict';
import { userInfo } from 'node:os';
import { test } from 'node:test';
import { endAll } from './support/end_all.mjs';
import { records } from './support/journal.mjs';
import { modernServer } from './support/modern_server.mjs';
import { Redis } from './support/redis.mjs';
import { reload } from './support/reloads.mjs';
import { call } from './support/rpc.mjs';
import { Sluice } from './support/sluice.mjs';
import { eventually, fewer, scaled } from './support/time.mjs';

const policyWith = (wait) => `people: {ann: {login: ["unix:${userInfo().username}"], groups: [ops], may: [approve]}}
agents: {tester: {tenant: acme, roles: [writer]}}
tenants: {acme: {}}
roles:
  writer:
    allow: ["m/*"]
    approve: [{tools: m/count, by: [ops], wait: ${wait}, expires: 1h}]
tools: {m/echo: {effect: read_only}}
`;

/** Three gateways on one Redis before one server; a key is known to all. */
async function withGateways(wait, use, settings = []) {
  const server = await modernServer();
  const redis = await Redis.start(...settings);
  const gateways = [];
  try {
    for (let made = 0; made < 3; ++made) {
      gateways.push(await Sluice.start({ servers: { m: server.url }, policy: policyWith(wait), config: { store: redis.url } }));
    }
    const key = await gateways[0].key();
    for (const gateway of gateways) {
      await eventually('the key is known', async () => (await call(gateway, key, 'm__echo', { text: 'x' })).result !== undefined);
    }
    await use(gateways, key, server, redis);
  } finally {
    await endAll(...gateways.map((gateway) => () => gateway.remove()), () => server.close(), () => redis.remove());
  }
}

async function run(gateway, code, ...args) {
  const result = await gateway.cli(...args);
  assert.equal(result.code, code, `sluice ${args.join(' ')}\n${result.stdout}\n${result.stderr}`);
  return result;
}

const idOf = (answer) => /apr_[0-9A-Z]{8}/.exec(answer.result.content[0].text)[0];

test('a call that waits at one gateway goes on within a second of its approval at another', () =>
  withGateways('60s', async ([a, b], key, server) => {
    const answer = call(a, key, 'm__count', { note: 'please' });
    const { approval } = await eventually('it waits', async () => (await b.json('approvals', 'list')).approvals[0]);
    await run(b, 0, 'approvals', 'approve', approval, '-m', 'go ahead');
    const decided = Date.now();
    assert.equal((await answer).result.content[0].text, '1');
    assert.ok(Date.now() - decided < scaled(1000), `${Date.now() - decided} ms`);
    assert.equal(server.calls.of('count'), 1);
    assert.match((await run(a, 4, 'approvals', 'reject', approval)).stderr, /^ann approved apr_\w+ at /);
  }));

test('asked at one gateway and approved at another, of all that collect it at three gateways exactly one call is made', () =>
  withGateways('0s', async ([a, b, c], key, server) => {
    const id = idOf(await call(a, key, 'm__count', { note: 'race' }));
    assert.equal(idOf(await call(c, key, 'm__count', { note: 'race' })), id);
    await run(b, 0, 'approvals', 'approve', id, '-m', 'once');
    const all = [a, b, c];
    const answers = await Promise.all(Array.from({ length: fewer(1000) }, (_, at) => call(all[at % 3], key, 'm__count', { note: 'race' })));
    assert.equal(answers.filter((answer) => !answer.result.isError).length, 1);
    assert.equal(server.calls.of('count'), 1);
    // The gateway that sent it can explain it.
    const sender = all.find((gateway) => records(gateway, 'intent').length === 1);
    const { stdout } = await run(sender, 0, 'why', id);
    assert.match(stdout, /rule {7}role writer: approve m\/count by ops .*policy\.yaml:7\)[^]*approved by ann \(unix:.*\): once[^]*used by call req_/);
  }));

test('an edit that rules allow no more is told once, and its call is asked about anew', () =>
  withGateways('0s', async ([a, b], key, server) => {
    const id = idOf(await call(a, key, 'm__count', { note: 'x' }));
    await run(b, 0, 'approvals', 'edit', id, '{"note":"z"}');
    b.write('policy.yaml', policyWith('0s').replace('allow: ["m/*"]',
      'allow: ["m/*"]\n    deny: [{tool: m/count, arguments: {required: [note], properties: {note: {const: z}}}}]'));
    await reload(b);
    const told = await call(b, key, 'm__count', { note: 'x' });
    assert.ok(told.error ?? told.result.isError);
    const again = await call(b, key, 'm__count', { note: 'x' });
    assert.notEqual(idOf(again), id);
    assert.match(again.result.content[0].text, /waits for ops/);
    assert.equal(server.calls.of('count'), 0);
  }));

test('a decision outlives the gateways and Redis, and is collected once', () =>
  withGateways('0s', async (gateways, key, server, redis) => {
    const id = idOf(await call(gateways[0], key, 'm__count', { note: 'later' }));
    await run(gateways[1], 0, 'approvals', 'approve', id);
    for (const gateway of gateways) await gateway.kill();
    await redis.kill();
    await redis.run();
    for (const gateway of gateways) {
      await gateway.start();
      await gateway.ready(['m']);
    }
    assert.equal((await call(gateways[2], key, 'm__count', { note: 'later' })).result.content[0].text, '1');
    await redis.kill();
    await redis.run();
    await eventually('it is asked anew', async () => {
      const { result } = await call(gateways[1], key, 'm__count', { note: 'later' });
      return result.content[0].text.startsWith('Approval ') && idOf({ result }) !== id;
    });
    assert.equal(server.calls.of('count'), 1);
  }));

test('while Redis is away nothing is asked and nothing sent', () =>
  withGateways('0s', async ([gateway], key, server, redis) => {
    const id = idOf(await call(gateway, key, 'm__count', { note: 'x' }));
    await run(gateway, 0, 'approvals', 'approve', id);
    await redis.kill();
    const { result } = await call(gateway, key, 'm__count', { note: 'x' });
    assert.equal(result.content[0].text, 'Store unavailable. Nothing was sent or charged.');
    assert.equal(server.calls.of('count'), 0);
    await redis.run();
    await eventually('it is collected', async () => !(await call(gateway, key, 'm__count', { note: 'x' })).result.isError);
    assert.equal(server.calls.of('count'), 1);
  }));

test('a Redis that would not keep what was approved is refused at the start', () =>
  assert.rejects(withGateways('0s', () => {}, ['--appendfsync', 'everysec']),
    /Redis does not keep its word: appendfsync is 'everysec'\. Budgets and approvals need appendonly yes/));
