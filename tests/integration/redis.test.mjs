import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRefusal, exhaust, policy, upstream } from './support/budget.mjs';
import { endAll } from './support/end_all.mjs';
import { Redis } from './support/redis.mjs';
import { RedisGate } from './support/redis_gate.mjs';
import { reload } from './support/reloads.mjs';
import { call } from './support/rpc.mjs';
import { Sluice } from './support/sluice.mjs';
import { eventually, scaled, sleep, slow } from './support/time.mjs';

const budget = 1000;
const daily = `budgets: [{name: daily, per: role, window: day, calls: ${budget}}]`;

/** Gateways on one Redis before one server. */
async function withGateways(count, { quotas = daily, effect = 'read_only', config = {}, settings = [], gated = false }, use) {
  const server = await upstream();
  const redis = await Redis.start(...settings);
  const gate = gated ? await RedisGate.before(redis) : undefined;
  const store = (gate ?? redis).url;
  const gateways = [];
  try {
    for (let made = 0; made < count; ++made) {
      gateways.push(await Sluice.start({ servers: { m: server.url }, policy: policy(effect, quotas), config: { store, ...config } }));
    }
    const keys = await Promise.all(gateways.map((gateway) => gateway.key()));
    await use(gateways, keys, server, gate ?? redis);
  } finally {
    await endAll(...gateways.map((gateway) => () => gateway.remove()), () => server.close(), () => gate?.close(), () => redis.remove());
  }
}

test(`three gateways on one Redis: of a budget of ${budget} calls exactly ${budget} reach the server`, () =>
  withGateways(3, {}, async (gateways, keys, server) => {
    const refusals = await Promise.all(gateways.map((gateway, at) => exhaust(gateway, keys[at], { clients: at === 0 ? 22 : 21 })));
    for (const refusal of refusals) assert.match(refusal.result.content[0].text, /^Budget writer\/daily: 1000 of 1000 calls used\./);
    assert.equal(server.state.calls, budget);
    const [row] = (await gateways[1].json('budgets')).budgets;
    assert.equal(row.used, budget);
    await eventually('all holds are settled', async () => (await gateways[0].json('budgets')).budgets[0].settled === budget);
  }));

test('gateways that are killed every second: no more than the budget reaches the server', { timeout: 240_000 * slow }, () =>
  withGateways(3, {}, async (gateways, keys, server) => {
    let done = false;
    server.state.pace = 20;
    const killer = (async () => {
      for (let turn = 0; !done && turn < 6; ++turn) {
        await sleep(scaled(500));
        const gateway = gateways[turn % 3];
        const { port } = gateway;
        await gateway.kill();
        gateway.write('sluice.yaml', { ...gateway.config, listen: `127.0.0.1:${port}` });
        await gateway.start();
      }
    })();
    await Promise.all(gateways.map((gateway, at) => exhaust(gateway, keys[at], { clients: 4 })));
    done = true;
    await killer;
    assert.ok(server.state.calls <= budget, `${server.state.calls} calls`);
    const [row] = (await gateways[0].json('budgets')).budgets;
    assert.equal(row.settled + row.unknown + row.held, budget);
    assert.ok(row.unknown + row.held <= 6 * 4, JSON.stringify(row)); // what was in flight in what was killed
  }));

test('while Redis is away budgets are refused, nothing is sent, and it recovers by itself', () =>
  withGateways(1, {}, async ([gateway], [key], server, redis) => {
    await call(gateway, key, 'm__echo', { text: 'x' });
    assert.equal(server.state.calls, 1);
    await redis.kill();
    for (let attempt = 0; attempt < 3; ++attempt) {
      const { result } = await call(gateway, key, 'm__echo', { text: 'x' });
      assert.equal(result.content[0].text, 'Store unavailable. Nothing was sent or charged.');
      assert.equal(result.isError, true);
    }
    assert.equal(server.state.calls, 1);
    await redis.run();
    await eventually('a call goes through again', async () => !(await call(gateway, key, 'm__echo', { text: 'x' })).result.isError);
  }));

for (const [limits, refused] of [['local', false], ['deny', true]]) {
  test(`while Redis is away limits are decided by store_down: ${limits}`, () =>
    withGateways(1, { quotas: 'limits: [{rate: 2/day}]', config: { store_down: { limits } } }, async ([gateway], [key], server, redis) => {
      await redis.kill();
      const { result } = await call(gateway, key, 'm__echo', { text: 'x' });
      assert.equal(result.content[0].text, refused ? 'Store unavailable. Nothing was sent or charged.' : 'done');
      assert.equal(server.state.calls, refused ? 0 : 1);
      if (refused) return;
      await call(gateway, key, 'm__echo', { text: 'x' });
      assert.match((await call(gateway, key, 'm__echo', { text: 'x' })).result.content[0].text, /^Limit writer\/\*: 2 calls per day used\./);
      assert.ok(!isRefusal(await call(gateway, key, 'm__echo', { text: 'x' })));
    }));
}

