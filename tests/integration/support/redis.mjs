import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './time.mjs';

const children = new Set();
process.on('exit', () => children.forEach((child) => child.kill('SIGKILL')));

/** A redis-server of the machine on a unix socket, which keeps its word: every write is on disk before it is answered. */
export class Redis {
  /** `more` are further arguments. */
  static async start(...more) {
    const redis = new Redis();
    redis.more = more;
    redis.directory = mkdtempSync(join(tmpdir(), 'sluice-redis-'));
    redis.socket = join(redis.directory, 'redis.sock');
    redis.url = `redis+unix://${redis.socket}`;
    await redis.run();
    return redis;
  }

  async run() {
    const child = spawn('redis-server', ['--port', '0', '--unixsocket', this.socket, '--save', '', '--appendonly', 'yes', '--appendfsync', 'always', '--dir', this.directory, ...this.more],
      { stdio: 'ignore' });
    this.child = child;
    children.add(child);
    this.ended = new Promise((done) => child.once('close', done));
    child.once('error', (error) => { this.failure = error; });
    await eventually('redis-server accepts connections', async () => {
      if (this.failure) throw this.failure;
      return new Promise((done) => {
        const socket = connect(this.socket, () => { socket.destroy(); done(true); });
        socket.on('error', () => done(false));
      });
    });
  }

  /** One command without blanks in its arguments; its reply as Redis writes it. */
  command(...words) {
    return new Promise((done, fail) => {
      const socket = connect(this.socket, () => socket.write(`${words.join(' ')}\r\n`));
      socket.once('data', (data) => { socket.destroy(); done(data.toString()); });
      socket.once('error', fail);
    });
  }

  async kill() {
    this.child.kill('SIGKILL');
    await this.ended;
    children.delete(this.child);
  }

  async remove() {
    await this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
