// Tools that take an idempotency key: the gateway makes it, and repeats a lost call with the same one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endAll } from './support/end_all.mjs';
import { records } from './support/journal.mjs';
import { modelServer } from './support/model_server.mjs';
import { plainServer, textResult } from './support/plain_server.mjs';
import { ask, call, listedTools } from './support/rpc.mjs';
import { Sluice } from './support/sluice.mjs';
import { eventually } from './support/time.mjs';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const refund = {
  name: 'refund',
  inputSchema: {
    type: 'object',
    properties: { amount: { type: 'number' }, key: { type: 'string', format: 'uuid' } },
    required: ['amount', 'key'],
    additionalProperties: false,
  },
};
const numbered = {
  name: 'numbered',
  inputSchema: { type: 'object', properties: { key: { type: 'integer' } }, required: ['key'] },
};
const bare = { name: 'bare', inputSchema: { type: 'object', properties: { amount: { type: 'number' } } } };

const policy = `
currency: EUR
agents: {tester: {roles: [all]}, worker: {roles: [all]}, boss: {roles: [boss]}}
roles: {all: {allow: ["*"], budgets: [{name: daily, window: day, money: 100}]}, boss: {start: [worker]}}
tools: {"pay/*": {effect: keyed, key_argument: key, price: 1}}
`;

/**
 * A payment server that carries out each key once. `mishap(times)` is asked before the answer to the call that comes as
 * the `times`-th (from 1), and may do with its socket what it likes; it returns whether there is an answer.
 */
async function paymentServer(mishap = () => true) {
  const seen = [], paid = new Map();
  const server = await plainServer(async ({ asked, socket, res, answer }) => {
    const args = asked.params.arguments;
    seen.push(args);
    if (!paid.has(args.key)) paid.set(args.key, `refund ${paid.size + 1} of ${args.amount}`);
    if (await mishap(seen.length, { socket, res })) answer(textResult(paid.get(args.key)));
  }, { tools: [refund, numbered, bare] });
  return Object.assign(server, { seen, paid });
}

const cut = (last) => (times, { socket }) => {
  if (times > last) return true;
  socket.destroy();
  return false;
};

async function withSluice(mishap, use, options = {}) {
  const server = await paymentServer(mishap);
  let sluice;
  try {
    sluice = new Sluice({ servers: { pay: server.url }, policy, ...options });
    for (const [name, content] of Object.entries(options.files ?? {})) sluice.write(name, content);
    await sluice.start();
    await sluice.ready(['pay']);
    await use(sluice, server);
  } finally {
    await endAll(() => sluice?.remove(), () => server.close());
  }
}

const said = (answer) => answer.result?.content?.[0]?.text ?? answer.text;

test('a keyed call whose answer is lost comes twice with one key, and happens once', () =>
  withSluice(cut(1), async (sluice, server) => {
    const key = await sluice.key();
    assert.equal(said(await call(sluice, key, 'pay__refund', { amount: 5 })), 'refund 1 of 5');
    assert.equal(server.seen.length, 2);
    assert.match(server.seen[0].key, uuid);
    assert.deepEqual(server.seen[1], server.seen[0]);
    assert.equal(server.paid.size, 1);
    const [intent, ...more] = records(sluice, 'intent');
    assert.deepEqual([intent.body.effect, intent.body.key, more], ['keyed', server.seen[0].key, []]);
    assert.equal(records(sluice, 'outcome')[0].body.kind, 'answered');
    assert.match((await sluice.cli('why', intent.body.request)).stdout, new RegExp(`^ +key +${intent.body.key}$`, 'm'));
  }));

test('two equal calls have two keys', () =>
  withSluice(cut(0), async (sluice, server) => {
    const key = await sluice.key();
    for (const number of [1, 2]) {
      assert.equal(said(await call(sluice, key, 'pay__refund', { amount: 5 })), `refund ${number} of 5`);
    }
    assert.equal(server.paid.size, 2);
  }));

test('a keyed call that is lost twice is not sent a third time, and its outcome is unknown', () =>
  withSluice(cut(2), async (sluice, server) => {
    const answer = said(await call(sluice, await sluice.key(), 'pay__refund', { amount: 5 }));
    assert.match(answer, /^Server pay failed: .* The call may have been carried out\.$/);
    assert.equal(server.seen.length, 2);
    assert.equal(server.paid.size, 1);
    assert.equal(records(sluice, 'outcome')[0].body.kind, 'unknown');
  }));

test('when the server is gone after a keyed call was lost, nobody is told that nothing was sent', async () => {
  let gone;
  await withSluice((times, { socket }) => {
    gone();
    socket.destroy();
    return false;
  }, async (sluice, server) => {
    gone = () => server.close();
    const key = await sluice.key();
    const answer = said(await call(sluice, key, 'pay__refund', { amount: 5 }));
    assert.match(answer, /The call may have been carried out\.$/);
    assert.equal(server.seen.length, 1);
    assert.equal(records(sluice, 'outcome')[0].body.kind, 'unknown');
  });
});

test('clients see no key: not in the list, not in complaints, and their own is refused', () =>
  withSluice(cut(0), async (sluice, server) => {
    const key = await sluice.key();
    const { tools } = (await ask(sluice, key, 'tools/list')).result;
    assert.deepEqual(tools, [{
      name: 'pay__refund',
      inputSchema: {
        type: 'object',
        properties: { amount: { type: 'number' } },
        required: ['amount'],
        additionalProperties: false,
      },
    }]);
    for (const [args, complaint] of [
      [{ amount: 5, key: '7c0d3c2e-0000-4000-8000-000000000000' }, '/key: expected nothing, because the gateway makes this key itself, found a value'],
      [{ amount: 5, memo: 'x' }, 'the whole value: expected only properties named "amount", found property "memo"'],
      [{}, 'the whole value: expected property "amount", found missing'],
    ]) {
      const { result } = await call(sluice, key, 'pay__refund', args);
      assert.equal(result.isError, true);
      assert.equal(result.content[0].text, complaint);
    }
    assert.equal(server.seen.length, 0);
  }));

