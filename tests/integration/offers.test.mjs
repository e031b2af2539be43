// Resources and prompts of servers, through the gateway, as policy has it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ResourceTemplate as LegacyTemplate } from '@modelcontextprotocol/sdk/server/mcp.js';
import { ResourceTemplate as ModernTemplate } from '@modelcontextprotocol/server';
import { connectLegacy, connectModern } from './support/clients.mjs';
import { endAll } from './support/end_all.mjs';
import { everythingServer } from './support/everything_server.mjs';
import { legacyServer } from './support/legacy_server.mjs';
import { modernServer } from './support/modern_server.mjs';
import { registerOffers } from './support/offers.mjs';
import { ask } from './support/rpc.mjs';
import { Sluice } from './support/sluice.mjs';
import { eventually } from './support/time.mjs';

const policy = `
agents: {all: {roles: [all]}, some: {roles: [some]}, none: {roles: [tools]}, few: {roles: [few]}}
defaults: {deny: ["*/note:///hidden*"]}
roles:
  all: {allow: ["*"], resources: ["*"], prompts: ["*"]}
  some: {allow: ["*"], resources: ["one/note:///t*", "two/*"], prompts: [one/review, "everything/*"]}
  tools: {allow: ["*"]}
  few: {resources: ["*"], prompts: ["*"], budgets: [{name: reads, window: day, calls: 2}]}
views: {notes: {tools: ["one/note:///one"]}}
`;
const eras = { modern: connectModern, legacy: connectLegacy };
const notFound = { modern: -32602, legacy: -32002 };
let everything, one, two, sluice;
const keys = {};

before(async () => {
  everything = await everythingServer();
  one = await modernServer({ register: registerOffers(ModernTemplate, { notes: { one: 'first', two: 'second', hidden: 'secret' }, odd: 'NOTE:///loud' }) });
  two = await legacyServer({ register: registerOffers(LegacyTemplate, { notes: { one: 'other', three: 'third' } }) });
  sluice = await Sluice.start({ servers: { everything: everything.url, one: one.url, two: two.url }, policy });
  for (const agent of ['all', 'some', 'none', 'few']) keys[agent] = await sluice.key(agent);
});

after(() => endAll(() => sluice?.remove(), () => one?.close(), () => two?.close(), () => everything?.close()));

const withClient = async (era, agent, use, view = '') => {
  const client = await eras[era](sluice.url + view, keys[agent]);
  try {
    return await use(client);
  } finally {
    await client.close();
  }
};

const uris = (list) => list.map((resource) => resource.uri);
const refusal = async (promise) => {
  try {
    await promise;
  } catch (error) {
    return { code: error.code, message: error.message.replace(/^MCP error -?\d+: /, ''), data: error.data };
  }
  throw new Error('it was not refused');
};

