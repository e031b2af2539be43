import assert from 'node:assert/strict';
import { userInfo } from 'node:os';
import { test } from 'node:test';
import { upstream } from './support/budget.mjs';
import { endAll } from './support/end_all.mjs';
import { records } from './support/journal.mjs';
import { modernServer } from './support/modern_server.mjs';
import { Redis } from './support/redis.mjs';
import { call } from './support/rpc.mjs';
import { Sluice } from './support/sluice.mjs';
import { eventually } from './support/time.mjs';

const policy = `currency: EUR
people: {ann: {login: ["unix:${userInfo().username}"], groups: [ops], may: [approve]}}
agents: {tester: {roles: [writer]}}
roles:
  writer:
    allow: ["*"]
    budgets: [{name: daily, window: day, money: 0.01, on_exceed: ask, by: [ops], wait: 0s, expires: 1h}]
tools: {"m/*": {price: 0.005}}
`;

test('a call over a budget waits for a person, goes out once when it is approved, and is counted', async () => {
  const server = await upstream();
  let sluice;
  try {
    sluice = await Sluice.start({ servers: { m: server.url }, policy });
    const key = await sluice.key();
    const say = async (text) => (await call(sluice, key, 'm__echo', { text })).result;
    const command = async (code, ...args) => {
      const result = await sluice.cli(...args);
      assert.equal(result.code, code, `sluice ${args.join(' ')}\n${result.stdout}\n${result.stderr}`);
      return result;
    };
    for (const text of ['a', 'b']) assert.ok(!(await say(text)).isError);

    const pending = await say('c');
    assert.match(pending.content[0].text,
      /^Budget writer\/daily: 0\.01 of 0\.01 EUR used\. Approval apr_[0-9A-Z]{8} waits for ops until .*Z\. Nothing was sent\. Repeat this exact call to collect the decision\.$/);
    const { id } = pending._meta['dev.sluice/approval'];
    assert.equal(server.state.calls, 2);
    const shown = await command(0, 'approvals', 'show', id);
    assert.match(shown.stdout, /\nrule {7}role writer: budget daily of 0\.01 EUR per agent and day by ops .*policy\.yaml:7\)\nbudget {5}Budget writer\/daily: 0\.01 of 0\.01 EUR used\.\n/);
    const dry = await command(0, 'call', 'm/echo', '{"text": "c"}', '--agent', 'tester', '--dry-run');
    assert.match(dry.stdout, /Budget writer\/daily: 0\.01 of 0\.01 EUR used\. It waits for the approval of ops\. It costs 0\.005 EUR\. Nothing was sent\./);
    const waits = await command(5, 'call', 'm/echo', '{"text": "c"}', '--agent', 'tester');
    assert.match(waits.stdout, new RegExp(id));

    const remembers = await command(2, 'approvals', 'approve', id, '--remember', '8h');
    assert.match(remembers.stderr, /nothing is remembered of that/);
    await command(0, 'approvals', 'approve', id);
    assert.ok(!(await say('c')).isError);
    assert.equal(server.state.calls, 3);
    const { budgets } = await sluice.json('budgets');
    assert.deepEqual(budgets.map(({ used, limit, on_exceed: exceed, by }) => ({ used, limit, exceed, by })),
      [{ used: '0.015', limit: '0.01', exceed: 'ask', by: ['ops'] }]);
    assert.match((await command(0, 'budgets')).stdout, /0\.015 of 0\.01 EUR per day, then asks ops/);

    const denied = (await say('c'))._meta['dev.sluice/approval'].id;
    assert.notEqual(denied, id);
    await command(0, 'approvals', 'reject', denied, '-m', 'enough');
    const refusal = await say('c');
    assert.match(refusal.content[0].text, new RegExp(`^Budget writer/daily: 0\\.015 of 0\\.01 EUR used\\. Approval ${denied} was denied by ann, a person: enough\\nNothing was sent\\. Resets `));
    assert.equal(refusal._meta['dev.sluice/refusal'].rule, 'writer/daily');
    assert.equal(server.state.calls, 3);

    const explained = await command(0, 'policy', 'explain', 'tester', 'm/echo', '{"text": "c"}');
    assert.match(explained.stdout, /people are asked once it is used up: role writer: budget daily of 0\.01 EUR/);
    const audit = await eventually('the audit record of the overrun', () =>
      records(sluice, 'audit').find((record) => record.body.approval?.id === id && record.body.outcome.kind === 'answered'));
    assert.equal(audit.body.approval.over_budgets, 'writer/daily');
    assert.match((await command(0, 'why', audit.key ?? audit.body.request)).stdout, /decided by ann, about going over writer\/daily/);
    assert.equal(await sluice.stop(), true);
    await sluice.start();
    await sluice.ready(['m']);
    assert.match((await say('d')).content[0].text, /^Budget writer\/daily: 0\.015 of 0\.01 EUR used\. Approval /);
  } finally {
    await endAll(() => sluice?.remove(), () => server.close());
  }
});

