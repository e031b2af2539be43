import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { modernServer } from './support/modern_server.mjs';
import { call, listedTools } from './support/rpc.mjs';
import { binary, Sluice } from './support/sluice.mjs';
import { eventually, scaled } from './support/time.mjs';

const packages = fileURLToPath(new URL('node_modules', import.meta.url));
const program = (name) => join(packages, `@modelcontextprotocol/server-${name}/dist/index.js`);
const fixture = fileURLToPath(new URL('support/stdio_server.mjs', import.meta.url));
const home = realpathSync(mkdtempSync(join(tmpdir(), 'sluice-home-')));
after(() => rmSync(home, { recursive: true, force: true }));
const env = { ...process.env, HOME: home, XDG_STATE_HOME: '' };

function write(name, content) {
  const file = join(home, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content, null, '\t'));
  return file;
}

/** Options come first: what stands behind `--` belongs to the command. */
const add = (sluice, ...args) => run('--config', sluice.path('sluice.yaml'), 'servers', 'add', ...args);

const run = (...args) => new Promise((done) => {
  execFile(binary(), args, { env, timeout: 30_000 }, (error, stdout, stderr) => done({ code: error ? error.code : 0, stdout, stderr }));
});

/** A gateway on a client's file, which is all that it is given. */
async function serve(file, use, extra = {}) {
  const started = performance.now();
  const child = spawn(binary(), ['serve', '--mcp-config', file, '--listen', '127.0.0.1:0'], { env: { ...env, ...extra }, stdio: ['ignore', 'pipe', 'pipe'] });
  const sluice = { child, out: '', log: '', started };
  child.stdout.on('data', (text) => (sluice.out += text));
  child.stderr.on('data', (text) => (sluice.log += text));
  const ended = new Promise((done) => child.once('close', done));
  try {
    sluice.url = await eventually('it listens', () => {
      if (child.exitCode !== null) throw new Error(sluice.log);
      return /listening on (\S+)/.exec(sluice.out)?.[1];
    });
    await use(sluice);
  } finally {
    child.kill('SIGTERM');
    assert.equal(await ended, 0, sluice.log);
  }
}

test('a client\'s file with three servers from npm is served as it is, and lists within 100 ms of the last', async (t) => {
  mkdirSync(join(home, 'data'));
  writeFileSync(join(home, 'data', 'note.txt'), 'hello from a file');
  const file = write('claude_desktop_config.json', { mcpServers: {
    filesystem: { command: process.execPath, args: [program('filesystem'), join(home, 'data')] },
    everything: { command: process.execPath, args: [program('everything'), 'stdio'] },
    memory: { command: process.execPath, args: [program('memory')], env: { MEMORY_FILE_PATH: join(home, 'memory.jsonl') } },
  } });
  await serve(file, async (sluice) => {
    let last = sluice.started;
    const wanted = ['filesystem__read_text_file', 'everything__echo', 'memory__create_entities'];
    await eventually('all three are listed', async () => {
      last = performance.now();
      const names = await listedTools(sluice);
      return wanted.every((name) => names.includes(name));
    }, 30_000);
    const status = JSON.parse((await run('servers', 'status', '--mcp-config', file, '--json')).stdout).servers;
    const ready = Math.max(...status.map((server) => Date.parse(server.since)));
    const begin = performance.now();
    await listedTools(sluice);
    const took = performance.now() - begin;
    const seen = performance.timeOrigin + performance.now() - ready;
    t.diagnostic(`from the start to all three listed: ${Math.round(last - sluice.started)} ms; tools/list took ${took.toFixed(1)} ms`);
    assert.ok(took < scaled(100), `tools/list took ${took} ms`);
    assert.ok(seen < scaled(5000));
    const read = await call(sluice, undefined, 'filesystem__read_text_file', { path: join(home, 'data', 'note.txt') });
    assert.match(read.result.content[0].text, /hello from a file/);
    assert.equal((await call(sluice, undefined, 'everything__echo', { message: 'hi' })).result.content[0].text, 'Echo: hi');
    await call(sluice, undefined, 'memory__create_entities', { entities: [{ name: 'a', entityType: 'b', observations: ['c'] }] });
    assert.match((await call(sluice, undefined, 'memory__read_graph')).result.content[0].text, /"entityType": "b"/);
    assert.ok(existsSync(join(home, 'memory.jsonl')));
    assert.match(sluice.log, /serving loopback only, to the one agent `local`/);
  });
});

