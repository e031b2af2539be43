import { connect } from 'node:net';
import { within } from './time.mjs';

/** One connection on which bytes are sent exactly as they are given, and answers are read. */
export class RawConnection {
  static async open(port, host = '127.0.0.1') {
    const socket = connect({ port, host, noDelay: true });
    await new Promise((done, failed) => socket.once('connect', done).once('error', failed));
    return new RawConnection(socket);
  }

  constructor(socket) {
    this.socket = socket;
    this.buffer = Buffer.alloc(0);
    this.over = false;
    this.wake = () => {};
    socket.on('data', (bytes) => {
      this.buffer = this.buffer.length ? Buffer.concat([this.buffer, bytes]) : bytes;
      this.wake();
    });
    const end = () => {
      this.over = true;
      this.wake();
    };
    socket.on('end', end).on('close', end).on('error', end);
  }

  /** A string is sent as Latin-1, so that every byte can be written. */
  send(bytes) {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
    return this;
  }

  async #until(test) {
    for (;;) {
      const found = test();
      if (found !== undefined) return found;
      if (this.over) throw new Error(`the connection ended after: ${JSON.stringify(this.buffer.toString('latin1').slice(0, 500))}`);
      await new Promise((done) => (this.wake = done));
    }
  }

  /** The next answer; `undefined` when the connection ends without one. */
  response(ms = 10_000) {
    return within(ms, 'an answer', this.#response());
  }

  async #response() {
    const head = await this.#until(() => {
      const end = this.buffer.indexOf('\r\n\r\n');
      if (end >= 0) return this.#take(end + 4).toString('latin1').slice(0, -4);
      return this.over && this.buffer.length === 0 ? null : undefined;
    });
    if (head === null) return undefined;
    const [start, ...lines] = head.split('\r\n');
    const headers = {};
    for (const line of lines) {
      const colon = line.indexOf(':');
      headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
    }
    const length = Number(headers['content-length'] ?? 0);
    const body = await this.#until(() => (this.buffer.length >= length ? this.#take(length) : undefined));
    return { status: Number(start.split(' ')[1]), start, headers, body: body.toString('utf8'), head };
  }

  #take(count) {
    const taken = this.buffer.subarray(0, count);
    this.buffer = this.buffer.subarray(count);
    return taken;
  }

  /** Whether the peer has ended the connection, or does so in time. */
  async ended(ms = 5_000) {
    await within(ms, 'the end of the connection', (async () => {
      while (!this.over) await new Promise((done) => (this.wake = done));
    })());
    return true;
  }

  close() {
    this.socket.destroy();
  }
}

/** Sends the bytes on a connection of their own and returns the answer, and whether it ended then. */
export async function exchange(port, bytes) {
  const connection = await RawConnection.open(port);
  try {
    connection.send(bytes);
    const answer = await connection.response();
    if (answer) answer.connection = connection.over ? 'ended' : answer.headers.connection;
    return answer;
  } finally {
    connection.close();
  }
}
