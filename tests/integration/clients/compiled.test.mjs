import { testClients } from '../support/client_checks.mjs';

testClients({
  go: { stranger: /Unauthorized/, cancel: /context canceled/ },
  rust: { stranger: /Auth required/, cancel: /cancelled/ },
});