test('tools/list shows the tools of a server within 100 ms after it has answered its own', async (t) => {
  const file = write('one.json', { mcpServers: { s: { command: process.execPath, args: [fixture, JSON.stringify({ notes: join(home, 'listed') })] } } });
  await serve(file, async (sluice) => {
    const names = await eventually('it is listed', async () => {
      const listed = await listedTools(sluice);
      return listed.length > 0 && { at: Date.now() };
    });
    const { servers } = JSON.parse((await run('servers', 'status', '--mcp-config', file, '--json')).stdout);
    const delay = names.at - Date.parse(servers[0].since);
    t.diagnostic(`tools/list showed them ${delay} ms after the server was ready (asked every 25 ms)`);
    assert.ok(delay < scaled(100), `${delay} ms`);
  });
});

test('a file of VS Code is served: comments, inputs, variables, envFile, and its workspace as directory', async () => {
  write('project/.env', '# secrets\nexport FROM_FILE="a b"\nBOTH=file\n');
  const file = write('project/.vscode/mcp.json', `{
	// comments are allowed here
	"inputs": [{"type": "promptString", "id": "api-key", "password": true}, {"id": "region", "default": "eu", "type": "promptString"}],
	"servers": {
		"My Server!": {
			"type": "stdio", "command": ${JSON.stringify(process.execPath)},
			"args": [${JSON.stringify(fixture)}, "{}", "\${workspaceFolder}/x", /* here too */],
			"envFile": "\${workspaceFolder}/.env",
			"env": {"KEY": "\${input:api-key}", "REGION": "\${input:region}", "BOTH": "env", "AT": "\${userHome}\${/}\${workspaceFolderBasename}", "GONE": null},
			"dev": {"watch": "src"}, "gallery": true
		},
		"needs": {"command": "x", "args": ["\${input:other}"]},
		"odd": {"command": "x", "args": ["\${command:pick}"]},
		"remote": {"type": "http", "url": "ftp://example.test/mcp"}
	}
}`);
  await serve(file, async (sluice) => {
    await eventually('it is listed', async () => (await listedTools(sluice)).length > 0);
    const seen = JSON.parse((await call(sluice, undefined, 'My_Server__env')).result.content[0].text);
    assert.deepEqual([seen.FROM_FILE, seen.BOTH, seen.KEY, seen.REGION, seen.AT, seen.GONE], ['a b', 'env', 'k-123', 'eu', `${home}/project`, undefined]);
    const cwd = await call(sluice, undefined, 'My_Server__cwd');
    assert.equal(cwd.result.content[0].text, join(home, 'project'));
    assert.match(sluice.log, /server My Server! is called My_Server /);
    assert.match(sluice.log, /ignored in .*My_Server\.dev, My_Server\.gallery/);
    assert.match(sluice.log, /set SLUICE_INPUT_OTHER/);
    assert.match(sluice.log, /\$\{command:pick\} has no value/);
    assert.match(sluice.log, /does not begin with http:\/\/ or https:\/\//);
  }, { SLUICE_INPUT_API_KEY: 'k-123' });
});

test('a file of Claude Code is served: ${VAR}, its default, and no entry that leads back', async () => {
  const file = write('.mcp.json', { mcpServers: {
    s: { command: '${SLUICE_UNSET:-node}', args: [fixture], env: { A: '${HOME}' } },
    back: { command: 'npx', args: ['mcp-remote', 'http://localhost:8080/mcp'] },
    self: { type: 'http', url: 'http://127.0.0.1:8080/mcp' },
    unset: { command: '${SLUICE_UNSET}' },
  } });
  const { stdout, code } = await run('check', '--mcp-config', file);
  assert.equal(code, 0);
  assert.match(stdout, /server back is skipped: it leads back/);
  assert.match(stdout, /server self is skipped: it leads back/);
  assert.match(stdout, /server unset is off: the environment variable SLUICE_UNSET is not set/);
});

test('a file that is no client\'s file is an error with its place', async () => {
  const none = await run('check', '--mcp-config', write('x.json', { other: 1 }));
  assert.equal(none.code, 2);
  assert.match(none.stderr, /x\.json:1:1: expected 'mcpServers' or 'servers'/);
  assert.equal((await run('check', '--mcp-config', join(home, 'absent.json'))).code, 2);
  const open = await run('serve', '--mcp-config', write('y.json', { mcpServers: {} }), '--listen', '0.0.0.0:0');
  assert.equal(open.code, 2);
  assert.match(open.stderr, /loopback only/);
});

// ---- servers add, import, list, remove

test('servers are added, listed, used and removed, and the configuration itself is never written', async () => {
  const http = await modernServer();
  const sluice = new Sluice({ config: { include: ['servers.d/*.yaml'] } });
  try {
    const before = statSync(sluice.path('sluice.yaml'));
    assert.equal((await add(sluice, 'mine', '-e', 'A=${env:HOME}', '--instances', 'agent', '--cwd', '/tmp', '--', process.execPath, fixture, '{}')).stderr, '');
    assert.equal((await sluice.cli('servers', 'add', 'web', '--url', http.url, '-H', 'X-Key: k')).code, 0);
    assert.equal(statSync(sluice.path('servers.d/mine.yaml')).mode & 0o777, 0o600);
    const { servers } = await sluice.json('servers', 'list');
    assert.deepEqual(servers.map(({ server, transport }) => [server, transport]), [['mine', 'stdio'], ['web', 'http']]);
    assert.match(servers[0].place, /servers\.d\/mine\.yaml:3:5$/);
    await sluice.start();
    await sluice.ready(['mine', 'web']);
    const key = await sluice.key();
    const seen = JSON.parse((await call(sluice, key, 'mine__env')).result.content[0].text);
    assert.equal(seen.A, process.env.HOME);
    assert.equal((await call(sluice, key, 'web__echo', { text: 'x' })).result.content[0].text, 'x');
    const twice = await add(sluice, 'mine', '--', 'x');
    assert.equal(twice.code, 2);
    assert.match(twice.stderr, /File exists/);
    assert.equal((await sluice.cli('servers', 'add', 'bad', '--url', 'ftp://x')).code, 2);
    assert.ok(!existsSync(sluice.path('servers.d/bad.yaml')));
    assert.equal((await sluice.cli('servers', 'add', 'neither')).code, 2);
    assert.equal((await sluice.cli('servers', 'remove', 'mine')).code, 0);
    assert.equal((await sluice.cli('servers', 'remove', 'mine')).code, 2);
    assert.deepEqual((await sluice.json('servers', 'list')).servers.map(({ server }) => server), ['web']);
    assert.equal(statSync(sluice.path('sluice.yaml')).mtimeMs, before.mtimeMs);
  } finally {
    await sluice.remove();
    await http.close();
  }
});

test('a configuration that does not include servers.d is named, and nothing stays behind', async () => {
  const sluice = new Sluice();
  try {
    const { code, stderr } = await add(sluice, 'mine', '--', 'x');
    assert.equal(code, 2);
    assert.match(stderr, /include: \[servers\.d\/\*\.yaml\]/);
    assert.ok(!existsSync(sluice.path('servers.d/mine.yaml')));
  } finally {
    await sluice.remove();
  }
});

test('a client\'s file is imported with its references, not their values', async () => {
  const file = write('import.json', { mcpServers: { a: { command: process.execPath, args: [fixture, '{}'], env: { T: '${IMPORTED_TOKEN:-none}' } } } });
  const sluice = new Sluice({ config: { include: ['servers.d/*.yaml'] }, env: { IMPORTED_TOKEN: 'secret-value' } });
  try {
    assert.deepEqual(await sluice.json('servers', 'import', file), { added: ['a'] });
    await sluice.start();
    await sluice.ready(['a']);
    const key = await sluice.key();
    assert.equal(JSON.parse((await call(sluice, key, 'a__env')).result.content[0].text).T, 'secret-value');
    const { readFileSync } = await import('node:fs');
    const text = readFileSync(sluice.path('servers.d/a.yaml'), 'utf8');
    assert.ok(text.includes('${env:IMPORTED_TOKEN:-none}') && !text.includes('secret-value'), text);
  } finally {
    await sluice.remove();
  }
});
