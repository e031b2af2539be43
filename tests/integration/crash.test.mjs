import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CrashWorld } from './support/crash.mjs';
import { eventually, sleep } from './support/time.mjs';

// The first few commits make the journal. Those of a run follow, in order: started; asked, answered, intent, outcome;
// asked, answered, intents and outcomes of three calls; and so on.
const points = ['unwritten', 'unsynced', 'synced'].flatMap((when) => [2, 4, 5, 6, 7, 8, 9, 10].map((commit) => `${when}:${commit}`));

const start = async ({ sluice }, number = 0) => {
  const { code, stdout } = await sluice.cli('run', 'worker', `Work ${number}.`, '--detach');
  return code === 0 ? stdout.trim() : undefined;
};

async function dieAt(point) {
  const world = await CrashWorld.open();
  try {
    await world.startToDie(point).catch(() => {}); // it may die before it listens
    if (world.sluice.running()) await world.sluice.ready(['m']).catch(() => {});
    // The gateway may die before it acknowledges: then there need not be a run, but if there is one it goes on.
    const acknowledged = await start(world).catch(() => undefined);
    // A point that no commit reaches: the run ends before it.
    const died = await eventually('the run ends or the gateway dies', async () => {
      if (!world.sluice.running()) return 'died';
      const { runs } = await world.sluice.json('runs', 'list').catch(() => ({ runs: [] }));
      return runs.some(({ status }) => status === 'done') ? 'lived' : undefined;
    }) === 'died';
    if (died) {
      await world.died();
      await world.sluice.start();
    }
    const runs = (await world.sluice.json('runs', 'list')).runs.map(({ run }) => run);
    if (acknowledged) assert.ok(runs.includes(acknowledged), 'an acknowledged run is gone');
    for (const run of runs) assert.equal((await world.finish(run)).text, 'All done.');
    await world.check(runs);
    // One crash costs at most one answer of the model.
    let again = 0;
    for (let turn = 0; turn < 4 && runs.length > 0; ++turn) again += world.asked(turn) - 1;
    assert.ok(again <= 1, `${again} answers of the model were bought twice`);
    return died;
  } finally {
    await world.close();
  }
}

test('whatever commit a crash comes around, the run goes on and nothing happens twice', async () => {
  const waiting = [...points];
  let died = 0;
  const worker = async () => {
    for (let point = waiting.shift(); point; point = waiting.shift()) {
      const reached = await dieAt(point).catch((error) => {
        throw new Error(`${point}: ${error.stack}`);
      });
      if (reached) ++died;
    }
  };
  await Promise.all([worker(), worker(), worker()]);
  assert.ok(died >= 15, `only ${died} of ${points.length} points were reached`);
});

// CRASH_KILLS=100 for the long way; tests/crash/run does that.
const kills = Number(process.env.CRASH_KILLS ?? 4);

test(`after ${kills} times kill -9 at random no run is lost and nothing happens twice`, async () => {
  const world = await CrashWorld.open({ delay: 20 });
  try {
    const runs = new Set();
    for (let kill = 0; kill < kills; ++kill) {
      await world.sluice.start();
      await world.sluice.ready(['m']);
      const run = await start(world, kill);
      if (run) runs.add(run);
      await sleep(Math.random() * 400);
      await world.sluice.kill();
    }
    await world.sluice.start();
    for (const { run } of (await world.sluice.json('runs', 'list')).runs) runs.add(run);
    for (const run of runs) await world.finish(run);
    await world.check([...runs]);
  } finally {
    await world.close();
  }
});
