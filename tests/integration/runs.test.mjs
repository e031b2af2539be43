import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { test } from 'node:test';
import { endAll } from './support/end_all.mjs';
import { records } from './support/journal.mjs';
import { modelServer } from './support/model_server.mjs';
import { modernServer } from './support/modern_server.mjs';
import { Sluice } from './support/sluice.mjs';
import { eventually } from './support/time.mjs';

const policy = `
people: {ops: {login: ["unix:${userInfo().username}"], groups: [ops], may: [approve]}}
currency: EUR
agents:
  worker: {roles: [worker]}
  boss: {roles: [boss]}
  other: {roles: [boss]}
  idle: {}
roles:
  worker: {allow: [m/*], deny: [m/fail], approve: [{tools: m/big, by: [ops], wait: 45s}], budgets: [{name: daily, window: day, money: 1.00}]}
  boss: {start: [worker]}
tools: {"m/echo": {effect: read_only}, "m/add": {effect: idempotent}, "m/count": {price: 0.10}}
`;

const call = (tool, args = {}) => ({ tool: `m__${tool}`, arguments: args });
const price = { input: '1.00', output: '2.00', per: '1M' };

/** A gateway whose agent `worker` follows a script. */
async function withScript(answers, use, { agent = {}, model = {} } = {}) {
  const server = await modernServer();
  let sluice;
  try {
    sluice = new Sluice({
      servers: { m: server.url },
      policy,
      config: {
        runtime: {
          models: { fast: { api: 'scripted', script: 'script.json', ...model } },
          agents: { worker: { model: 'fast', instructions: 'canary-instructions', ...agent } },
        },
      },
    });
    sluice.write('script.json', { answers });
    await sluice.start();
    await sluice.ready(['m']);
    await use(sluice, server);
  } finally {
    await endAll(() => sluice?.remove(), () => server.close());
  }
}

const started = async (sluice, goal = 'Work.') => {
  const { code, stdout, stderr } = await sluice.cli('run', 'worker', goal, '--detach');
  assert.equal(code, 0, stderr);
  return stdout.trim();
};
const show = (sluice, run) => sluice.json('runs', 'show', run);
const isStatus = (sluice, run, status) =>
  eventually(`${run} is ${status}`, async () => {
    const facts = await show(sluice, run);
    return facts.status === status ? facts : undefined;
  });

test('an agent works through its steps, calls tools side by side, and ends with its answer', () =>
  withScript([
    { text: 'I look.', calls: [call('echo', { text: 'hello' }), call('add', { a: 1, b: 2 }), call('fail')] },
    { calls: [call('count')], usage: { input: 100, output: 20 } },
    { text: 'All sorted.', usage: { input: 50, output: 5 } },
  ], async (sluice, server) => {
    const { code, stdout } = await sluice.cli('run', 'worker', 'Sort the inbox.');
    assert.equal(code, 0, stdout);
    assert.match(stdout, /→ 0\.0 m__echo \{"text":"hello"\}/);
    assert.match(stdout, /← 0\.0 answered: hello/);
    assert.match(stdout, /← 0\.2 refused: Unknown tool: m__fail/);
    assert.match(stdout, /done: All sorted\./);
    const run = stdout.split('\n')[0];
    const { runs } = await sluice.json('runs', 'list');
    assert.deepEqual(runs.map((line) => [line.run, line.agent, line.status]), [[run, 'worker', 'done']]);
    const facts = await show(sluice, run);
    assert.equal(facts.steps, 2);
    assert.equal(facts.tokens.input, 150);
    assert.deepEqual(server.calls.all.map(({ tool }) => tool).sort(), ['add', 'count', 'echo']);
    const audit = records(sluice, 'audit').map(({ body }) => body);
    assert.ok(audit.every(({ agent, credential }) => agent === 'worker' && credential === `run ${run}`));
    assert.equal(records(sluice, 'intent').length, 2);
    assert.equal((await sluice.cli('audit', 'verify')).code, 0);
  }));

test('what a run is about lies in the journal sealed, under a key that its owner alone can read', () =>
  withScript([{ calls: [call('echo', { text: 'canary-argument' })] }, { text: 'canary-answer' }], async (sluice) => {
    const { code } = await sluice.cli('run', 'worker', 'canary-goal');
    assert.equal(code, 0);
    const all = JSON.stringify(['run', 'runs', 'audit', 'intent', 'outcome'].map((stream) => records(sluice, stream)));
    assert.ok(!all.includes('canary'), 'something is not sealed');
    assert.equal(statSync(sluice.path('seal.key')).mode & 0o777, 0o600);
  }));

