import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { within } from './time.mjs';

const here = (path) => fileURLToPath(new URL(`../clients/${path}`, import.meta.url));

/** The programs under clients/: the command, what makes it, and which revision it is known to settle on. */
export const programs = {
  'typescript-v1': { command: [process.execPath, here('typescript-v1/client.mjs')], revision: '2025-11-25' },
  'typescript-v2': { command: [process.execPath, here('typescript-v2/client.mjs')], revision: '2026-07-28' },
  python: { command: [here('python/.venv/bin/python'), here('python/client.py')], revision: '2026-07-28', by: 'deps' },
  langchain: { command: [here('langchain/.venv/bin/python'), here('langchain/client.py')], revision: '2025-11-25', by: 'deps' },
  go: { command: [here('go/.build/client')], revision: '2026-07-28', by: 'clients' },
  rust: { command: [here('rust/.build/debug/client')], revision: '2026-07-28', by: 'clients' },
};

const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** A running client. It says what it was answered, one JSON object a line, and waits for `go()` where it says so. */
export class ClientProgram {
  constructor(name, url, key) {
    const { command: [command, ...args], by } = programs[name];
    try {
      accessSync(command, constants.X_OK);
    } catch {
      throw new Error(`The ${name} client is not there. Make it with: ./bootstrap ${by}`);
    }
    this.name = name;
    this.child = spawn(command, [...args, url, key, name], { stdio: ['pipe', 'pipe', 'pipe'] });
    running.add(this.child);
    this.errors = '';
    this.child.stderr.setEncoding('utf8').on('data', (text) => (this.errors += text));
    this.child.stdin.on('error', () => {}); // it ended; what it says next shows it
    this.ended = new Promise((done) => this.child.once('close', (code, signal) => done(code ?? signal)));
    this.ended.then(() => running.delete(this.child));
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  /** What it says next, which must be about this step. */
  async said(step) {
    const { value } = await within(60_000, `word of ${step} from ${this.name}`, this.lines.next());
    if (value === undefined) throw new Error(`${this.name} ended before ${step}: ${await this.ended}\n${this.errors}`);
    const { step: about, ...what } = JSON.parse(value);
    if (about !== step) throw new Error(`${this.name} was to speak of ${step}, and said ${value}`);
    return what;
  }

  go() {
    this.child.stdin.write('\n');
  }

  /** Its exit status, once it has ended by itself. */
  end() {
    return within(20_000, `the end of ${this.name}; it says: ${this.errors}`, this.ended);
  }
}
