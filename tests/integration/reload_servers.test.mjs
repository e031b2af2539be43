import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { stranger } from './support/hostile_servers.mjs';
import { echoServer } from './support/plain_server.mjs';
import { lives } from './support/processes.mjs';
import { open, reload, replace, textOf, withGateway } from './support/reloads.mjs';
import { call, listedTools } from './support/rpc.mjs';
import { Sluice } from './support/sluice.mjs';
import { eventually, sleep } from './support/time.mjs';

const fixture = fileURLToPath(new URL('support/stdio_server.mjs', import.meta.url));
const stdio = (options = {}) => ({ command: process.execPath, args: [fixture, JSON.stringify(options)] });

test('servers come, go and change while others keep their children, and calls under way are finished', async () => {
  const config = { include: ['servers.d/*.yaml'] };
  await withGateway({ servers: { kept: stdio(), changed: stdio({ a: 1 }), removed: stdio() }, config }, async (sluice, key) => {
    const pid = async (server) => Number(textOf(await call(sluice, key, `${server}__pid`)));
    const [kept, changed, removed] = [await pid('kept'), await pid('changed'), await pid('removed')];
    const slow = call(sluice, key, 'removed__slow', { ms: 1500 });
    slow.catch(() => {}); // awaited below
    await sleep(200);
    sluice.config.servers = { kept: stdio(), changed: stdio({ a: 2 }) };
    replace(sluice, 'sluice.yaml', sluice.config);
    await eventually('it is gone', async () => !(await listedTools(sluice, key)).includes('removed__pid'));
    assert.match((await call(sluice, key, 'removed__pid')).error.message, /Unknown tool/);
    assert.ok(lives(removed));
    const { servers } = await sluice.json('servers', 'status');
    const leaving = servers.find((server) => server.server === 'removed');
    assert.equal(leaving.state, 'leaving');
    assert.match(leaving.reason, /calls under way: 1/);
    await eventually('the changed one is another', async () => (await pid('changed')) !== changed);
    assert.equal(textOf(await slow), 'slept 1500');
    await eventually('its child ended', () => !lives(removed));
    await eventually('the former child ended', () => !lives(changed));
    assert.equal(await pid('kept'), kept);

    const added = await sluice.cli('servers', 'add', 'more', '--url', 'http://127.0.0.1:1/mcp');
    assert.equal(added.code, 0, added.stderr);
    await sluice.serverIs('more', 'down');
    assert.equal((await sluice.cli('servers', 'remove', 'more')).code, 0);
    await eventually('it is removed', async () => !(await sluice.json('servers', 'status')).servers.some((server) => server.server === 'more'));
    assert.equal(await pid('kept'), kept);
  });
});

test('a changed server answers every call while it is replaced', async () => {
  const server = await echoServer();
  await withGateway({ servers: { m: server.url } }, async (sluice, key) => {
    let ended = false;
    const failures = [];
    const load = Promise.all(Array.from({ length: 4 }, async () => {
      while (!ended) {
        const answer = await call(sluice, key, 'm__echo', { text: 'x' });
        if (answer.result?.content[0].text !== 'x') failures.push(answer);
      }
    }));
    for (let i = 1; i <= 10; ++i) {
      sluice.config.servers.m = { url: server.url, timeout: `${i}m` };
      sluice.write('sluice.yaml', sluice.config);
      await reload(sluice);
    }
    ended = true;
    await load;
    assert.deepEqual(failures, []);
  });
  await server.close();
});

test('a file that a server refers to is watched: a new secret restarts that server with it', async () => {
  const sluice = new Sluice({ policy: open });
  try {
    sluice.write('token', 'one\n');
    sluice.config.servers = { s: { ...stdio(), env: { TOKEN: '${file:token}' } }, off: { ...stdio(), env: { TOKEN: '${file:absent}' } } };
    sluice.write('sluice.yaml', sluice.config);
    await sluice.start();
    await sluice.ready(['s']);
    const key = await sluice.key();
    const token = async (server) => JSON.parse(textOf(await call(sluice, key, `${server}__env`))).TOKEN;
    assert.equal(await token('s'), 'one');
    const { servers } = await sluice.json('servers', 'status');
    const off = servers.find((server) => server.server === 'off');
    assert.equal(off.state, 'off');
    assert.match(off.reason, /absent cannot be read/);
    replace(sluice, 'token', 'two\n');
    await eventually('it has the new token', async () => (await token('s')) === 'two');
    sluice.write('absent', 'three');
    await sluice.serverIs('off', 'ready');
    assert.equal(await token('off'), 'three');
  } finally {
    await sluice.remove();
  }
});

test('servers that never answer come and go: nothing waits for them, and none of their children stays', async () => {
  const silent = await stranger('accepts_only');
  const server = await echoServer();
  await withGateway({ servers: { m: server.url } }, async (sluice, key) => {
    const notes = sluice.path('notes');
    for (let i = 0; i < 5; ++i) {
      sluice.config.servers = { m: server.url && { url: server.url }, silent: { url: silent.url, timeout: `${i + 1}m` }, quiet: stdio({ silent: true, notes, i }), mute: { command: 'sleep', args: [`${1000 + i}`] } };
      sluice.write('sluice.yaml', sluice.config);
      await reload(sluice);
      assert.equal(textOf(await call(sluice, key, 'm__echo', { text: 'x' })), 'x');
    }
    await eventually('a child started', () => readFileSync(notes, 'utf8').includes('start'));
    sluice.config.servers = { m: { url: server.url } };
    sluice.write('sluice.yaml', sluice.config);
    await reload(sluice);
    const children = readFileSync(notes, 'utf8').match(/\d+/g).map(Number);
    await eventually('no child stays', () => !children.some(lives), 15_000);
    assert.deepEqual(await listedTools(sluice, key), ['m__echo']);
  });
  await silent.close();
  await server.close();
});

test('SIGTERM ends a gateway in the midst of reloads', async () => {
  for (let i = 0; i < 3; ++i) {
    const sluice = await Sluice.start({ policy: open, servers: { s: stdio() }, ready: [] });
    for (let n = 0; n < 20; ++n) {
      sluice.config.servers.s = stdio({ n });
      sluice.write('sluice.yaml', sluice.config);
      sluice.child.kill('SIGHUP');
      await sleep(i);
    }
    await sluice.remove();
  }
});