test('a run is paused, resumed and cancelled, and a reader goes on where it left off', () =>
  withScript([
    { calls: [call('echo', { text: 'one' })] },
    { calls: [call('echo', { text: 'two' })], delay_ms: 300 },
    { text: 'never', delay_ms: 60_000 },
  ], async (sluice) => {
    const run = await started(sluice);
    assert.equal((await sluice.cli('runs', 'pause', run)).code, 0);
    assert.equal((await show(sluice, run)).status, 'paused');
    assert.equal((await sluice.cli('runs', 'pause', run)).code, 1);
    assert.equal((await sluice.cli('runs', 'resume', run)).code, 0);
    const facts = await eventually('two turns are over', async () => {
      const now = await show(sluice, run);
      return now.steps === 2 ? now : undefined;
    });
    assert.equal((await sluice.cli('runs', 'cancel', run)).code, 0);
    await isStatus(sluice, run, 'cancelled');
    const rest = (await sluice.cli('runs', 'follow', run, '--after', String(facts.last), '--json')).stdout;
    const events = rest.trim().split('\n').map((line) => JSON.parse(line));
    assert.ok(events.every(({ seq }) => seq > facts.last));
    assert.deepEqual(events.map(({ event }) => event).filter((name) => name !== 'asked'), ['cancelled', 'ended']);
    const { stderr, code } = await sluice.cli('runs', 'cancel', run);
    assert.deepEqual([code, stderr.trim()], [1, 'The run has ended: cancelled.']);
  }));

test('a call that may have happened parks its run, across a crash, until a person says what became of it', () =>
  withScript([{ calls: [call('slow', { ms: 60_000 })] }, { text: 'Done.' }], async (sluice, server) => {
    const run = await started(sluice);
    await eventually('the call arrives', () => server.calls.of('slow') === 1);
    await sluice.kill();
    await sluice.start();
    const facts = await isStatus(sluice, run, 'waiting');
    assert.match(facts.waits_for[0], /outcome_unknown/);
    assert.equal(facts.calls[0].state, 'outcome_unknown');
    assert.equal(records(sluice, 'outcome').at(-1).body.kind, 'unknown');
    const wrong = await sluice.cli('runs', 'resolve', run, '0.7', 'done');
    assert.equal(wrong.code, 1);
    assert.equal((await sluice.cli('runs', 'resolve', run, '0.0', 'done', 'slept')).code, 0);
    await isStatus(sluice, run, 'done');
    assert.equal(server.calls.of('slow'), 1);
  }));

test('a run that needs an approval is parked, across a crash, and goes on when a person has decided', () =>
  withScript([{ calls: [call('big', { bytes: 3 }), call('echo', { text: 'x' })] }, { calls: [call('big', { bytes: 4 })] }, { text: 'Done.' }], async (sluice, server) => {
    const { code, stdout } = await sluice.cli('run', 'worker', 'Ask first.');
    assert.equal(code, 5, stdout);
    assert.match(stdout, /waiting for approval apr_\w+ of m__big/);
    const run = stdout.split('\n')[0];
    await sluice.kill();
    await sluice.start();
    const pending = () => eventually('an approval waits', async () => (await sluice.json('approvals', 'list')).approvals.find(({ state }) => state === 'pending'));
    const first = await pending();
    assert.equal(server.calls.of('big'), 0);
    assert.equal((await sluice.cli('approvals', 'approve', first.approval)).code, 0);
    await eventually('the call is made', () => server.calls.of('big') === 1);
    const second = await pending();
    assert.equal((await sluice.cli('approvals', 'reject', second.approval, '--message', 'Too big.')).code, 0);
    const facts = await isStatus(sluice, run, 'done');
    assert.equal(facts.text, 'Done.');
    assert.equal(server.calls.of('big'), 1);
    const events = (await sluice.cli('runs', 'follow', run, '--json')).stdout;
    assert.match(events, /"reason":"approval_denied"/);
  }));

