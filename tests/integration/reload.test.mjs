import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, closeSync, mkdirSync, openSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { test } from 'node:test';
import { connectLegacy } from './support/clients.mjs';
import { records } from './support/journal.mjs';
import { echoServer, plainServer, textResult } from './support/plain_server.mjs';
import { reloadUnderLoad } from './support/reload_load.mjs';
import { configOf, open, policyFor, reload, replace, textOf, withGateway } from './support/reloads.mjs';
import { ask, call, listedTools } from './support/rpc.mjs';
import { Sluice } from './support/sluice.mjs';
import { eventually, scaled, sleep } from './support/time.mjs';

const isRefused = (sluice, reason) => eventually(`it is refused: ${reason}`, async () => {
  const { refused } = await configOf(sluice);
  return refused && reason.test(refused.reason) && refused.reason;
});

const isTaken = (sluice, policy) => eventually('the files are in force', async () => {
  const now = await configOf(sluice);
  return now.refused === null && now.policy !== policy && now;
});

// ---- Policies

test('a changed policy is in force within a second, for lists, calls and the audit, without a restart', async () => {
  const server = await plainServer(({ answer }) => answer(textResult('done')), { tools: ['echo', 'add'] });
  await withGateway({ servers: { m: server.url }, policy: policyFor(['m/echo']) }, async (sluice, key) => {
    const legacy = await connectLegacy(sluice.url, key);
    const before = await configOf(sluice);
    assert.deepEqual(await listedTools(sluice, key), ['m__echo']);
    assert.match((await call(sluice, key, 'm__add')).error.message, /Unknown tool/);
    const changed = Date.now();
    replace(sluice, 'policy.yaml', policyFor(['m/add']));
    await eventually('the new policy lists', async () => (await listedTools(sluice, key)).join() === 'm__add', 1000);
    assert.ok(Date.now() - changed < scaled(1000));
    assert.equal(textOf(await call(sluice, key, 'm__add')), 'done');
    assert.match((await call(sluice, key, 'm__echo')).error.message, /Unknown tool/);
    assert.deepEqual((await legacy.listTools()).tools.map((tool) => tool.name), ['m__add']);
    await legacy.close();
    const after = await configOf(sluice);
    assert.equal(after.reloads, 1);
    const versions = records(sluice, 'audit').map(({ body }) => body.policy);
    assert.deepEqual([versions[0], versions.at(-1)], [before.policy, after.policy]);
  });
  await server.close();
});

test('an invalid set changes nothing, and says what is wrong and where until it is mended', async () => {
  const server = await echoServer();
  await withGateway({ servers: { m: server.url } }, async (sluice, key) => {
    replace(sluice, 'policy.yaml', 'agents: {tester: {roles: [r]}}\nroles: {r: {alow: ["m/*"]}}\n');
    const reason = await isRefused(sluice, /policy\.yaml:2:13: unknown key 'alow'.*'allow'/);
    assert.equal(textOf(await call(sluice, key, 'm__echo', { text: 'x' })), 'x');
    const status = await sluice.cli('servers', 'status');
    assert.equal(status.code, 0);
    assert.ok(status.stderr.includes(reason), status.stderr);
    assert.ok(sluice.logLines().some((line) => line.event === 'config_refused' && line.reason === reason));
    const denied = await sluice.cli('check');
    assert.equal(denied.code, 2);
    assert.ok(denied.stderr.includes(reason));
    replace(sluice, 'policy.yaml', `${open}# mended\n`);
    await eventually('it is mended', async () => (await configOf(sluice)).refused === null);
    assert.equal((await sluice.cli('servers', 'status')).stderr, '');
  });
  await server.close();
});

test('an agent that vanishes loses access at once, and has it back with the key that it had', async () => {
  const server = await echoServer();
  await withGateway({ servers: { m: server.url } }, async (sluice, key) => {
    const { policy } = await configOf(sluice);
    sluice.write('policy.yaml', open.replace('tester', 'other'));
    await reload(sluice);
    assert.equal((await ask(sluice, key, 'tools/list').catch((error) => error)).status ?? 401, 401);
    sluice.write('policy.yaml', open);
    await reload(sluice);
    assert.equal((await configOf(sluice)).policy, policy);
    assert.equal(textOf(await call(sluice, key, 'm__echo', { text: 'x' })), 'x');
  });
  await server.close();
});

