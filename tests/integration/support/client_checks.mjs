import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ClientProgram, programs } from './client_programs.mjs';
import { registerClientTools, Seen } from './client_server.mjs';
import { endAll } from './end_all.mjs';
import { closedPort } from './hostile_servers.mjs';
import { modernServer } from './modern_server.mjs';
import { plainServer, textResult } from './plain_server.mjs';
import { Sluice } from './sluice.mjs';
import { eventually } from './time.mjs';

export const clientPolicy = (agents) => `
currency: EUR
agents: {${agents.map((name) => `${name}: {roles: [shopper]}`).join(', ')}}
roles:
  shopper:
    allow: [talk/*, shop/buy]
    budgets: [{name: daily, tools: "shop/*", per: agent, window: day, calls: 1}]
tools: {"talk/*": {effect: read_only}}
`;

/** What clients meet: a server that talks while it works, and one whose tool may be called once a day. */
export async function clientServers() {
  const seen = new Seen();
  const talk = await modernServer({ calls: seen, register: registerClientTools });
  const shop = await plainServer(({ answer }) => answer(textResult('sold')), { tools: ['buy', 'sell'] });
  return {
    seen,
    shop,
    urls: { talk: talk.url, shop: shop.url },
    close: () => Promise.all([talk.close(), shop.close()]),
  };
}

export const exported = ['talk__echo', 'talk__work', 'talk__wait', 'shop__buy'];
export const budgetText = /^Budget shopper\/daily: 1 of 1 calls used\. Nothing was sent\. Resets \d{4}-\d\d-\d\dT00:00Z\.$/;

/**
 * Runs programs under clients/ beside each other against one gateway, which is restarted under them, and checks what
 * each of them printed. `differs` says, by program, what its users get that others do not.
 */
export function testClients(differs) {
  const names = Object.keys(differs);
  const said = Object.fromEntries(names.map((name) => [name, {}]));
  let servers, sluice, clients;

  const all = (act) => Promise.all(clients.map(act));
  const hear = async (client, ...steps) => {
    for (const step of steps) said[client.name][step] = await client.said(step);
  };

  before(async () => {
    servers = await clientServers();
    const port = await closedPort();
    sluice = await Sluice.start({ servers: servers.urls, config: { listen: `127.0.0.1:${port}` }, policy: clientPolicy(names) });
    const keys = await Promise.all(names.map((name) => sluice.key(name)));
    clients = names.map((name, i) => new ClientProgram(name, sluice.url, keys[i]));
    await all(async (client) => {
      await hear(client, 'stranger', 'connect', 'list', 'call', 'unknown', 'invalid', 'bought', 'budget', 'progress', 'waiting');
      await eventually(`the call of ${client.name} waits`, () => servers.seen.waiting.has(client.name));
      client.go();
      await hear(client, 'cancel', 'restart');
      said[client.name].cancelled = await eventually('the server knows of it', () => servers.seen.cancelled.has(client.name)).catch(String);
    });
    assert.equal(await sluice.stop(), true);
    await sluice.start();
    await sluice.ready(Object.keys(servers.urls));
    await all(async (client) => {
      client.go();
      await hear(client, 'same', 'fresh');
      said[client.name].end = await client.end();
    });
  });

  after(() => endAll(() => sluice?.remove(), () => servers?.close()));

  for (const [name, { unknown = 'Unknown tool: talk__nothing', stranger, cancel, same }] of Object.entries(differs)) {
    describe(name, () => {
      test('is told that its key is not valid, and settles on the newest revision that it knows', () => {
        assert.match(said[name].stranger.error, stranger);
        assert.equal(said[name].connect.protocol, programs[name].revision);
      });

      test('lists what its agent may call, and calls it', () => {
        assert.deepEqual(said[name].list.tools, exported);
        assert.deepEqual(said[name].call, { isError: false, text: 'grüße 🌊' });
      });

      test('learns why it is refused: a tool unknown, an argument wrong, a budget used up', () => {
        assert.deepEqual(said[name].unknown, { code: -32602, error: unknown });
        assert.deepEqual(said[name].invalid, { isError: true, text: '/steps: expected number, found string "three"' });
        assert.deepEqual(said[name].bought, { isError: false, text: 'sold' });
        assert.equal(said[name].budget.isError, true);
        assert.match(said[name].budget.text, budgetText);
      });

      test('hears of progress', () => assert.deepEqual(said[name].progress, {
        heard: [1, 2, 3].map((step) => [step, 3, `step ${step}`]), isError: false, text: 'worked 3',
      }));

      test('cancels a call at the server', () => {
        assert.match(said[name].cancel.error, cancel);
        assert.equal(said[name].cancelled, true);
      });

      test(same ? 'has to connect again after the gateway restarted' : 'goes on after the gateway restarted', () => {
        if (same) assert.match(said[name].same.error, same);
        else assert.deepEqual(said[name].same, { isError: false, text: 'again' });
        assert.deepEqual(said[name].fresh, { isError: false, text: 'again' });
        assert.equal(said[name].end, 0);
      });
    });
  }

  test('nothing that was refused reached a server', () => {
    assert.equal(servers.seen.worked, names.length);
    assert.equal(servers.shop.state.calls, names.length);
  });
}