for (const era of Object.keys(eras)) {
  test(`a ${era} client lists and reads the resources of the everything server as that server has them`, async () => {
    const direct = await connectLegacy(everything.url);
    const { resources: expected } = await direct.listResources();
    assert.ok(expected.length > 3);
    await withClient(era, 'all', async (client) => {
      const { resources } = await client.listResources();
      const of = resources.filter(({ uri }) => uri.startsWith('demo:'));
      assert.deepEqual(of, expected);
      for (const { uri } of expected) {
        const { contents } = await client.readResource({ uri });
        assert.deepEqual(contents, (await direct.readResource({ uri })).contents, uri);
      }
      const { resourceTemplates } = await client.listResourceTemplates();
      assert.deepEqual(resourceTemplates.filter(({ uriTemplate }) => uriTemplate.startsWith('demo:')),
        (await direct.listResourceTemplates()).resourceTemplates);
      const { contents: [made] } = await client.readResource({ uri: 'demo://resource/dynamic/text/7' });
      assert.equal(made.uri, 'demo://resource/dynamic/text/7');
      assert.match(made.text, /^Resource 7: /);
    });
    await direct.close();
  });

  test(`a ${era} client lists and gets the prompts of the everything server`, async () => {
    const direct = await connectLegacy(everything.url);
    const { prompts: expected } = await direct.listPrompts();
    await withClient(era, 'some', async (client) => {
      const { prompts } = await client.listPrompts();
      assert.deepEqual(prompts, [...expected.map((prompt) => ({ ...prompt, name: `everything__${prompt.name}` })),
        { ...prompts.at(-1), name: 'one__review' }]);
      const simple = await client.getPrompt({ name: 'everything__simple-prompt' });
      assert.deepEqual(simple.messages, (await direct.getPrompt({ name: 'simple-prompt' })).messages);
      const args = { city: 'Paris', state: 'Texas' };
      const filled = await client.getPrompt({ name: 'everything__args-prompt', arguments: args });
      assert.deepEqual(filled.messages, (await direct.getPrompt({ name: 'args-prompt', arguments: args })).messages);
    });
    await direct.close();
  });

  test(`a ${era} client reads from servers of either era`, async () => {
    await withClient(era, 'all', async (client) => {
      assert.equal((await client.readResource({ uri: 'note:///two' })).contents[0].text, 'second');
      assert.equal((await client.readResource({ uri: 'note:///three' })).contents[0].text, 'third');
      assert.equal((await client.readResource({ uri: 'page:///a/b' })).contents[0].text, 'page a/b');
      const got = await client.getPrompt({ name: 'two__review', arguments: { code: 'x' } });
      assert.equal(got.messages[0].content.text, 'review x');
    });
  });

  test(`of two servers with one URI, a ${era} client finds the second one's under its name`, async () => {
    await withClient(era, 'all', async (client) => {
      const listed = uris((await client.listResources()).resources).filter((uri) => !uri.startsWith('demo:'));
      assert.deepEqual(listed, ['note:///one', 'note:///two', 'sluice://two/note:///one', 'note:///three']);
      assert.equal((await client.readResource({ uri: 'note:///one' })).contents[0].text, 'first');
      const { contents: [other] } = await client.readResource({ uri: 'sluice://two/note:///one' });
      assert.deepEqual([other.uri, other.text], ['sluice://two/note:///one', 'other']);
      const { resourceTemplates } = await client.listResourceTemplates();
      assert.deepEqual(resourceTemplates.map(({ uriTemplate }) => uriTemplate).filter((text) => text.includes('page')),
        ['page:///{+path}', 'sluice://two/page:///{+path}']);
      const page = await client.readResource({ uri: 'sluice://two/page:///a' });
      assert.equal(page.contents[0].uri, 'sluice://two/page:///a');
      // So are what tools link to and what prompts hold.
      const links = async (server) => (await client.callTool({ name: `${server}__link`, arguments: {} })).content[0].uri;
      assert.deepEqual([await links('one'), await links('two')], ['note:///one', 'sluice://two/note:///one']);
      const held = async (server) =>
        (await client.getPrompt({ name: `${server}__review`, arguments: { code: '' } })).messages[1].content.resource.uri;
      assert.deepEqual([await held('one'), await held('two')], ['note:///one', 'sluice://two/note:///one']);
    });
  });

  test(`a ${era} client is listed what it may read and get, and reads nothing else`, async () => {
    await withClient(era, 'some', async (client) => {
      assert.deepEqual(uris((await client.listResources()).resources),
        ['note:///two', 'sluice://two/note:///one', 'note:///three']);
      assert.deepEqual((await client.listResourceTemplates()).resourceTemplates.map((one) => one.uriTemplate),
        ['sluice://two/page:///{+path}']);
      const calls = one.calls.of('read');
      for (const uri of ['note:///one', 'note:///nothing', 'note:///hidden', 'page:///a', 'sluice://one/note:///one',
        'sluice://nobody/note:///one', 'sluice://', 'note:///two/../one', 'sluice://two/page:///%2e%2e/a']) {
        assert.deepEqual(await refusal(client.readResource({ uri })),
          { code: notFound[era], message: 'Resource not found', data: { uri } }, uri);
      }
      for (const name of ['two__review', 'nothing', 'one__echo']) {
        assert.deepEqual(await refusal(client.getPrompt({ name, arguments: { code: 'x' } })),
          { code: -32602, message: `Unknown prompt: ${name}`, data: undefined }, name);
      }
      assert.equal(one.calls.of('read'), calls);
    });
    await withClient(era, 'none', async (client) => {
      assert.deepEqual((await client.listResources()).resources, []);
      assert.deepEqual((await client.listResourceTemplates()).resourceTemplates, []);
      assert.deepEqual((await client.listPrompts()).prompts, []);
    });
  });

  test(`to a ${era} client a resource that its server does not have is one that is not there`, async () => {
    await withClient(era, 'all', async (client) => {
      for (const uri of ['page:///missing', 'sluice://two/page:///missing', 'demo://resource/dynamic/nothing']) {
        assert.deepEqual(await refusal(client.readResource({ uri })),
          { code: notFound[era], message: 'Resource not found', data: { uri } }, uri);
      }
    });
  });

  test(`a ${era} client sees through a view what its patterns match`, async () => {
    await withClient(era, 'all', async (client) => {
      assert.deepEqual(uris((await client.listResources()).resources), ['note:///one']);
      assert.deepEqual((await client.listPrompts()).prompts, []);
      assert.equal((await refusal(client.readResource({ uri: 'note:///two' }))).code, notFound[era]);
    }, '/notes');
  });
}

test('the gateway declares prompts and resources, and neither subscriptions nor completions', async () => {
  for (const era of Object.keys(eras)) {
    await withClient(era, 'all', async (client) => {
      const { prompts, resources, completions } = client.getServerCapabilities();
      assert.deepEqual({ prompts, resources, completions },
        { prompts: { listChanged: true }, resources: { listChanged: true }, completions: undefined }, era);
    });
  }
});

test('what a server lists and nobody is offered is told to people, in one line', () => {
  const lines = sluice.logLines().filter(({ event }) => event === 'not_offered');
  assert.ok(lines.length > 0);
  for (const { server, count, first } of lines) assert.deepEqual([server, count, first], ['one', 1, 'NOTE:///loud']);
  assert.match(lines[0].reason, /scheme in lower case/);
});

