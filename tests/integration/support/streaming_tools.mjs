import { z } from 'zod';

const text = (value) => ({ content: [{ type: 'text', text: value }] });

/** What a test sees and steers of the tools below. */
export class Talk {
  constructor() {
    this.started = 0;
    this.aborted = [];
    this.asked = [];
    this.gate = async () => {};
  }
}

// The two SDKs hand a tool the same things under different names.
function requestOf(context) {
  const request = context.mcpReq ?? context;
  return {
    token: request._meta?.progressToken,
    signal: request.signal,
    notify: (method, params) => (request.notify ?? request.sendNotification)({ method, params }),
    log: context.mcpReq ? (level, data) => context.mcpReq.log(level, data) : undefined,
    ask: request.sendRequest,
  };
}

/** Tools that talk while they work, on a server of either SDK. */
export function registerStreamingTools(server, talk, shape) {
  const add = (name, members, run) =>
    server.registerTool(name, { description: `${name}, for tests`, inputSchema: shape(members) },
      (args, context) => {
        talk.started += 1;
        return run(args, requestOf(context));
      });
  add('work', { steps: z.number() }, async ({ steps }, request) => {
    for (let step = 1; step <= steps; step += 1) {
      if (request.token !== undefined) {
        await request.notify('notifications/progress', { progressToken: request.token, progress: step, total: steps, message: `step ${step}` });
      }
      await talk.gate(step);
    }
    return text(`worked ${steps}`);
  });
  add('wait', {}, (args, request) => new Promise((done) => {
    request.signal.addEventListener('abort', () => {
      talk.aborted.push(String(request.signal.reason?.message ?? request.signal.reason));
      done(text('too late'));
    });
  }));
  add('log', {}, async (args, request) => {
    for (const level of ['debug', 'info', 'warning', 'error']) {
      if (request.log) await request.log(level, `at ${level}`);
      else await request.notify('notifications/message', { level, data: `at ${level}` });
    }
    return text('logged');
  });
  add('ask', {}, async (args, request) => {
    try {
      await request.ask({ method: 'roots/list' }, z.any());
      return text('answered');
    } catch (error) {
      return text(`refused with ${error.code}`);
    }
  });
  add('echo', { text: z.string() }, ({ text: said }) => text(said));
}
