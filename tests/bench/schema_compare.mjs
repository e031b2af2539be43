// Runs bench_schema and ajv on the same cases in turns and prints them side by side: nanoseconds of one validation, of
// parsing and validating, and the ratio of the latter.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [, , modules, program, file] = process.argv;
const require = createRequire(join(modules, "package.json"));
const ajvs = {
  "draft-07": require("ajv").default,
  "2020-12": require("ajv/dist/2020.js").default,
};
const cases = JSON.parse(readFileSync(file, "utf8"));

function once(run, count) {
  const start = process.hrtime.bigint();
  for (let i = 0; i < count; ++i) run();
  return Number(process.hrtime.bigint() - start);
}

function nanoseconds(run) {
  let count = 100;
  while (once(run, count) < 5e6) count *= 2; // until it is compiled and long enough to be timed
  let best = Infinity;
  for (let i = 0; i < 9; ++i) best = Math.min(best, once(run, count) / count);
  return best;
}

function measure({ name, schema, instance }) {
  const draft = (schema.$schema ?? "").includes("draft-07") ? "draft-07" : "2020-12";
  const options = { strict: false, validateFormats: false, logger: false };
  const validate = new ajvs[draft](options).compile(schema);
  const text = JSON.stringify(instance);
  const value = JSON.parse(text);
  const compile = Math.min(...[1, 2, 3].map(() => once(() => new ajvs[draft](options).compile(schema), 1)));
  return { compile, valid: validate(value), validate: nanoseconds(() => validate(value)), both: nanoseconds(() => validate(JSON.parse(text))) };
}

const round = (value) => (value < 100 ? value.toFixed(1) : value.toFixed(0));
const row = (...cells) => console.log(cells.map((cell, i) => (i === 0 ? String(cell).padEnd(44) : String(cell).padStart(12))).join(""));

const ours = execFileSync(program, [file], { encoding: "utf8" }).trim().split("\n").map((line) => JSON.parse(line));
row("ns", "compile", "validate", "allocations", "both", "ajv compile", "ajv valid.", "ajv both", "both: ratio");
let failed = false;
const tools = { validate: [], compile: [], ratio: [] };
for (const [i, one] of cases.entries()) {
  const mine = ours[i];
  const theirs = measure(one);
  if (mine.refused || mine.valid !== theirs.valid) {
    console.log(`${one.name}: ${mine.refused ?? `valid here: ${mine.valid}, to ajv: ${theirs.valid}`}`);
    failed = true;
    continue;
  }
  if (one.kind === "tool") {
    tools.validate.push(mine.validate);
    tools.compile.push(mine.compile);
    tools.ratio.push(theirs.both / mine.both);
  }
  row(one.name, round(mine.compile), round(mine.validate), mine.allocations, round(mine.both), round(theirs.compile), round(theirs.validate), round(theirs.both), `${(theirs.both / mine.both).toFixed(2)} x`);
}
const middle = (list) => list[Math.floor(list.length / 2)];
for (const list of [tools.validate, tools.compile, tools.ratio]) list.sort((a, b) => a - b);
console.log(`\n${tools.validate.length} tools: validate median ${round(middle(tools.validate))} ns, most ${round(tools.validate.at(-1))} ns (target 1000); ` +
  `compile median ${round(middle(tools.compile) / 1000)} us, most ${round(tools.compile.at(-1) / 1000)} us (target 100); ` +
  `parse and validate against ajv: median ${middle(tools.ratio).toFixed(2)} x as fast, least ${tools.ratio[0].toFixed(2)} x`);
process.exit(failed ? 1 : 0);
