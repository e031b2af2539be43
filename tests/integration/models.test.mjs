import { LLMock } from '@copilotkit/aimock';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endAll } from './support/end_all.mjs';
import { modelServer } from './support/model_server.mjs';
import { modernServer } from './support/modern_server.mjs';
import { Sluice } from './support/sluice.mjs';
import { eventually } from './support/time.mjs';

const policy = `
agents: {worker: {roles: [worker]}}
roles: {worker: {allow: [m/*]}}
tools: {"m/echo": {effect: read_only}}
`;

/** A gateway whose agent asks a model at `base_url`. */
async function withModel(model, use) {
  const server = await modernServer();
  let sluice;
  try {
    sluice = await Sluice.start({
      servers: { m: server.url },
      policy,
      env: { MODEL_KEY: 'canary-key' },
      config: {
        runtime: {
          models: { fast: { model: 'test', api_key: '${env:MODEL_KEY}', ...model } },
          agents: { worker: { model: 'fast', instructions: 'Be brief.', stop: { steps: 8 } } },
        },
      },
    });
    await use(sluice, server);
  } finally {
    await endAll(() => sluice?.remove(), () => server.close());
  }
}

async function withMock(use) {
  const mock = new LLMock({ port: 0, logLevel: 'silent' });
  const usage = { prompt_tokens: 50, completion_tokens: 7, input_tokens: 50, output_tokens: 7 };
  const echo = { name: 'm__echo', arguments: JSON.stringify({ text: 'hello' }) };
  mock.on({ userMessage: 'Sort', hasToolResult: false }, { toolCalls: [echo, { ...echo, arguments: '{"text":"again"}' }], reasoning: 'I think.', reasoningSignature: 'c2lnbmVk', usage });
  mock.on({ userMessage: 'Sort', hasToolResult: true }, { content: 'All sorted.', usage });
  mock.on({ userMessage: 'Cut' }, { content: 'This answer never comes to its end.', usage }, { chunkSize: 4, latency: 30, truncateAfterChunks: 3 });
  await mock.start();
  try {
    await use(mock);
  } finally {
    await mock.stop();
  }
}

// What the mock can do to every question, and what a run then says.
const faults = [
  ['dropRate', /failed: the model's server answered 5\d\d/],
  ['malformedRate', /failed: the model's server did not answer with a stream/],
  ['rateLimitRate', /failed: the model's server answered 429/],
  ['disconnectRate', /failed: the model's server failed/],
];
const apis = [['openai', (url) => `${url}/v1`], ['anthropic', (url) => url]];

for (const [api, base] of apis) {
  test(`an agent works through a model behind ${api}'s API`, () =>
    withMock((mock) => withModel({ api, base_url: base(mock.url) }, async (sluice, server) => {
      const { code, stdout, stderr } = await sluice.cli('run', 'worker', 'Sort the inbox.');
      assert.equal(code, 0, stdout + stderr);
      assert.match(stdout, /done: All sorted\./);
      assert.deepEqual(server.calls.all.map(({ args }) => args.text).sort(), ['again', 'hello']);
      const facts = await sluice.json('runs', 'show', stdout.split('\n')[0]);
      assert.ok(facts.tokens.all_reported && facts.tokens.output > 0);
    })));

  test(`whatever goes wrong all the time at ${api}'s API is why a run failed`, () =>
    withMock((mock) => withModel({ api, base_url: base(mock.url) }, async (sluice) => {
      for (const [option, reason] of faults) {
        mock.setChaos({ [option]: 1 });
        const { code, stdout } = await sluice.cli('run', 'worker', 'Sort the inbox.');
        assert.equal(code, 1, option);
        assert.match(stdout, reason, option);
      }
    })));

  test(`however ${api}'s API fails, every run ends with a reason`, () =>
    withMock((mock) => withModel({ api, base_url: base(mock.url) }, async (sluice) => {
      const rates = { dropRate: 0.15, malformedRate: 0.15, rateLimitRate: 0.2, disconnectRate: 0.2 };
      mock.setChaos({ ...rates, latencyMs: 10 });
      const runs = await Promise.all(Array.from({ length: 12 }, async () => (await sluice.cli('run', 'worker', 'Sort the inbox.', '--detach')).stdout.trim()));
      for (const run of runs) {
        const facts = await eventually(`${run} has ended`, async () => {
          const now = await sluice.json('runs', 'show', run);
          return now.status === 'running' ? undefined : now;
        }, 60_000);
        assert.ok(['done', 'failed'].includes(facts.status), facts.status);
        if (facts.status === 'failed') assert.match(facts.text, /\S/);
      }
      assert.ok(mock.getRequests().some(({ response }) => response.chaosAction), 'nothing went wrong');
    })));

  test(`an answer of ${api}'s API that ends before its end is none`, () =>
    withMock((mock) => withModel({ api, base_url: base(mock.url) }, async (sluice) => {
      const { code, stdout } = await sluice.cli('run', 'worker', 'Cut off.');
      assert.equal(code, 1);
      assert.match(stdout, /failed: the model's answer broke off/);
      assert.equal(mock.getRequests().length, 3);
    })));
}

test('a server that is overloaded is asked again when it says, one that refuses is not', async () => {
  const answers = (turn, body, count) => {
    if (body.messages.at(-1).content === 'Wrong key.') return { status: 401, message: 'Incorrect API key provided: canary-key' };
    return count === 1 ? { status: 429, headers: { 'Retry-After': '1' } } : { text: 'Done.' };
  };
  const model = await modelServer(answers);
  try {
    await withModel({ api: 'openai', base_url: model.url }, async (sluice) => {
      const begun = Date.now();
      assert.equal((await sluice.cli('run', 'worker', 'Overload.')).code, 0);
      assert.ok(Date.now() - begun >= 950);
      assert.equal(model.questions.length, 2);
      const { code, stdout } = await sluice.cli('run', 'worker', 'Wrong key.');
      assert.equal(code, 1);
      assert.match(stdout, /failed: the model's server answered 401: Incorrect API key provided: \[key\]/);
      assert.equal(model.questions.length, 3);
      assert.ok(!sluice.log.includes('canary-key') && !stdout.includes('canary-key'));
    });
  } finally {
    await model.close();
  }
});

test('an answer that breaks off is asked for again, and given up after three times', async () => {
  const model = await modelServer((turn, body, count) => (count <= 2 ? { drop: true } : count === 3 ? { text: 'Done.' } : { drop: true }));
  try {
    await withModel({ api: 'openai', base_url: model.url }, async (sluice) => {
      assert.equal((await sluice.cli('run', 'worker', 'Once.')).code, 0);
      assert.equal(model.questions.length, 3);
      const { code, stdout } = await sluice.cli('run', 'worker', 'Never.');
      assert.equal(code, 1);
      assert.match(stdout, /failed: the model's answer broke off/);
      assert.equal(model.questions.length, 6);
    });
  } finally {
    await model.close();
  }
});

test('a model that nobody answers for fails its run with a sentence', () =>
  withModel({ api: 'openai', base_url: 'http://127.0.0.1:1/v1', timeout: '2s' }, async (sluice) => {
    const { code, stdout } = await sluice.cli('run', 'worker', 'Hello?');
    assert.equal(code, 1);
    assert.match(stdout, /failed: the model's server failed: it does not accept connections/);
  }));
