import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endAll } from './support/end_all.mjs';
import { modelServer } from './support/model_server.mjs';
import { modernServer } from './support/modern_server.mjs';
import { Redis } from './support/redis.mjs';
import { Sluice } from './support/sluice.mjs';
import { eventually, sleep } from './support/time.mjs';

const policy = `
currency: EUR
agents: {worker: {roles: [worker]}}
roles: {worker: {allow: [m/*], limits: [{tools: "*", rate: 10000/min}], budgets: [{name: daily, window: day, money: 5.00}]}}
tools: {"m/echo": {effect: read_only}, "*": {price: 0.01}}
`;
const price = { input: '1.00', output: '2.00', per: '1M' };
const echo = (text) => ({ calls: [{ tool: 'm__echo', args: { text } }] });

/** A gateway whose store is on Redis, and whose agent asks a model that waits for `gate.open` before each answer. */
async function withRedis(answers, use, agent = {}) {
  const server = await modernServer();
  const gate = { open: Promise.resolve() };
  const model = await modelServer(answers, { delay: 0 });
  server.calls.before = () => gate.open;
  const redis = await Redis.start();
  let sluice;
  try {
    sluice = await Sluice.start({
      servers: { m: server.url },
      policy,
      config: {
        store: redis.url,
        store_down: { runs: 'pause', limits: 'deny' },
        runtime: {
          models: { fast: { api: 'openai', base_url: model.url, model: 'test', price } },
          agents: { worker: { model: 'fast', ...agent } },
        },
      },
    });
    await use({ sluice, redis, server, model, gate });
  } finally {
    await endAll(() => sluice?.remove(), () => model.close(), () => server.close(), () => redis.remove());
  }
}

/** What is called waits until this is called. */
function close(gate) {
  let open;
  gate.open = new Promise((done) => { open = done; });
  return open;
}

const start = async (sluice) => (await sluice.cli('run', 'worker', 'Work.', '--detach')).stdout.trim();
const isStatus = (sluice, run, status) => eventually(`${run} is ${status}`, async () => {
  const facts = await sluice.json('runs', 'show', run);
  return facts.status === status ? facts : undefined;
}, 20_000);
const events = async (sluice, run) =>
  (await sluice.cli('runs', 'follow', run, '--json')).stdout.trim().split('\n').map((line) => JSON.parse(line));
const contexts = (list) => list.filter(({ event }) => event === 'asked').map(({ context }) => context);

test('short-term context lies sealed in Redis under its TTL while a run goes on, and is gone when that has ended', () =>
  withRedis([echo('canary-argument'), { text: 'Done.' }], async ({ sluice, redis, server, gate }) => {
    const open = close(gate);
    const run = await start(sluice);
    await eventually('the call arrives', () => server.calls.of('echo') === 1);
    const key = `sluice:context:${run}`;
    const ttl = Number((await redis.command('PTTL', key)).slice(1));
    assert.ok(ttl > 3_500_000 && ttl <= 3_600_000, String(ttl));
    assert.ok(!(await redis.command('GET', key)).includes('canary'));
    open();
    await isStatus(sluice, run, 'done');
    await eventually('it is gone', async () => (await redis.command('EXISTS', key)).startsWith(':0'));
    assert.deepEqual(contexts(await events(sluice, run)), [undefined, undefined]);
  }));

test('a context that Redis loses in the middle of a run is rebuilt from the journal, and the trace says so', () =>
  withRedis([echo('one'), echo('two'), { text: 'Done.' }], async ({ sluice, redis, server, model, gate }) => {
    const open = close(gate);
    const run = await start(sluice);
    await eventually('the call arrives', () => server.calls.of('echo') === 1);
    await redis.command('DEL', `sluice:context:${run}`);
    open();
    await isStatus(sluice, run, 'done');
    assert.deepEqual(contexts(await events(sluice, run)), [undefined, 'rebuilt', undefined]);
    assert.deepEqual(model.questions.at(-1).body.messages.map(({ role }) => role), ['user', 'assistant', 'tool', 'assistant', 'tool']);
  }));

test('while Redis is away runs are paused, and when it is back they go on by themselves', () =>
  withRedis([echo('one'), { calls: [{ tool: 'm__count', args: {} }] }, { text: 'Done.' }], async ({ sluice, redis, server, model, gate }) => {
    const open = close(gate);
    const run = await start(sluice);
    await eventually('the call arrives', () => server.calls.of('echo') === 1);
    await redis.kill();
    open();
    const facts = await isStatus(sluice, run, 'paused');
    assert.deepEqual(facts.waits_for, ['the store, which does not answer']);
    const asked = model.questions.length;
    await sleep(1_000);
    assert.equal(model.questions.length, asked);
    await redis.run();
    const done = await isStatus(sluice, run, 'done');
    assert.equal(done.text, 'Done.');
    assert.equal(server.calls.of('count'), 1);
    const names = (await events(sluice, run)).map(({ event }) => event);
    assert.ok(names.includes('store_lost') && names.includes('store_back') && !names.includes('ask_failed'), names.join());
    await eventually('nothing is held', async () => Number((await sluice.json('budgets')).budgets[0].held) === 0);
  }));

test('a run on Redis goes on after kill -9, and what the dead gateway left there is not taken for all that was said', () =>
  withRedis([echo('one'), { calls: [{ tool: 'm__count', args: {} }] }, { text: 'Done.' }], async ({ sluice, server, gate }) => {
    const open = close(gate);
    const run = await start(sluice);
    await eventually('the call arrives', () => server.calls.of('echo') === 1);
    await sluice.kill();
    open();
    await sluice.start();
    await isStatus(sluice, run, 'done');
    assert.equal(server.calls.of('count'), 1);
  }));
