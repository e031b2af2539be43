import { testClients } from './support/client_checks.mjs';

testClients({
  'typescript-v1': {
    unknown: 'MCP error -32602: Unknown tool: talk__nothing',
    stranger: /The key is not valid/,
    cancel: /aborted/,
    same: /Session not found/,
  },
  'typescript-v2': { stranger: /requires authorization \(HTTP 401\)/, cancel: /aborted/ },
  python: { stranger: /The key is not valid/, cancel: /cancelled/ },
  langchain: { stranger: /401 Unauthorized/, cancel: /cancelled/ },
});