test('a changed budget keeps what was spent', async () => {
  const server = await echoServer();
  const budget = (calls) => `agents: {tester: {roles: [r]}}\nroles: {r: {allow: ["*"], budgets: [{name: b, window: day, calls: ${calls}}]}}\n`;
  await withGateway({ servers: { m: server.url }, policy: budget(2) }, async (sluice, key) => {
    const spend = () => call(sluice, key, 'm__echo', { text: 'x' });
    for (let i = 0; i < 2; ++i) assert.equal(textOf(await spend()), 'x');
    assert.match(textOf(await spend()), /^Budget r\/b: 2 of 2 calls used/);
    sluice.write('policy.yaml', budget(3));
    await reload(sluice);
    assert.equal(textOf(await spend()), 'x');
    assert.match(textOf(await spend()), /^Budget r\/b: 3 of 3 calls used/);
    sluice.write('policy.yaml', budget(1));
    await reload(sluice);
    assert.match(textOf(await spend()), /^Budget r\/b: 3 of 1 calls used/);
  });
  await server.close();
});

// ---- What is refused

test('what needs a restart is named, and nothing of the files is taken up', async () => {
  const server = await echoServer();
  await withGateway({ servers: { m: server.url } }, async (sluice, key) => {
    const change = async (config, policy, reason) => {
      replace(sluice, 'policy.yaml', policy);
      replace(sluice, 'sluice.yaml', config);
      await isRefused(sluice, reason);
      assert.deepEqual(await listedTools(sluice, key), ['m__echo']);
    };
    await change({ ...sluice.config, listen: '127.0.0.1:1', threads: 3 }, policyFor([]), /sluice\.yaml:\d+:\d+: 'listen', 'threads' have changed, which needs a restart/);
    await change({ ...sluice.config, store: 'sqlite:./other.db' }, policyFor([]), /'store' has changed, which needs a restart/);
    const { policies, ...without } = sluice.config;
    await change(without, policyFor([]), /'policies' is gone; a running gateway never goes on without one/);
    assert.equal((await ask(sluice, undefined, 'tools/list').catch(() => ({ status: 401 }))).status, 401);
    const check = await sluice.cli('check');
    assert.equal(check.code, 0);
    assert.match(check.stdout, /the running gateway has not taken this up: .*'policies' is gone/);
    replace(sluice, 'policy.yaml', open);
    replace(sluice, 'sluice.yaml', sluice.config);
    await eventually('it is as before', async () => (await configOf(sluice)).refused === null);
  });
  await server.close();
});

test('files that cannot be read as they should change nothing, and nothing hangs', async () => {
  const server = await echoServer();
  await withGateway({ servers: { m: server.url } }, async (sluice, key) => {
    const file = sluice.path('policy.yaml');
    const { policy } = await configOf(sluice);
    const stays = async (reason) => {
      await isRefused(sluice, reason);
      assert.equal((await configOf(sluice)).policy, policy);
      assert.equal(textOf(await call(sluice, key, 'm__echo', { text: 'x' })), 'x');
    };
    rmSync(file);
    await stays(/matches no file/);
    execFileSync('mkfifo', [file]);
    await stays(/policy\.yaml:1:1: the file cannot be read: it is no regular file/);
    rmSync(file);
    writeFileSync(file, '');
    truncateSync(file, 100 << 20);
    await stays(/policy\.yaml:1:1: the file is larger than 1048576 bytes/);
    replace(sluice, 'policy.yaml', `a: &a ["x","x","x"]\n${'bcdefgh'.split('').map((name, i) => `${name}: &${name} [*${'abcdefg'[i]},*${'abcdefg'[i]}]\n`).join('')}`);
    await stays(/policy\.yaml:1:4: anchors/);
    rmSync(file);
    mkdirSync(file);
    await stays(/matches the directory/);
    rmSync(file, { recursive: true });
    symlinkSync('policy.yaml', file);
    await stays(/matches no file|cannot be read/);
    rmSync(file);
    replace(sluice, 'policy.yaml', open);
    await eventually('it is as before', async () => (await configOf(sluice)).refused === null);
    chmodSync(file, 0);
    // A gateway of root's reads it all the same.
    if (process.getuid() === 0) await reload(sluice);
    else await stays(/Permission denied/);
    chmodSync(file, 0o600);
    await eventually('it is as before', async () => (await configOf(sluice)).refused === null);
    assert.equal((await configOf(sluice)).policy, policy);
  });
  await server.close();
});

