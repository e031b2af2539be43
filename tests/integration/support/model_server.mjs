import { appendFileSync, readFileSync } from 'node:fs';
import { listen, readBody } from './node_server.mjs';
import { sleep } from './time.mjs';

const chunk = (delta, finish = null) => ({ choices: [{ index: 0, delta, finish_reason: finish }] });

function toolCallChunks(calls) {
  return calls.map(({ tool, args }, index) => chunk({
    tool_calls: [{ index, id: `call_${index}`, type: 'function', function: { name: tool, arguments: JSON.stringify(args) } }],
  }));
}

/**
 * A model behind OpenAI's API that follows a plan: `answers[turn]` is `{calls}`, `{text}`, `{status}` or `{drop: true}`.
 * The turn is the number of answers that the question repeats. Each question is noted in `file` before it is answered,
 * so that the count survives whatever happens to the gateway. `delay` is in milliseconds, or waits for the turn itself.
 */
export async function modelServer(answers, { file, delay = 0 } = {}) {
  const questions = [];
  const server = await listen(async (req, res) => {
    const body = JSON.parse(await readBody(req));
    const turn = body.messages.filter((message) => message.role === 'assistant').length;
    const run = body.messages.find((message) => message.role === 'user').content;
    questions.push({ turn, run, body, headers: req.headers, path: req.url });
    if (file) appendFileSync(file, JSON.stringify({ run, turn, at: Date.now() }) + '\n');
    const plan = typeof answers === 'function' ? answers(turn, body, questions.length) : answers[turn];
    await (typeof delay === 'function' ? delay(turn) : sleep(delay));
    if (plan?.status) {
      res.writeHead(plan.status, { 'Content-Type': 'application/json', ...plan.headers });
      return res.end(JSON.stringify({ error: { message: plan.message ?? 'as planned' } }));
    }
    res.writeHead(200, { 'Content-Type': 'text/event-stream' });
    const send = (event) => res.write(`data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`);
    if (plan?.drop) {
      send(chunk({ content: 'I be' }));
      await sleep(50); // so that it leaves
      return res.destroy();
    }
    const calls = plan?.calls ?? [];
    for (const event of toolCallChunks(calls)) send(event);
    if (calls.length === 0) send(chunk({ content: plan?.text ?? 'All done.' }));
    send(chunk({}, calls.length > 0 ? 'tool_calls' : 'stop'));
    send({ choices: [], usage: { prompt_tokens: 100, completion_tokens: 10 } });
    send('[DONE]');
    res.end();
  }, { path: '/v1' });
  return { ...server, questions };
}

/** The questions that were noted in a file. */
export function noted(file) {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));
  } catch {
    return [];
  }
}