const refusals = [
  ['LOADING Redis is loading the dataset in memory', ['SELECT', 'CONFIG']],
  ['BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.', []],
  ["OOM command not allowed when used memory > 'maxmemory'.", ['SELECT', 'CONFIG', 'HGET', 'HGETALL', 'SMEMBERS']],
];
for (const [error, passes] of refusals) {
  const name = error.split(' ')[0];
  const told = async (gateway, key) => (await call(gateway, key, 'm__echo', { text: 'x' })).result.content[0].text;
  test(`a Redis that answers ${name} is away: budgets are refused, and it recovers by itself`, () =>
    withGateways(1, { gated: true }, async ([gateway], [key], server, gate) => {
      assert.equal(await told(gateway, key), 'done');
      gate.refuse(error, passes);
      for (let attempt = 0; attempt < 3; ++attempt) {
        assert.equal(await told(gateway, key), 'Store unavailable. Nothing was sent or charged.');
      }
      assert.equal(server.state.calls, 1);
      assert.ok(gate.refused > 0);
      gate.refuse(undefined);
      await eventually('a call goes through again', async () => (await told(gateway, key)) === 'done');
      await eventually('all of it is settled', async () => {
        const [row] = (await gateway.json('budgets')).budgets;
        return row.used === server.state.calls && row.settled === row.used;
      });
    }));
  test(`a Redis that answers ${name} is away: limits are local`, () =>
    withGateways(1, { quotas: 'limits: [{rate: 2/day}]', gated: true }, async ([gateway], [key], _, gate) => {
      gate.refuse(error, passes);
      for (const text of ['done', 'done', 'Limit writer/*: 2 calls per day used.']) assert.ok((await told(gateway, key)).startsWith(text));
      assert.ok(gate.refused > 0);
      gate.refuse(undefined);
      await eventually('Redis decides again', async () => (await told(gateway, key)) === 'done');
    }));
}

test('store_down is taken up while Redis is away', () =>
  withGateways(1, { quotas: 'limits: [{rate: 1000000/s}]' }, async ([gateway], [key], server, redis) => {
    const status = async () => (await fetch(gateway.url, { method: 'PUT', headers: { Authorization: `Bearer ${key}` } })).status;
    await redis.kill();
    const { result } = await call(gateway, key, 'm__echo', { text: 'x' });
    assert.equal(result.content[0].text, 'done');
    gateway.write('sluice.yaml', { ...gateway.config, store_down: { limits: 'deny' } });
    await reload(gateway);
    const { result: denied } = await call(gateway, key, 'm__echo', { text: 'x' });
    assert.equal(denied.content[0].text, 'Store unavailable. Nothing was sent or charged.');
    assert.equal(server.state.calls, 1);
    gateway.write('sluice.yaml', { ...gateway.config, store_down: { keys: 'deny' } });
    await reload(gateway);
    await eventually('keys count no more', async () => (await status()) === 503, scaled(3000));
  }));

test('a Redis that is killed every second: no more than the budget reaches the server', { timeout: 240_000 * slow }, () =>
  withGateways(3, {}, async (gateways, keys, server, redis) => {
    let done = false;
    server.state.pace = 20;
    const killer = (async () => {
      for (let turn = 0; !done && turn < 5; ++turn) {
        await sleep(scaled(400));
        await redis.kill();
        await redis.run();
      }
    })();
    await Promise.all(gateways.map((gateway, at) => exhaust(gateway, keys[at], { clients: 6 })));
    done = true;
    await killer;
    assert.ok(server.state.calls <= budget, `${server.state.calls} calls`);
    const used = async () => (await gateways[0].json('budgets')).budgets[0];
    await eventually('all holds are settled', async () => (await used()).held === 0);
    const row = await used();
    assert.equal(row.settled + row.unknown, budget);
    assert.ok(row.settled >= server.state.calls - row.unknown, JSON.stringify(row));
  }));

test('a Redis that lost its data is not read as zero until somebody accepts that', () =>
  withGateways(2, {}, async (gateways, [...keys], server, redis) => {
    const [gateway] = gateways;
    await call(gateway, keys[0], 'm__echo', { text: 'x' });
    await call(gateways[1], keys[1], 'm__echo', { text: 'x' });
    await redis.command('FLUSHALL');
    keys = await Promise.all(gateways.map((each) => each.key())); // they are gone as well
    assert.equal((await call(gateway, keys[0], 'm__echo', { text: 'x' })).result.content[0].text, 'Store unavailable. Nothing was sent or charged.');
    assert.equal(server.state.calls, 2);
    await gateway.stop();
    await gateway.start();
    await gateway.ready(['m']);
    assert.equal((await call(gateway, keys[0], 'm__echo', { text: 'x' })).result.isError, true);
    const { code, stderr } = await gateway.cli('budgets');
    assert.equal(code, 1);
    assert.match(stderr, /it lost its data, or it is another Redis.*sluice budgets --accept-loss/);
    assert.equal((await gateway.cli('budgets', '--accept-loss')).stdout, 'Budgets count on with what the store holds now.\n');
    for (const at of [0, 1]) {
      await eventually('calls go through again', async () => !(await call(gateways[at], keys[at], 'm__echo', { text: 'x' })).result.isError);
    }
  }));

test('a Redis that would not keep budgets is refused at the start', () =>
  assert.rejects(withGateways(1, { settings: ['--appendfsync', 'everysec'] }, () => {}),
    /Redis does not keep its word: appendfsync is 'everysec'\. Budgets and approvals need appendonly yes, appendfsync always and maxmemory-policy noeviction\./));