test('a run goes on by itself after kill -9, and nothing that has a result is asked or called again', async () => {
  const server = await modernServer();
  let killed;
  const kill = new Promise((resolve) => (killed = resolve));
  const model = await modelServer([
    { calls: [{ tool: 'm__count', args: {} }, { tool: 'm__echo', args: { text: 'x' } }] },
    { calls: [{ tool: 'm__add', args: { a: 1, b: 2 } }] },
    { text: 'All done.' },
  ], { delay: (turn) => turn > 0 && kill });
  let sluice;
  try {
    sluice = await Sluice.start({
      servers: { m: server.url },
      policy,
      env: { MODEL_KEY: 'canary-key' },
      config: {
        runtime: {
          models: { fast: { api: 'openai', base_url: model.url, model: 'test', api_key: '${env:MODEL_KEY}', price } },
          agents: { worker: { model: 'fast' } },
        },
      },
    });
    const run = await started(sluice);
    await eventually('the first turn is over', async () => (await show(sluice, run)).steps === 1);
    await sluice.kill();
    killed();
    const asked = model.questions.length;
    await sluice.start();
    const facts = await isStatus(sluice, run, 'done');
    assert.equal(facts.text, 'All done.');
    assert.equal(server.calls.of('count'), 1);
    assert.equal(server.calls.of('add'), 1);
    assert.equal(model.questions.filter(({ turn }) => turn === 0).length, 1);
    assert.ok(model.questions.length <= asked + 2);
    assert.equal(model.questions[0].headers.authorization, 'Bearer canary-key');
    const last = model.questions.at(-1).body.messages;
    assert.deepEqual(last.map(({ role }) => role), ['user', 'assistant', 'tool', 'tool', 'assistant', 'tool']);
    const { budgets } = await sluice.json('budgets');
    assert.equal(budgets[0].held, '0.00');
    assert.ok(!sluice.log.includes('canary-key'));
  } finally {
    await endAll(() => sluice?.remove(), () => model.close(), () => server.close());
  }
});

test('a budget of the policy bounds models and tools together', () =>
  withScript(Array.from({ length: 20 }, () => ({ calls: [call('count')], usage: { input: 1000, output: 100 } })), async (sluice, server) => {
    const { code, stdout } = await sluice.cli('run', 'worker', 'Spend.');
    assert.equal(code, 1);
    assert.match(stdout, /stopped: Budget worker\/daily: .* of 1\.00 EUR used/);
    const facts = await show(sluice, stdout.split('\n')[0]);
    assert.equal(facts.reason, 'budget');
    const { budgets } = await sluice.json('budgets');
    assert.equal(budgets[0].used, facts.spent);
    assert.ok(Number(facts.spent) <= 1 && server.calls.of('count') > 0);
  }, { model: { price: { input: '10.00', output: '100.00', per: '1M' }, max_tokens: 1000 } }));

test('a run stops at its own bounds, and is stuck when it circles', async () => {
  const again = Array.from({ length: 8 }, () => ({ calls: [call('echo', { text: 'same' })] }));
  await withScript(again, async (sluice, server) => {
    const { code, stdout } = await sluice.cli('run', 'worker', 'Circle.');
    assert.equal(code, 1);
    assert.match(stdout, /withheld: Not sent: this call was made 2 times/);
    assert.match(stdout, /stuck: The model insists/);
    assert.equal(server.calls.of('echo'), 2);
  });
  await withScript(again, async (sluice) => {
    const { stdout } = await sluice.cli('run', 'worker', 'Circle.');
    assert.match(stdout, /stopped: The run has taken all its steps/);
  }, { agent: { stop: { steps: 2 } } });
});

test('an expired context is rebuilt from the journal, and the trace says so', () =>
  withScript([
    { calls: [call('echo', { text: 'one' })], delay_ms: 150 },
    { calls: [call('echo', { text: 'two' })], delay_ms: 150 },
    { text: 'Done.' },
  ], async (sluice) => {
    const { code, stdout } = await sluice.cli('run', 'worker', 'Forget.');
    assert.equal(code, 0);
    assert.match(stdout, /context rebuilt from the journal/);
  }, { agent: { context: { ttl: '10ms' } } }));

const afterExpiry = {
  rebuild: { said: /context rebuilt from the journal/, roles: ['user', 'assistant', 'tool'], opening: /^Work\.$/ },
  forget: { said: /context expired: starts again from the goal/, roles: ['user'], opening: /^Work\.\n\n\[The first 1 steps of this work are no longer shown\.\]$/ },
  summarise: { said: /context expired: asks for a summary of it/, roles: ['user'], opening: /\[What the first 1 steps came to:\]\nOne was written\.$/ },
};

