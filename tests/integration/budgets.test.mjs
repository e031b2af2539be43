import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { exhaust, isRefusal, policy as policyOf, upstream } from './support/budget.mjs';
import { endAll } from './support/end_all.mjs';
import { records, tamper } from './support/journal.mjs';
import { call, callMessage, headersFor } from './support/rpc.mjs';
import { Sluice } from './support/sluice.mjs';
import { eventually, scaled, sleep, slow } from './support/time.mjs';

const budget = 1000;
const daily = `budgets: [{name: daily, per: role, window: day, calls: ${budget}}]`;
const policy = (effect, quotas = daily) => policyOf(effect, quotas);

async function withSluice(options, use) {
  const server = await upstream();
  let sluice;
  try {
    sluice = await Sluice.start({ servers: { m: server.url }, ...options });
    await use(sluice, server, await sluice.key());
  } finally {
    await endAll(() => sluice?.remove(), () => server.close());
  }
}

/** What the table beside the journal holds, added up. */
function spent(sluice) {
  const database = new DatabaseSync(sluice.path('journal.db'), { readOnly: true });
  try {
    const row = database.prepare('SELECT sum(settled) settled, sum(unknown) unknown, sum(forfeited) forfeited, sum(held) held, sum(block) block FROM spending').get();
    return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, Number(value)]));
  } finally {
    database.close();
  }
}

for (const effect of ['read_only', 'non_idempotent']) {
  test(`64 clients on a budget of ${budget} ${effect} calls: exactly ${budget} reach the server`, () =>
    withSluice({ policy: policy(effect) }, async (sluice, server, key) => {
      const refusal = await exhaust(sluice, key);
      assert.match(refusal.result.content[0].text,
        /^Budget writer\/daily: 1000 of 1000 calls used\. Nothing was sent\. Resets \d{4}-\d\d-\d\dT00:00Z\.$/);
      const facts = refusal.result._meta['dev.sluice/refusal'];
      assert.deepEqual({ ...facts, retryAfterMs: facts.retryAfterMs > 0 }, { rule: 'writer/daily', limit: budget, remaining: 0, retryAfterMs: true });
      assert.equal(server.state.calls, budget);
      const { budgets } = await sluice.json('budgets');
      assert.deepEqual(budgets.map(({ budget: name, scope, used, settled, held }) => ({ name, scope, used, settled, held })),
        [{ name: 'writer/daily', scope: 'all', used: budget, settled: budget, held: 0 }]);
      assert.equal(await sluice.stop(), true);
      assert.deepEqual(spent(sluice), { settled: budget, unknown: 0, forfeited: 0, held: 0, block: 0 });
    }));

  test(`killed every second, no more than ${budget} ${effect} calls reach the server, and the sum is ${budget}`, { timeout: 240_000 * slow }, () =>
    withSluice({ policy: policy(effect) }, async (sluice, server, key) => {
      let kills = 0, done = false;
      const killer = (async () => {
        const port = sluice.port;
        while (!done && kills < 5) {
          await sleep(scaled(kills === 0 ? 150 : 1000));
          if (done) break;
          await sluice.kill();
          kills += 1;
          sluice.write('sluice.yaml', { ...sluice.config, listen: `127.0.0.1:${port}` });
          await sluice.start();
        }
      })();
      server.state.pace = 20;
      await exhaust(sluice, key, { clients: 8 });
      done = true;
      await killer;
      assert.ok(kills > 0);
      assert.ok(server.state.calls <= budget, `${server.state.calls} calls`);
      await sluice.kill(); // what is not written yet is lost, and must be answered for
      kills += 1;
      await sluice.start();
      assert.equal(await sluice.stop(), true);
      const end = spent(sluice);
      assert.equal(end.settled + end.unknown + end.forfeited, budget, JSON.stringify(end));
      assert.equal(end.held + end.block, 0);
      assert.ok(end.forfeited <= kills * (effect === 'read_only' ? budget / 100 : 0), JSON.stringify({ ...end, kills }));
    }));
}

test('what was spent survives a restart, and a table that was lost is no zero', () =>
  withSluice({ policy: policy('read_only', 'budgets: [{name: daily, window: day, money: 0.01}]') }, async (sluice, server, key) => {
    assert.equal(await sluice.stop(), true);
    await sluice.start();
    await sluice.ready(['m']);
    for (const expected of [false, false, true]) {
      assert.equal(Boolean(isRefusal(await call(sluice, key, 'm__echo', { text: 'x' }))), expected);
    }
    assert.equal(await sluice.stop(), true);
    await sluice.start();
    await sluice.ready(['m']);
    const refusal = await call(sluice, key, 'm__echo', { text: 'x' });
    assert.match(refusal.result.content[0].text, /^Budget writer\/daily: 0\.01 of 0\.01 EUR used\. Nothing was sent\./);
    assert.equal(server.state.calls, 2);
    const audit = await eventually('the audit record of the refusal', () => records(sluice, 'audit').find((record) => record.body.outcome.reason === 'budget_exhausted'));
    assert.equal(audit.body.outcome.detail, 'writer/daily');
    assert.equal(await sluice.stop(), true);
    tamper(sluice, 'DELETE FROM spending');
    await assert.rejects(sluice.start(), /table of spending does not fit its records/);
    sluice.end = { code: 0 };
  }));

test('a rate says in HTTP when to come back', () =>
  withSluice({ policy: policy('read_only', 'limits: [{name: burst, rate: 1/h, burst: 1}]') }, async (sluice, server, key) => {
    const message = callMessage('m__echo', { text: 'x' });
    const headers = { ...headersFor(message, key) };
    const ask = () => fetch(sluice.url, { method: 'POST', headers, body: JSON.stringify(message) });
    assert.equal((await ask()).headers.get('retry-after'), null);
    const refused = await ask();
    assert.equal(refused.status, 200);
    const seconds = Number(refused.headers.get('retry-after'));
    assert.ok(seconds > 3500 && seconds <= 3600, `${seconds} s`);
    assert.equal(refused.headers.get('ratelimit'), `"writer/burst";r=0;t=${seconds}`);
    assert.match((await refused.json()).result.content[0].text, /^Limit writer\/burst: /);
    assert.equal(server.state.calls, 1);
  }));
