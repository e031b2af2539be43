// 500 reloads between two policies that differ in every rule, under load: tests/bench/reload.mjs [RELOADS [CLIENTS]]
// Fails when a call does or when a record mixes the two; prints how long it took and what it cost in memory.
import { reloadUnderLoad } from '../integration/support/reload_load.mjs';

const [reloads = 500, clients = 16] = process.argv.slice(2).map(Number);
const { seconds, calls, resident } = await reloadUnderLoad({ reloads, clients });
const mib = (bytes) => (bytes / 2 ** 20).toFixed(1);
console.log(`${reloads} reloads in ${seconds.toFixed(1)} s; ${calls} calls, none failed, every record names one policy`);
console.log(`resident after 20 %: ${mib(resident[Math.floor(reloads / 5)])} MiB, at the end: ${mib(resident.at(-1))} MiB`);
