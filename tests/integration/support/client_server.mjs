import { z } from 'zod';

const text = (value) => ({ content: [{ type: 'text', text: value }] });

/** What the tools below were asked: who waits, whose wait was cancelled, and how often there was work. */
export class Seen {
  constructor() {
    this.waiting = new Set();
    this.cancelled = new Set();
    this.worked = 0;
  }
}

/** Registers tools with which a client shows what it can do, on a 2026-07-28 server. */
export function registerClientTools(server, seen) {
  const add = (name, members, run) =>
    server.registerTool(name, { description: `${name}, for clients`, inputSchema: z.object(members) },
      (args, { mcpReq }) => run(args, mcpReq));
  add('echo', { text: z.string() }, ({ text: said }) => text(said));
  add('work', { steps: z.number() }, async ({ steps }, request) => {
    seen.worked += 1;
    const progressToken = request._meta?.progressToken;
    for (let progress = 1; progress <= steps && progressToken !== undefined; progress += 1) {
      await request.notify({ method: 'notifications/progress', params: { progressToken, progress, total: steps, message: `step ${progress}` } });
    }
    return text(`worked ${steps}`);
  });
  add('wait', { who: z.string() }, ({ who }, request) => new Promise((done) => {
    seen.waiting.add(who);
    request.signal.addEventListener('abort', () => {
      seen.cancelled.add(who);
      done(text('too late'));
    });
  }));
}
