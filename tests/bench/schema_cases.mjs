// Writes the cases of tests/bench/schema: every tool of three official servers, with a call that fits its schema, and large
// schemas that were written here.
import { mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const modules = process.argv[2];
const require = createRequire(join(modules, "package.json"));
const load = async (name) => import(pathToFileURL(require.resolve(name)));

const { Client } = await load("@modelcontextprotocol/sdk/client/index.js");
const { StdioClientTransport } = await load("@modelcontextprotocol/sdk/client/stdio.js");

const scratch = realpathSync(mkdtempSync(join(tmpdir(), "bench-")));
const servers = [
  ["everything", "@modelcontextprotocol/server-everything/dist/index.js", ["stdio"]],
  ["filesystem", "@modelcontextprotocol/server-filesystem/dist/index.js", [scratch]],
  ["memory", "@modelcontextprotocol/server-memory/dist/index.js", []],
];

const cases = [];
for (const [name, script, args] of servers) {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [join(modules, "node_modules", script), ...args],
    env: { PATH: process.env.PATH, MEMORY_FILE_PATH: join(scratch, "memory.json") },
    stderr: "ignore",
  });
  const client = new Client({ name: "bench", version: "0" });
  await client.connect(transport);
  for (const tool of (await client.listTools()).tools) {
    cases.push({ name: `${name}/${tool.name}`, kind: "tool", schema: tool.inputSchema, instance: fit(tool.inputSchema) });
  }
  await client.close();
}

// A value that fits a schema as tools write them.
function fit(schema) {
  if ("const" in schema) return schema.const;
  if (schema.enum) return schema.enum.at(-1);
  if (schema.anyOf) return fit(schema.anyOf[0]);
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case "object":
      return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([key, value]) => [key, fit(value)]));
    case "array":
      return Array.from({ length: Math.max(2, schema.minItems ?? 0) }, () => fit(schema.items ?? {}));
    case "integer":
    case "number":
      return schema.minimum ?? schema.maximum ?? 3;
    case "boolean":
      return true;
    case "string":
      return schema.format === "uri" ? "https://example.test/a/file.gz" : "/srv/data/report-2026.txt";
    default:
      return null;
  }
}

// ---- Large ones

const draft = "https://json-schema.org/draft/2020-12/schema";
const range = (count, make) => Array.from({ length: count }, (_, i) => make(i));
const record = (entries) => Object.fromEntries(entries);

// An order as an ERP system has it: many optional fields, addresses by reference, lines.
const address = {
  type: "object",
  properties: record(["name", "street", "city", "zip", "region", "country"].map((key) => [key, { type: "string", minLength: 1, maxLength: 120 }])),
  required: ["street", "city", "country"],
  additionalProperties: false,
};
const order = {
  $schema: draft,
  $defs: { address, money: { type: "object", properties: { amount: { type: "number", minimum: 0 }, currency: { enum: ["EUR", "USD", "GBP", "CHF"] } }, required: ["amount", "currency"] } },
  type: "object",
  properties: {
    id: { type: "string", pattern: "^[A-Z]{2}-[0-9]{6}$" },
    billing: { $ref: "#/$defs/address" },
    shipping: { $ref: "#/$defs/address" },
    lines: {
      type: "array", minItems: 1, maxItems: 500,
      items: { type: "object", properties: { sku: { type: "string" }, count: { type: "integer", minimum: 1 }, price: { $ref: "#/$defs/money" } }, required: ["sku", "count", "price"], additionalProperties: false },
    },
    ...record(range(60, (i) => [`field_${i}`, i % 3 === 0 ? { type: "integer" } : { type: ["string", "null"] }])),
  },
  required: ["id", "billing", "lines"],
  additionalProperties: false,
};
const place = { name: "Acme", street: "Long Road 1", city: "Ulm", country: "DE" };
cases.push({ name: "order of 30 lines, 64 fields", kind: "large", schema: order, instance: {
  id: "AB-123456", billing: place, shipping: place,
  lines: range(30, (i) => ({ sku: `sku-${i}`, count: i + 1, price: { amount: 9.5 + i, currency: "EUR" } })),
  ...record(range(60, (i) => [`field_${i}`, i % 3 === 0 ? i : `value ${i}`])),
} });

// Forty kinds of event, told apart by a constant.
cases.push({ name: "one of 40 kinds, the last", kind: "large", schema: {
  $schema: draft, type: "object",
  oneOf: range(40, (i) => ({ properties: { kind: { const: `kind_${i}` }, payload: { type: "object", properties: { [`key_${i}`]: { type: "string" } }, required: [`key_${i}`] } }, required: ["kind", "payload"] })),
}, instance: { kind: "kind_39", payload: { key_39: "x" } } });

// A tree of 1,023 nodes.
const tree = (depth) => ({ value: depth, children: depth === 0 ? [] : [tree(depth - 1), tree(depth - 1)] });
cases.push({ name: "tree of 1,023 nodes", kind: "large", schema: {
  $schema: draft, $id: "https://example.test/tree", type: "object",
  properties: { value: { type: "integer" }, children: { type: "array", items: { $ref: "#" } } },
  required: ["value"], additionalProperties: false,
}, instance: tree(9) });

// Mixins that know only their own members.
cases.push({ name: "12 mixins, unevaluatedProperties", kind: "large", schema: {
  $schema: draft, type: "object",
  allOf: range(12, (i) => ({ properties: record(range(5, (k) => [`m${i}_${k}`, { type: "integer" }])) })),
  unevaluatedProperties: false,
}, instance: record(range(60, (i) => [`m${Math.floor(i / 5)}_${i % 5}`, i])) });

// A table.
cases.push({ name: "table of 1,000 rows", kind: "large", schema: {
  $schema: draft, type: "array",
  items: { type: "array", prefixItems: [{ type: "integer" }, { type: "string" }, { type: "number" }, { type: ["boolean", "null"] }], items: false },
}, instance: range(1000, (i) => [i, `row ${i}`, i / 4, i % 2 === 0]) });

writeFileSync(process.argv[3], JSON.stringify(cases));
process.exit(0);