test('what is read is not to be kept, and says whose word it is', async () => {
  const { result } = await ask(sluice, keys.all, 'resources/read', { uri: 'note:///two' });
  assert.deepEqual([result.resultType, result.ttlMs, result.cacheScope], ['complete', 0, 'private']);
  assert.match(result._meta['dev.sluice/requestId'], /^req_/);
  const { result: prompt } = await ask(sluice, keys.all, 'prompts/get', { name: 'one__review', arguments: { code: 'x' } });
  assert.equal(prompt.resultType, 'complete');
  const { error } = await ask(sluice, keys.all, 'prompts/get', { name: 'one__review', arguments: { code: 1 } });
  assert.equal(error.code, -32602);
});

test('a budget counts reads, and its refusal is an error with the rule as data', async () => {
  assert.ok((await ask(sluice, keys.few, 'resources/read', { uri: 'note:///two' })).result);
  assert.ok((await ask(sluice, keys.few, 'prompts/get', { name: 'one__review', arguments: { code: 'x' } })).result);
  const { error, headers } = await ask(sluice, keys.few, 'resources/read', { uri: 'note:///two' });
  assert.equal(error.code, -31000);
  assert.match(error.message, /^Budget few\/reads: 2 of 2 calls used\. Nothing was sent\./);
  assert.equal(error.data['dev.sluice/refusal'].rule, 'few/reads');
  assert.ok(headers['retry-after']);
});

test('the audit names what was read, by whom, and by which rule', async () => {
  await withClient('modern', 'some', async (client) => {
    await client.readResource({ uri: 'sluice://two/note:///one' });
    await client.getPrompt({ name: 'one__review', arguments: { code: 'x' } });
    await refusal(client.readResource({ uri: 'note:///hidden' }));
  });
  const found = async (pattern) => {
    const { stdout } = await sluice.cli('audit', 'search', '--agent', 'some', '--tool', pattern, '--json');
    const line = stdout.trimEnd().split('\n').at(-1);
    return line === '' ? undefined : JSON.parse(line);
  };
  const read = await eventually('the record of the read', () => found('two/note:///one'));
  assert.deepEqual([read.method, read.resource, read.asked_as], ['resources/read', 'two/note:///one', 'sluice://two/note:///one']);
  assert.equal(read.effect, 'read_only');
  assert.match(read.decision, /^allowed by role some: resources two\/\* \(.*policy\.yaml:6\)$/);
  const got = await eventually('the record of the prompt', () => found('one/review'));
  assert.deepEqual([got.method, got.prompt, got.asked_as], ['prompts/get', 'one/review', 'one__review']);
  const refused = await eventually('the record of the refusal', () => found('one/note:///hidden'));
  assert.deepEqual([refused.outcome.kind, refused.outcome.reason], ['refused', 'unknown_resource']);
  assert.match(refused.decision, /^denied by defaults: deny/);
});

test('an agent is told when what it can read or get changes, and of nothing else', async () => {
  const told = { resources: 0, prompts: 0, tools: 0 };
  await withClient('legacy', 'none', async (client) => {
    const { ResourceListChangedNotificationSchema: resources, PromptListChangedNotificationSchema: prompts,
      ToolListChangedNotificationSchema: tools } = await import('@modelcontextprotocol/sdk/types.js');
    for (const [name, schema] of Object.entries({ resources, prompts, tools })) {
      client.setNotificationHandler(schema, () => { told[name] += 1; });
    }
    await new Promise((done) => setTimeout(done, 300)); // the client opens its stream by and by
    sluice.write('policy.yaml', policy.replace('tools: {allow: ["*"]}', 'tools: {allow: ["*"], prompts: ["one/*"]}'));
    await eventually('it is told', () => told.prompts === 1);
    assert.deepEqual(told, { resources: 0, prompts: 1, tools: 0 });
    assert.deepEqual((await client.listPrompts()).prompts.map(({ name }) => name), ['one__review']);
    sluice.write('policy.yaml', policy);
    await eventually('it is told again', () => told.prompts === 2);
  });
});

test('policy explain and policy test speak of resources and prompts', async () => {
  const explained = await sluice.json('policy', 'explain', 'some', 'two/note:///one', '--resource');
  assert.equal(explained.allowed, true);
  assert.equal(explained.resource, 'two/note:///one');
  const refused = await sluice.cli('policy', 'explain', 'some', 'two/note:///a/../b', '--resource');
  assert.equal(refused.code, 4);
  assert.match(refused.stdout, /the URI cannot be judged: it holds '\.\.'/);
  sluice.write('expected.yaml', [
    { agent: 'some', resource: 'two/note:///one', expect: 'allow', rule: 'role some: resources two/*' },
    { agent: 'some', prompt: 'two/review', expect: 'deny', rule: 'no rule' },
  ]);
  const { code, stdout } = await sluice.cli('policy', 'test', sluice.path('expected.yaml'));
  assert.deepEqual([code, stdout], [0, '2 as expected, 0 not\n']);
});