test('a run whose call would go over a budget is parked, and goes on when a person has decided', async () => {
  const server = await modernServer();
  let sluice;
  try {
    const count = (note) => ({ calls: [{ tool: 'm__count', arguments: { note } }] });
    // The model is not to stop with the budget.
    sluice = new Sluice({
      servers: { m: server.url },
      policy: policy.replace('{name: daily,', '{name: daily, tools: "m/*",').replace('wait: 0s', 'wait: 45s'),
      config: { runtime: { models: { fast: { api: 'scripted', script: 'script.json' } }, agents: { tester: { model: 'fast', instructions: 'Count.' } } } },
    });
    sluice.write('script.json', { answers: [count('a'), count('b'), count('c'), { text: 'Counted.' }] });
    await sluice.start();
    await sluice.ready(['m']);
    const began = await sluice.cli('run', 'tester', 'Count.', '--detach');
    assert.equal(began.code, 0, began.stderr);
    const run = began.stdout.trim();
    const approval = await eventually('an approval waits', async () =>
      (await sluice.json('approvals', 'list')).approvals.find(({ state }) => state === 'pending'));
    assert.equal(approval.rules[0].why, 'Budget writer/daily: 0.01 of 0.01 EUR used.');
    const waiting = await eventually('the run waits', async () => {
      const facts = await sluice.json('runs', 'show', run);
      return facts.calls.some(({ approval: id }) => id === approval.approval) && facts;
    });
    assert.equal(waiting.status, 'waiting');
    assert.equal(server.calls.of('count'), 2);
    assert.equal((await sluice.cli('approvals', 'approve', approval.approval)).code, 0);
    await eventually('the run ends', async () => (await sluice.json('runs', 'show', run)).status === 'done');
    assert.equal(server.calls.of('count'), 3);
  } finally {
    await endAll(() => sluice?.remove(), () => server.close());
  }
});

test('gateways on one Redis ask once about a budget that they share, and exactly one call goes over it', async () => {
  const server = await upstream(), redis = await Redis.start();
  const gateways = [];
  try {
    for (let made = 0; made < 2; ++made) {
      gateways.push(await Sluice.start({ servers: { m: server.url }, policy, config: { store: redis.url } }));
    }
    const [a, b] = gateways;
    const key = await a.key();
    await eventually('the key is known', async () => (await call(b, key, 'm__none', {})).error?.code === -32602);
    const say = async (gateway, text) => (await call(gateway, key, 'm__echo', { text })).result;
    for (const text of ['a', 'b']) assert.ok(!(await say(a, text)).isError);
    const { id } = (await say(a, 'c'))._meta['dev.sluice/approval'];
    assert.equal((await say(b, 'c'))._meta['dev.sluice/approval'].id, id);
    assert.equal((await b.cli('approvals', 'approve', id)).code, 0);
    const answers = await Promise.all(Array.from({ length: 8 }, (_, turn) => say(gateways[turn % 2], 'c')));
    assert.equal(answers.filter(({ isError }) => !isError).length, 1);
    assert.equal(server.state.calls, 3);
    await eventually('the overrun is counted', async () => {
      const { budgets } = await b.json('budgets');
      return budgets[0].settled === '0.015' && budgets[0].held === '0.00';
    });
  } finally {
    await endAll(...gateways.map((gateway) => () => gateway.remove()), () => server.close(), () => redis.remove());
  }
});
