import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connectLegacy, connectModern, textOf } from './support/clients.mjs';
import { endAll } from './support/end_all.mjs';
import { everythingServer } from './support/everything_server.mjs';
import { Sluice } from './support/sluice.mjs';
import { eventually } from './support/time.mjs';

const eras = { modern: connectModern, legacy: connectLegacy };
let everything, sluice, key;

before(async () => {
  everything = await everythingServer();
  sluice = await Sluice.start({ servers: { everything: everything.url } });
  key = await sluice.key();
});

after(() => endAll(() => sluice?.remove(), () => everything?.close()));

const withClient = async (era, use) => {
  const client = await eras[era](sluice.url, key);
  try {
    return await use(client);
  } finally {
    await client.close();
  }
};

for (const era of Object.keys(eras)) {
  test(`a ${era} client lists the tools of the everything server as that server lists them`, async () => {
    const direct = await connectLegacy(everything.url);
    const expected = (await direct.listTools()).tools;
    await direct.close();
    const { tools } = await withClient(era, (client) => client.listTools());
    assert.deepEqual(tools.map((tool) => tool.name), expected.map((tool) => `everything__${tool.name}`));
    tools.forEach((tool, i) => assert.deepEqual(tool.inputSchema, expected[i].inputSchema));
  });

  test(`a ${era} client calls echo and get-sum`, async () => {
    await withClient(era, async (client) => {
      const echo = await client.callTool({ name: 'everything__echo', arguments: { message: 'hello' } });
      assert.equal(textOf(echo), 'Echo: hello');
      const sum = await client.callTool({ name: 'everything__get-sum', arguments: { a: 2, b: 3 } });
      assert.match(textOf(sum), /\b5\b/);
    });
  });

  test(`a ${era} client gets images, structured content and links as the server made them`, async () => {
    const direct = await connectLegacy(everything.url);
    await withClient(era, async (client) => {
      for (const [name, args] of [
        ['get-tiny-image', {}],
        ['get-structured-content', { location: 'New York' }],
        ['get-resource-links', { count: 3 }],
        ['get-annotated-message', { messageType: 'error', includeImage: true }],
      ]) {
        const through = await client.callTool({ name: `everything__${name}`, arguments: args });
        const straight = await direct.callTool({ name, arguments: args });
        assert.deepEqual(through.content, straight.content, name);
        assert.deepEqual(through.structuredContent, straight.structuredContent, name);
      }
    });
    await direct.close();
  });

  test(`a ${era} client gets the result of a tool that reports progress first`, async () => {
    const result = await withClient(era, (client) => client.callTool({
      name: 'everything__trigger-long-running-operation', arguments: { duration: 0.4, steps: 4 },
    }));
    assert.match(textOf(result), /completed/i);
  });

  test(`arguments of a ${era} client that break the schema never reach the everything server`, async () => {
    const result = await withClient(era, (client) =>
      client.callTool({ name: 'everything__get-sum', arguments: { a: 'two', b: 3 } }));
    assert.equal(result.isError, true);
    assert.match(textOf(result), /^\/a: /);
  });
}

// It answers 400 to a session that it no longer knows, where the specification wants 404.
test('after the everything server was restarted, calls succeed again without any help', async () => {
  await everything.close();
  everything = await everythingServer({ port: everything.port });
  await withClient('modern', async (client) => {
    await eventually('a call succeeds', async () => {
      const result = await client.callTool({ name: 'everything__echo', arguments: { message: 'back' } });
      return textOf(result) === 'Echo: back';
    });
  });
});
