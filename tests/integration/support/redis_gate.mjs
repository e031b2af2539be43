import { connect, createServer } from 'node:net';
import { join } from 'node:path';

/** How many bytes the first command in `bytes` has, as a client of Redis writes it; undefined while it is not complete. */
function commandLength(bytes) {
  const line = (from) => {
    const end = bytes.indexOf('\r\n', from);
    return end < 0 ? undefined : { number: Number(bytes.toString('latin1', from + 1, end)), next: end + 2 };
  };
  let at = line(0);
  for (let left = at?.number; at && left > 0; --left) {
    const length = line(at.next);
    at = length && length.next + length.number + 2 <= bytes.length ? { next: length.next + length.number + 2 } : undefined;
  }
  return at?.next;
}

/** A door before a Redis, which can make it refuse commands. */
export class RedisGate {
  static async before(redis) {
    const gate = new RedisGate();
    const socket = join(redis.directory, 'gate.sock');
    gate.url = `redis+unix://${socket}`;
    gate.sockets = new Set();
    gate.server = createServer((client) => gate.#serve(client, redis.socket));
    await new Promise((done) => gate.server.listen(socket, done));
    return gate;
  }

  /** From now on every command but those in `passes` is answered with `error`, on new connections as after a start; undefined opens it again. */
  refuse(error, passes = []) {
    Object.assign(this, { error, passes, refused: 0 });
    if (error !== undefined) for (const socket of this.sockets) socket.destroy();
  }

  #serve(client, path) {
    const server = connect(path);
    for (const socket of [client, server]) {
      this.sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => { this.sockets.delete(socket); client.destroy(); server.destroy(); });
    }
    server.pipe(client);
    let bytes = Buffer.alloc(0);
    client.on('data', (more) => {
      bytes = Buffer.concat([bytes, more]);
      for (let length; bytes.length > 0 && (length = commandLength(bytes)) !== undefined; bytes = bytes.subarray(length)) {
        this.#take(bytes.subarray(0, length), client, server);
      }
    });
  }

  #take(command, client, server) {
    const name = /^\*\d+\r\n\$\d+\r\n(\w+)/.exec(command.toString('latin1', 0, 64))?.[1];
    if (this.error === undefined || this.passes.includes(name)) {
      server.write(command);
    } else {
      ++this.refused;
      client.write(`-${this.error}\r\n`);
    }
  }

  async close() {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((done) => this.server.close(done));
  }
}