test('a tool that cannot take its key is withheld with the reason, until the policy says otherwise', () =>
  withSluice(cut(0), async (sluice) => {
    const key = await sluice.key();
    const known = async () => (await sluice.json('tools', 'list')).tools.map(({ tool, quarantine, key_argument }) => [tool, quarantine ?? key_argument]);
    assert.deepEqual(await known(), [
      ['pay/refund', 'key'],
      ['pay/numbered', "the policy's key_argument 'key' does not take a UUID: expected integer"],
      ['pay/bare', "the policy's key_argument 'key' is no property of its inputSchema"],
    ]);
    assert.equal((await call(sluice, key, 'pay__bare')).error.message, 'Unknown tool: pay__bare');
    assert.match((await sluice.cli('tools', 'show', 'pay/refund')).stdout, /^effect +keyed\nkey in +key$/m);
    sluice.write('policy.yaml', policy.replace('tools: {', 'tools: {pay/bare: {effect: idempotent}, '));
    await eventually('it is offered', async () => (await listedTools(sluice, key)).includes('pay__bare'));
  }));

test('policy explain says which argument the gateway makes', () =>
  withSluice(cut(0), async (sluice) => {
    const { stdout } = await sluice.cli('policy', 'explain', 'tester', 'pay/refund', '{"amount": 5}');
    assert.match(stdout, /^allowed: .*\nthe gateway makes its idempotency key: key\n$/);
    const facts = JSON.parse((await sluice.cli('policy', 'explain', 'tester', 'pay/refund', '--json')).stdout);
    assert.equal(facts.key_argument, 'key');
  }));

// ---- Runs

test('a model is not shown that there is a key', async () => {
  const model = await modelServer([{ text: 'Done.' }]);
  try {
    const config = { runtime: { models: { fast: { api: 'openai', base_url: model.url, model: 'test', price: { input: '1.00', output: '2.00', per: '1M' } } }, agents: { worker: { model: 'fast' } } } };
    await withSluice(cut(0), async (sluice) => {
      await isStatus(sluice, await started(sluice), 'done');
      const [{ function: shown }, ...more] = model.questions[0].body.tools;
      assert.deepEqual([shown.name, Object.keys(shown.parameters.properties), shown.parameters.required, more],
        ['pay__refund', ['amount'], ['amount'], []]);
    }, { config });
  } finally {
    await model.close();
  }
});

const script = {
  answers: [{ calls: [{ tool: 'pay__refund', arguments: { amount: 5 } }] }, { text: 'Done.' }],
};
const runtime = {
  config: { runtime: { models: { fast: { api: 'scripted', script: 'script.json' } }, agents: { worker: { model: 'fast' } } } },
  files: { 'script.json': script },
};
const show = (sluice, run) => sluice.json('runs', 'show', run);
const isStatus = (sluice, run, status) => eventually(`${run} is ${status}`, async () => {
  const facts = await show(sluice, run);
  return facts.status === status ? facts : undefined;
});
const started = async (sluice) => (await sluice.cli('run', 'worker', 'Pay.', '--detach')).stdout.trim();

test('a keyed call of a run that kill -9 cut off comes again with its key, and happens once', async () => {
  let answers = false;
  await withSluice(() => answers, async (sluice, server) => {
    const run = await started(sluice);
    await eventually('the call arrives', () => server.seen.length === 1);
    await sluice.kill();
    answers = true;
    await sluice.start();
    await isStatus(sluice, run, 'done');
    assert.equal(server.seen.length, 2);
    assert.deepEqual(server.seen[1], server.seen[0]);
    assert.equal(server.paid.size, 1);
    const intents = records(sluice, 'intent');
    assert.equal(intents.length, 2);
    assert.notEqual(intents[0].key, intents[1].key);
    assert.equal(intents[1].body.key, intents[0].body.key);
  }, runtime);
});

test('a keyed call of a run that is lost again and again waits for a person, and always had one key', () =>
  withSluice(cut(Infinity), async (sluice, server) => {
    const run = await started(sluice);
    const facts = await isStatus(sluice, run, 'waiting');
    assert.match(facts.waits_for[0], /outcome_unknown/);
    assert.ok(server.seen.length <= 6, `${server.seen.length} calls`);
    assert.equal(new Set(server.seen.map(({ key }) => key)).size, 1);
    assert.equal(server.paid.size, 1);
    assert.equal((await sluice.cli('runs', 'resolve', run, '0.0', 'done', 'refunded')).code, 0);
    await isStatus(sluice, run, 'done');
  }, runtime));

test('a run does not repeat a lost call whose tool takes no key any more', async () => {
  await withSluice(() => false, async (sluice, server) => {
    const run = await started(sluice);
    await eventually('the call arrives', () => server.seen.length === 1);
    await sluice.kill();
    sluice.write('policy.yaml', policy.replace('effect: keyed, key_argument: key', 'effect: non_idempotent'));
    await sluice.start();
    await isStatus(sluice, run, 'waiting');
    assert.equal(server.seen.length, 1);
  }, runtime);
});
