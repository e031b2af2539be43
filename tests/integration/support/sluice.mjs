import { execFile, spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { eventually, scaled, within } from './time.mjs';

/** The program under test. Without it there is nothing to test, and that is a failure. */
export function binary() {
  const path = process.env.SLUICE_BINARY;
  if (!path) throw new Error('SLUICE_BINARY must name the sluice program under test');
  accessSync(path, constants.X_OK);
  return resolve(path);
}

const asText = (value) => (typeof value === 'string' ? value : JSON.stringify(value, null, 2)); // JSON is YAML

const open = `
agents: {tester: {roles: [everything]}, other: {roles: [everything]}}
roles: {everything: {allow: ["*"]}}
tools: {"*/echo": {effect: read_only}, "*/add": {effect: read_only}, "*/fail": {effect: read_only},
        "*/slow": {effect: read_only}, "*/big": {effect: read_only}}
`;

// No gateway outlives its tests, not even when the runner ends them for taking too long.
const children = new Set();
process.on('exit', () => children.forEach((child) => child.kill('SIGKILL')));
process.once('SIGTERM', () => process.exit(1));

/** A directory with a configuration, and the commands and the gateway that run on it. */
export class Sluice {
  /** `servers` maps names to URLs or settings; `policy: null` writes none; `config` adds keys. */
  constructor({ servers = {}, policy = open, limits, config = {}, env = {} } = {}) {
    this.directory = mkdtempSync(join(tmpdir(), 'sluice-'));
    this.env = { ...process.env, ...env };
    const entries = Object.entries(servers).map(([name, server]) =>
      [name, typeof server === 'string' ? { url: server } : server]);
    this.config = {
      listen: '127.0.0.1:0',
      store: 'sqlite:./sluice.db',
      drain: '250ms', // what hangs in a test need not be waited for
      ...(policy === null ? {} : { policies: ['policy.yaml'] }),
      servers: Object.fromEntries(entries),
      ...(limits ? { limits } : {}),
      ...config,
    };
    if (policy !== null) this.write('policy.yaml', policy);
    this.write('sluice.yaml', this.config);
    this.log = '';
    this.output = '';
  }

  /** Configured, started, and with every server of `ready` (by default all) in its catalog. */
  static async start(options = {}) {
    const sluice = new Sluice(options);
    try {
      await sluice.start();
      await sluice.ready(options.ready ?? Object.keys(options.servers ?? {}));
    } catch (error) {
      await sluice.remove();
      throw error;
    }
    return sluice;
  }

  path(name) {
    return join(this.directory, name);
  }

  write(name, content) {
    writeFileSync(this.path(name), asText(content));
  }

  async start() {
    this.output = '';
    this.end = undefined;
    const child = spawn(binary(), ['serve', '--config', this.path('sluice.yaml')],
      { env: this.env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    children.add(child);
    child.once('close', () => children.delete(child));
    this.ended = new Promise((done) => child.once('close', (code, signal) => done({ code, signal })));
    child.stdout.setEncoding('utf8').on('data', (text) => (this.output += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (this.log += text));
    const line = await eventually(`the gateway listens; it says: ${this.log.slice(-2000)}`, () => {
      if (child.exitCode !== null || child.signalCode !== null) return 'ended';
      return /^sluice listening on (\S+)$/m.exec(this.output)?.[1];
    });
    if (line === 'ended') throw new Error(`the gateway ended at its start:\n${this.log}`);
    this.url = line;
    this.port = Number(new URL(line).port);
  }

  async ready(servers) {
    for (const name of servers) await this.serverIs(name, 'ready');
  }

  serverIs(name, state, within = 10_000) {
    return eventually(`server ${name} is ${state}`, async () => {
      const { servers } = await this.json('servers', 'status');
      return servers.find((server) => server.server === name)?.state === state;
    }, within);
  }

  running() {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Ends it by SIGTERM, or by SIGKILL when it does not; true when it ended by itself with 0. */
  async stop() {
    if (!this.running()) return false;
    this.child.kill('SIGTERM');
    const hard = setTimeout(() => this.child.kill('SIGKILL'), scaled(10_000));
    this.end = await this.ended;
    clearTimeout(hard);
    return this.end.code === 0;
  }

  async kill() {
    this.child.kill('SIGKILL');
    await this.ended;
    this.end = { code: 0 }; // as it was meant
  }

  /** Ends everything; a gateway that crashed or did not end by itself is a failure, a sanitizer's report too. */
  async remove() {
    if (this.running()) await this.stop();
    const { code, signal } = this.end ?? (this.child ? await this.ended : { code: 0 });
    rmSync(this.directory, { recursive: true, force: true });
    if (code !== 0) throw new Error(`the gateway ended with ${code ?? signal}:\n${this.log.slice(-4000)}`);
  }

  /** Runs a command; never throws for its exit code. */
  cli(...args) {
    return within(60_000, `sluice ${args.join(' ')}`, new Promise((done) => {
      const command = [...args, '--config', this.path('sluice.yaml')];
      execFile(binary(), command, { env: this.env, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
        done({ code: error ? (error.code ?? error.signal) : 0, stdout, stderr });
      });
    }));
  }

  async json(...args) {
    const { code, stdout, stderr } = await this.cli(...args, '--json');
    if (code !== 0) throw new Error(`sluice ${args.join(' ')}: exit ${code}: ${stdout}${stderr}`);
    return JSON.parse(stdout);
  }

  async key(agent = 'tester', ...more) {
    const { code, stdout, stderr } = await this.cli('key', 'create', agent, ...more);
    if (code !== 0) throw new Error(`no key: ${stderr}`);
    const key = stdout.trimEnd().split('\n').at(-1);
    if (this.running()) await this.#knows(key);
    return key;
  }

  /** Running gateways look for new keys several times a second. */
  #knows(key) {
    const headers = { Authorization: `Bearer ${key}` };
    return eventually('the new key is known', async () => (await fetch(this.url, { method: 'PUT', headers })).status === 405, 1000);
  }

  logLines() {
    return this.log.split('\n').filter(Boolean).map((line) => JSON.parse(line));
  }
}
