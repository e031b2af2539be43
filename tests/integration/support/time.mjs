// Sanitizer builds are slower: SLUICE_SLOW stretches every wait, and divides the amount of load.
import { setTimeout as delay } from 'node:timers/promises';

export const slow = Number(process.env.SLUICE_SLOW ?? 1);

export const scaled = (ms) => ms * slow;

export const fewer = (count) => Math.max(1, Math.round(count / slow));

export const sleep = (ms) => delay(ms);

/** Asks until the answer is truthy, and returns it; fails with `what` when it never is. */
export async function eventually(what, ask, within = 10_000) {
  const end = Date.now() + scaled(within);
  let last;
  do {
    try {
      last = await ask();
      if (last) return last;
    } catch (error) {
      last = error;
    }
    await sleep(25);
  } while (Date.now() < end);
  throw new Error(`waited in vain until ${what}; last: ${last instanceof Error ? last.stack : JSON.stringify(last)}`);
}

/** The outcome of `promise`, or a failure that says what was waited for. */
export async function within(ms, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: took longer than ${scaled(ms)} ms`)), scaled(ms));
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