for (const [on_expiry, { said, roles, opening }] of Object.entries(afterExpiry)) {
  test(`on_expiry: ${on_expiry} says what a model sees of a context whose time is over`, async () => {
    const sums = ({ messages }) => messages.at(-1).role === 'user' && messages.at(-1).content.startsWith('Sum up');
    const model = await modelServer((turn, body, count) => {
      if (sums(body)) return { text: 'One was written.' };
      return count === 1 ? { calls: [{ tool: 'm__echo', args: { text: 'x' } }] } : { text: 'Done.' };
    }, { delay: 100 });
    const server = await modernServer();
    let sluice;
    try {
      sluice = await Sluice.start({
        servers: { m: server.url },
        policy,
        config: {
          runtime: {
            models: { fast: { api: 'openai', base_url: model.url, model: 'test', price } },
            agents: { worker: { model: 'fast', context: { ttl: '5ms', on_expiry } } },
          },
        },
      });
      const { code, stdout } = await sluice.cli('run', 'worker', 'Work.');
      assert.equal(code, 0, stdout);
      assert.match(stdout, said);
      const { messages } = model.questions.at(-1).body;
      assert.deepEqual(messages.map(({ role }) => role), roles);
      assert.match(messages[0].content, opening);
      assert.equal(model.questions.length, on_expiry === 'summarise' ? 3 : 2);
      const facts = await show(sluice, stdout.split('\n')[0]);
      assert.equal(facts.tokens.output, 10 * model.questions.length);
      assert.equal((await sluice.json('budgets')).budgets[0].used, facts.spent);
    } finally {
      await endAll(() => sluice?.remove(), () => model.close(), () => server.close());
    }
  });
}

test('an agent whose role has start sees the runs that it started, and no others', () =>
  withScript([{ text: 'Done.' }], async (sluice) => {
    const keys = Object.fromEntries(await Promise.all(['boss', 'other', 'idle'].map(async (agent) => [agent, await sluice.key(agent)])));
    const ask = async (agent, path, body) => {
      const response = await fetch(new URL(path, sluice.url), {
        method: body ? 'POST' : 'GET',
        headers: { Authorization: `Bearer ${keys[agent]}`, 'Content-Type': 'application/json' },
        body: body && JSON.stringify(body),
      });
      return { status: response.status, body: await response.json() };
    };
    const { status, body: { run } } = await ask('boss', '/v1/runs', { agent: 'worker', goal: 'Work.' });
    assert.equal(status, 201);
    await eventually('it is done', async () => (await ask('boss', `/v1/runs/${run}`)).body.status === 'done');
    const { body: { events, ended } } = await ask('boss', `/v1/runs/${run}/events?after=0&wait=5`);
    assert.equal(events.at(-1).event, 'ended');
    assert.equal(ended, true);
    assert.deepEqual((await ask('boss', '/v1/runs')).body.runs.map((line) => line.run), [run]);
    for (const path of [`/v1/runs/${run}`, `/v1/runs/${run}/events`]) {
      assert.equal((await ask('other', path)).status, 404);
    }
    assert.equal((await ask('other', `/v1/runs/${run}/cancel`, {})).status, 404);
    assert.deepEqual((await ask('other', '/v1/runs')).body.runs, []);
    assert.equal((await ask('idle', '/v1/runs', { agent: 'worker', goal: 'Work.' })).status, 404);
    assert.equal((await ask('boss', '/v1/runs', { agent: 'boss', goal: 'Work.' })).status, 404);
  }));

const mistakes = [
  [{ agents: { worker: { model: 'fats' } }, models: { fast: { api: 'scripted', script: 's.json' } } }, /there is no model 'fats' under runtime\.models; did you mean 'fast'\?/],
  [{ agents: { worker: { model: 'm', stop: { money: '1.00' } } }, models: { m: { api: 'openai', base_url: 'http://127.0.0.1:1/v1', model: 'x' } } }, /its model 'm' has no 'price'/],
  [{ agents: { nobody: { model: 'm' } }, models: { m: { api: 'scripted', script: 's.json' } } }, /the policy names no agent 'nobody'/],
  [{ agents: { worker: { model: 'm', context: { on_expiry: 'forgte' } } }, models: { m: { api: 'scripted', script: 's.json' } } }, /expected rebuild, summarise or forget; found 'forgte'; did you mean 'forget'\?/],
  [{ models: { m: { api: 'scripted', script: 'none.json' } } }, /none\.json: it cannot be read/],
];

test('mistakes under runtime are refused when they are loaded, each with a sentence', async () => {
  for (const [runtime, sentence] of mistakes) {
    const sluice = new Sluice({ policy, config: { runtime } });
    sluice.write('s.json', { answers: [] });
    try {
      const { code, stderr } = await sluice.cli('check');
      assert.equal(code, 2);
      assert.match(stderr, sentence);
    } finally {
      await sluice.remove();
    }
  }
});