test('half a file is none: it counts when its writer closes it', async () => {
  const server = await plainServer(({ answer }) => answer(textResult('done')), { tools: ['echo', 'add'] });
  await withGateway({ servers: { m: server.url }, policy: policyFor(['m/echo']) }, async (sluice, key) => {
    const before = await configOf(sluice);
    const file = openSync(sluice.path('policy.yaml'), 'w');
    writeSync(file, policyFor(['*']));
    await sleep(1000);
    assert.deepEqual(await configOf(sluice), before);
    writeSync(file, 'defaults: {deny: [m/echo]}\n');
    closeSync(file);
    await isTaken(sluice, before.policy);
    assert.deepEqual(await listedTools(sluice, key), ['m__add']);
    assert.equal((await configOf(sluice)).reloads, 1);
  });
  await server.close();
});

test('a symbolic link that is swapped, as for config maps, is a change', async () => {
  const server = await plainServer(({ answer }) => answer(textResult('done')), { tools: ['echo', 'add'] });
  const sluice = new Sluice({ servers: { m: server.url }, config: { policies: ['mounted/policy.yaml'] } });
  try {
    for (const [version, tool] of [['v1', 'm/echo'], ['v2', 'm/add']]) {
      mkdirSync(sluice.path(`mounted/${version}`), { recursive: true });
      sluice.write(`mounted/${version}/policy.yaml`, policyFor([tool]));
    }
    symlinkSync('v1', sluice.path('mounted/..data'));
    symlinkSync('..data/policy.yaml', sluice.path('mounted/policy.yaml'));
    await sluice.start();
    await sluice.ready(['m']);
    const key = await sluice.key();
    const { policy } = await configOf(sluice);
    symlinkSync('v2', sluice.path('mounted/..data.new'));
    const changed = Date.now();
    renameSync(sluice.path('mounted/..data.new'), sluice.path('mounted/..data'));
    await isTaken(sluice, policy);
    assert.ok(Date.now() - changed < scaled(1500), 'it was noticed, not found by looking again');
    assert.deepEqual(await listedTools(sluice, key), ['m__add']);
  } finally {
    await sluice.remove();
    await server.close();
  }
});

test('limits change while running', async () => {
  const server = await echoServer();
  await withGateway({ servers: { m: server.url } }, async (sluice, key) => {
    const text = 'x'.repeat(5000);
    assert.equal(textOf(await call(sluice, key, 'm__echo', { text })), text);
    replace(sluice, 'sluice.yaml', { ...sluice.config, limits: { body: '4k' } });
    await eventually('bodies are bounded', async () => (await call(sluice, key, 'm__echo', { text }).catch((error) => error)).status === 413);
    replace(sluice, 'sluice.yaml', sluice.config);
    await eventually('they are as before', async () => (await call(sluice, key, 'm__echo', { text }).catch((error) => error)).status === 200);
  });
  await server.close();
});

// ---- Under load

test('calls go on while the policy is replaced: each shows the decisions of one version throughout', async (t) => {
  const { seconds, calls } = await reloadUnderLoad({ reloads: 40, clients: 8 });
  t.diagnostic(`40 reloads in ${seconds.toFixed(2)} s, ${calls} calls`);
});

// ---- Signals

test('SIGHUP has the files read at once', async () => {
  await withGateway({}, async (sluice) => {
    const before = await configOf(sluice);
    sluice.child.kill('SIGHUP');
    await eventually('it reloaded', async () => (await configOf(sluice)).reloads === before.reloads + 1, 200);
    assert.ok(sluice.running());
  });
});
