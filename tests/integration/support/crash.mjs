import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { endAll } from './end_all.mjs';
import { records } from './journal.mjs';
import { modelServer, noted } from './model_server.mjs';
import { modernServer } from './modern_server.mjs';
import { binary, Sluice } from './sluice.mjs';
import { eventually, sleep } from './time.mjs';

const policy = `
currency: EUR
agents: {worker: {roles: [worker]}}
roles: {worker: {allow: [m/*], budgets: [{name: daily, window: day, money: 100.00, calls: 1000}]}}
tools: {"m/echo": {effect: read_only}, "m/add": {effect: idempotent}, "*": {price: 0.01}}
`;

// Effects of every class, alone and side by side.
const answers = [
  { calls: [{ tool: 'm__count', args: {} }] },
  { calls: [{ tool: 'm__echo', args: { text: 'x' } }, { tool: 'm__add', args: { a: 1, b: 2 } }, { tool: 'm__count', args: { note: 'two' } }] },
  { calls: [{ tool: 'm__count', args: { note: 'three' } }] },
  { text: 'All done.' },
];

/** An upstream and a model that note durably what reaches them, and a gateway between them that may be killed. */
export class CrashWorld {
  static async open({ delay = 0 } = {}) {
    const world = new CrashWorld();
    world.directory = mkdtempSync(join(tmpdir(), 'sluice-crash-'));
    world.questions = join(world.directory, 'questions');
    world.effects = join(world.directory, 'effects');
    world.server = await modernServer();
    world.server.calls.before = async (tool, args) => {
      appendFileSync(world.effects, JSON.stringify({ tool, args }) + '\n');
      await sleep(delay);
    };
    world.model = await modelServer(answers, { file: world.questions, delay });
    world.sluice = new Sluice({
      servers: { m: world.server.url },
      policy,
      config: {
        runtime: {
          models: { fast: { api: 'openai', base_url: world.model.url, model: 'test', price: { input: '1.00', output: '2.00', per: '1M' } } },
          agents: { worker: { model: 'fast' } },
        },
      },
    });
    return world;
  }

  /** Starts the gateway so that it dies at a point such as `synced:7`. */
  async startToDie(point) {
    const preload = join(dirname(binary()), 'tests', 'crash_at.so');
    const env = this.sluice.env;
    this.sluice.env = { ...env, LD_PRELOAD: preload, CRASH_AT: point, ASAN_OPTIONS: `${env.ASAN_OPTIONS ?? ''}:verify_asan_link_order=0` };
    try {
      await this.sluice.start();
    } finally {
      this.sluice.env = env;
    }
  }

  async died() {
    await eventually('the gateway died', () => !this.sluice.running());
    this.sluice.end = { code: 0 }; // as it was meant
  }

  /** Settles what waits for a person, truthfully, until the run has ended. Returns what is known of it. */
  async finish(run) {
    return eventually(`${run} has ended`, async () => {
      const facts = await this.sluice.json('runs', 'show', run);
      for (const call of facts.calls) {
        if (call.state !== 'outcome_unknown') continue;
        const happened = this.happened(call);
        const outcome = happened ? ['done', 'as the server noted'] : ['not_done'];
        await this.sluice.cli('runs', 'resolve', run, call.call, ...outcome);
      }
      return ['running', 'waiting', 'paused', 'open'].includes(facts.status) ? undefined : facts;
    }, 30_000);
  }

  happened({ tool, arguments: args }) {
    const name = tool.replace('m__', '');
    return this.noted().some((effect) => effect.tool === name && JSON.stringify(effect.args) === JSON.stringify(args));
  }

  noted() {
    try {
      return readFileSync(this.effects, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));
    } catch {
      return [];
    }
  }

  /** What must hold whatever was killed when; `runs` have all ended. */
  async check(runs) {
    const { sluice } = this;
    const listed = (await sluice.json('runs', 'list')).runs;
    assert.deepEqual(listed.map(({ run }) => run).sort(), [...runs].sort(), 'a run was lost');
    for (const { run, status } of listed) assert.equal(status, 'done', run);
    // Nothing that counts happened more often than the runs wanted it.
    const counts = this.noted().filter(({ tool }) => tool === 'count').map(({ args }) => JSON.stringify(args));
    for (const args of new Set(counts)) {
      const times = counts.filter((each) => each === args).length;
      assert.ok(times <= runs.length, `count ${args} was carried out ${times} times for ${runs.length} runs`);
    }
    // Every unknown outcome was flagged, every intent has its outcome, every hold is resolved, within 5 s.
    await eventually('nothing is open', async () => {
      const { budgets } = await sluice.json('budgets');
      const open = new Set(records(sluice, 'intent').map(({ key }) => key));
      for (const { key } of records(sluice, 'outcome')) open.delete(key);
      return open.size === 0 && budgets.every(({ held }) => held === undefined || Number(held) === 0);
    }, 5_000);
    for (const run of runs) await this.checkQuestions(run);
    const outcomes = records(sluice, 'outcome').map(({ key }) => key);
    assert.equal(new Set(outcomes).size, outcomes.length, 'an intent has two outcomes');
    assert.equal((await sluice.cli('audit', 'verify')).code, 0);
  }

  /** No model was asked for a turn whose answer was in the journal already. Goals tell the runs apart. */
  async checkQuestions(run) {
    const { stdout } = await this.sluice.cli('runs', 'follow', run, '--json');
    const events = stdout.trim().split('\n').map((line) => JSON.parse(line));
    const { goal } = events[0];
    for (const { turn, time } of events.filter(({ event }) => event === 'answered')) {
      const late = noted(this.questions).filter((question) => question.run === goal && question.turn === turn && question.at > Date.parse(time));
      assert.deepEqual(late, [], `${run} asked again for turn ${turn}`);
    }
  }

  async close() {
    await endAll(() => this.sluice.remove(), () => this.model.close(), () => this.server.close());
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** How often the model was asked for a turn of this world's runs. */
  asked(turn) {
    return noted(this.questions).filter((question) => question.turn === turn).length;
  }
}
