import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textOf } from './clients.mjs';
import { toolNames } from './tools.mjs';
import { kinds } from './upstream_trio.mjs';

/** What an official client of any era sees, whatever the era of the server behind. */
export function testCalls(context) {
  test('a client lists the tools of every server under their exported names', async () => {
    const { tools } = await context.client.listTools();
    const expected = kinds.flatMap((kind) => toolNames.map((name) => `${kind}__${name}`));
    assert.deepEqual(tools.map((tool) => tool.name), expected);
  });

  for (const kind of kinds) {
    const call = (name, args) => context.client.callTool({ name: `${kind}__${name}`, ...(args ? { arguments: args } : {}) });

    test(`a call reaches the ${kind} server and its result comes back`, async () => {
      const result = await call('echo', { text: 'grüße 🌊' });
      assert.equal(textOf(result), 'grüße 🌊');
      assert.ok(!result.isError);
      assert.match(result._meta['dev.sluice/requestId'], /^req_/);
      assert.equal(textOf(await call('add', { a: 2, b: 3.5 })), '5.5');
    });

    test(`an error that a tool of the ${kind} server reports stays a result with isError`, async () => {
      const result = await call('fail', {});
      assert.equal(result.isError, true);
      assert.equal(textOf(result), 'it went wrong');
    });

    test(`a call without arguments is a call with none at the ${kind} server`, async () => {
      assert.match(textOf(await call('count')), /^\d+$/);
      assert.deepEqual(context.servers[kind].calls.all.at(-1), { tool: 'count', args: {} });
    });

    test(`arguments that break the schema are answered line by line, and the ${kind} server sees nothing`, async () => {
      const arrived = context.servers[kind].calls.all.length;
      const result = await call('add', { a: 'two' });
      assert.equal(result.isError, true);
      const lines = textOf(result).split('\n');
      assert.equal(lines.length, 2, textOf(result));
      assert.ok(lines.some((line) => line.startsWith('/a:')), textOf(result));
      assert.ok(lines.some((line) => line.includes('b')), textOf(result));
      assert.equal(context.servers[kind].calls.all.length, arrived);
    });

    test(`a result of a megabyte comes back whole from the ${kind} server`, async () => {
      assert.equal(textOf(await call('big', { bytes: 1 << 20 })), 'x'.repeat(1 << 20));
    });
  }

  test('a tool that no server offers is an unknown tool', async () => {
    await assert.rejects(context.client.callTool({ name: 'modern__nothing', arguments: {} }),
      (error) => error.code === -32602 && error.message.includes('Unknown tool: modern__nothing'));
  });

  test('a tool that the policy denies is an unknown tool', async () => {
    await assert.rejects(context.restricted.callTool({ name: 'modern__fail', arguments: {} }),
      (error) => error.code === -32602 && error.message.includes('Unknown tool: modern__fail'));
    const { tools } = await context.restricted.listTools();
    assert.deepEqual(tools.map((tool) => tool.name), ['modern__echo', 'legacy__echo']);
  });

  test('calls at the same time each get their own answer', async () => {
    const results = await Promise.all(Array.from({ length: 60 }, (_, i) =>
      context.client.callTool({ name: `${kinds[i % 3]}__echo`, arguments: { text: `canary ${i}` } })));
    results.forEach((result, i) => assert.equal(textOf(result), `canary ${i}`));
  });
}

export const policy = `
agents:
  tester: {roles: [everything]}
  restricted: {roles: [reader]}
roles:
  everything: {allow: ["*"]}
  reader: {allow: [modern/echo, legacy/echo]}
`;
