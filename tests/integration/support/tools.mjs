import { z } from 'zod';
import { sleep } from './time.mjs';

const text = (value) => ({ content: [{ type: 'text', text: value }] });

/** What a fixture server was asked to do: the arguments of every call, by tool. */
export class Calls {
  constructor() {
    this.all = [];
    this.before = async () => {};
  }

  /** Run inside the server, before the tool does anything. */
  async arrive(tool, args) {
    this.all.push({ tool, args });
    await this.before(tool, args);
  }

  of(tool) {
    return this.all.filter((call) => call.tool === tool).length;
  }
}

/**
 * Registers the fixture's tools on a server of either SDK. `shape` turns members into what that
 * SDK takes as a schema.
 */
export function registerTools(server, calls, shape) {
  const add = (name, members, run, more = {}) =>
    server.registerTool(name, { description: `${name}, for tests`, inputSchema: shape(members), ...more },
      async (args) => {
        await calls.arrive(name, args);
        return run(args);
      });
  add('echo', { text: z.string() }, ({ text: said }) => text(said));
  add('add', { a: z.number(), b: z.number() }, ({ a, b }) => text(String(a + b)));
  add('fail', {}, () => ({ ...text('it went wrong'), isError: true }));
  add('slow', { ms: z.number() }, async ({ ms }) => {
    await sleep(ms);
    return text(`slept ${ms}`);
  });
  add('big', { bytes: z.number() }, ({ bytes }) => text('x'.repeat(bytes)));
  add('count', { note: z.string().optional() }, () => text(String(calls.of('count'))));
}

export const toolNames = ['echo', 'add', 'fail', 'slow', 'big', 'count'];
