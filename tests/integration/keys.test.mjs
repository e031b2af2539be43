import assert from 'node:assert/strict';
import { test } from 'node:test';
import { upstream } from './support/budget.mjs';
import { endAll } from './support/end_all.mjs';
import { Redis } from './support/redis.mjs';
import { call } from './support/rpc.mjs';
import { Sluice } from './support/sluice.mjs';
import { eventually, scaled } from './support/time.mjs';

/** Gateways on one store before one server. */
async function withGateways({ count = 1, redis: onRedis = false, config = {} }, use) {
  const server = await upstream();
  const redis = onRedis ? await Redis.start() : undefined;
  const gateways = [];
  try {
    for (let made = 0; made < count; ++made) {
      gateways.push(await Sluice.start({ servers: { m: server.url }, config: { ...(redis ? { store: redis.url } : {}), ...config } }));
    }
    await use(gateways, redis, server);
  } finally {
    await endAll(...gateways.map((gateway) => () => gateway.remove()), () => server.close(), () => redis?.remove());
  }
}

const status = async (gateway, key) => (await fetch(gateway.url, { method: 'PUT', headers: { Authorization: `Bearer ${key}` } })).status;
const known = 405, unknown = 401, away = 503;

async function make(gateway, ...command) {
  const { code, stdout, stderr } = await gateway.cli('key', ...command);
  assert.equal(code, 0, stderr);
  return stdout.trim();
}
const idOf = (key) => key.split('_')[1];

for (const redis of [false, true]) {
  const store = redis ? 'Redis' : 'SQLite';
  test(`on ${store} a new key is known at once, a revoked one within a second, a rotated one for the overlap`, () =>
    withGateways({ redis }, async ([gateway]) => {
      let key;
      for (let made = 0; made < 5; ++made) {
        key = await make(gateway, 'create', 'tester');
        assert.equal(await status(gateway, key), known);
      }
      const fresh = await make(gateway, 'rotate', idOf(key));
      assert.deepEqual([await status(gateway, key), await status(gateway, fresh)], [known, known]);
      const next = await make(gateway, 'rotate', idOf(fresh), '--overlap', '0');
      assert.equal(await status(gateway, next), known);
      await eventually('the old key is valid no more', async () => (await status(gateway, fresh)) === unknown, scaled(1000));
      await make(gateway, 'revoke', idOf(next));
      await eventually('the revocation holds', async () => (await status(gateway, next)) === unknown, scaled(1000));
      assert.equal((await gateway.json('key', 'list')).keys.length, 7);
    }));
}

test('gateways on one Redis know the same keys', () =>
  withGateways({ count: 3, redis: true }, async (gateways) => {
    const key = await make(gateways[0], 'create', 'tester');
    for (const gateway of gateways) assert.equal(await status(gateway, key), known);
    await make(gateways[1], 'revoke', idOf(key));
    for (const gateway of gateways) await eventually('the revocation holds', async () => (await status(gateway, key)) === unknown, scaled(1000));
  }));

test('strangers who try keys wait for few looks at the store, and a known key for none', () =>
  withGateways({}, async ([gateway]) => {
    const key = await make(gateway, 'create', 'tester');
    const stranger = (at) => `sl_${String(at).padStart(12, '0')}_${'x'.repeat(43)}`;
    const begin = Date.now();
    const answers = Promise.all(Array.from({ length: 300 }, (_, at) => status(gateway, stranger(at))));
    assert.equal(await status(gateway, key), known);
    assert.ok((await answers).every((answer) => answer === unknown));
    assert.ok(Date.now() - begin < scaled(3000));
  }));

test('while Redis is away keys that were read stay valid, and calls go on', () =>
  withGateways({ redis: true }, async ([gateway], redis, server) => {
    const key = await gateway.key();
    await redis.kill();
    const { result } = await call(gateway, key, 'm__echo', { text: 'x' });
    assert.equal(result.content[0].text, 'done');
    assert.equal(server.state.calls, 1);
    assert.equal(await status(gateway, `sl_${'0'.repeat(12)}_${'x'.repeat(43)}`), unknown);
    const { code, stderr } = await gateway.cli('key', 'create', 'tester');
    assert.equal(code, 1);
    assert.match(stderr, /The store does not answer/);
  }));

for (const keys of ['cached 1s', 'deny']) test(`when Redis is away for longer than store_down: {keys: ${keys}} allows, keys cannot be checked; it recovers by itself`, () =>
  withGateways({ redis: true, config: { store_down: { keys } } }, async ([gateway], redis) => {
    const key = await gateway.key();
    for (const end = Date.now() + 600; Date.now() < end;) assert.equal(await status(gateway, key), known);
    await redis.kill();
    await eventually('keys count no more', async () => (await status(gateway, key)) === away, scaled(3000));
    const { status: without } = await fetch(gateway.url, { method: 'PUT' });
    assert.equal(without, unknown);
    await gateway.stop();
    await gateway.start(); // without a store it starts as well
    assert.equal(await status(gateway, key), away);
    await redis.run();
    await eventually('the key is known again', async () => (await status(gateway, key)) === known);
  }));
