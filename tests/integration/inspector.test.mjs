import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { accessSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { budgetText, clientPolicy, clientServers, exported } from './support/client_checks.mjs';
import { endAll } from './support/end_all.mjs';
import { closedPort } from './support/hostile_servers.mjs';
import { Sluice } from './support/sluice.mjs';
import { eventually, within } from './support/time.mjs';

const program = fileURLToPath(new URL('clients/inspector/node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js', import.meta.url));

let servers, sluice, key;

before(async () => {
  try {
    accessSync(program);
  } catch {
    throw new Error('MCP Inspector is not there. Install it with: ./bootstrap deps');
  }
  servers = await clientServers();
  const listen = `127.0.0.1:${await closedPort()}`;
  sluice = await Sluice.start({ servers: servers.urls, config: { listen }, policy: clientPolicy(['legacy', 'auto']) });
  key = { legacy: await sluice.key('legacy'), auto: await sluice.key('auto') };
});

after(() => endAll(() => sluice?.remove(), () => servers?.close()));

/** One command of Inspector, which keeps what it keeps in the gateway's directory. */
function inspect(era, ...args) {
  const all = ['--cli', '--server-url', sluice.url, '--transport', 'http', '--header', `Authorization: Bearer ${key[era]}`,
    '--protocol-era', era, '--format', 'json', ...args];
  let child;
  const ended = new Promise((done) => {
    child = execFile(process.execPath, [program, ...all], { env: { ...process.env, HOME: sluice.directory } },
      (error, stdout, stderr) => done({ code: error?.code ?? 0, out: stdout && JSON.parse(stdout).result, err: stderr && JSON.parse(stderr).error }));
  });
  return { child, ended: within(30_000, args.join(' '), ended) };
}

const call = (era, name, args) =>
  inspect(era, '--method', 'tools/call', '--tool-name', name, '--tool-args-json', JSON.stringify(args)).ended;
const text = ({ out }) => out.content.map((part) => part.text).join('\n');

for (const era of ['legacy', 'auto']) {
  test(`Inspector (${era}) lists what its agent may call, and calls it`, async () => {
    const [listed, called] = await Promise.all([
      inspect(era, '--method', 'tools/list').ended,
      call(era, 'talk__echo', { text: 'grüße 🌊' }),
    ]);
    assert.deepEqual(listed.out.tools.map((tool) => tool.name), exported);
    assert.equal(text(called), 'grüße 🌊');
    assert.equal(called.code, 0);
  });
}

test('Inspector reports every refusal with its exit status', async () => {
  const [unknown, invalid, bought] = await Promise.all([
    call('legacy', 'talk__nothing', {}), call('legacy', 'talk__work', {}), call('legacy', 'shop__buy', {}),
  ]);
  assert.equal(unknown.code, 5);
  assert.equal(unknown.err.code, 'tool_not_found');
  assert.equal(invalid.code, 5);
  assert.match(text(invalid), /steps/);
  assert.equal(text(bought), 'sold');
  const refused = await call('legacy', 'shop__buy', {});
  assert.equal(refused.code, 5);
  assert.match(text(refused), budgetText);
});

test('Inspector gets the result of a call that reports progress', async () => {
  assert.equal(text(await call('legacy', 'talk__work', { steps: 3 })), 'worked 3');
});

test('Inspector that is interrupted cancels its call, but only in the revision where a closed connection says so', async () => {
  await Promise.all(['legacy', 'auto'].map(async (era) => {
    const waiting = inspect(era, '--method', 'tools/call', '--tool-name', 'talk__wait', '--tool-args-json', JSON.stringify({ who: era }));
    await eventually(`the ${era} call waits`, () => servers.seen.waiting.has(era));
    waiting.child.kill('SIGINT');
    await waiting.ended;
  }));
  await eventually('the server knows of it', () => servers.seen.cancelled.has('auto'));
  assert.equal(servers.seen.cancelled.has('legacy'), false);
});

test('Inspector connects anew with each command, so that a restarted gateway is none the worse', async () => {
  await sluice.stop();
  await sluice.start();
  await sluice.ready(Object.keys(servers.urls));
  assert.equal(text(await call('legacy', 'talk__echo', { text: 'again' })), 'again');
});
