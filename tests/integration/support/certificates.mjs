import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const openssl = (...args) => execFileSync('openssl', args, { stdio: 'pipe' });
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** An authority of its own in a temporary directory, and the certificates that it gives. */
export class Authority {
  constructor() {
    this.directory = mkdtempSync(join(tmpdir(), 'sluice-ca-'));
    this.file = this.path('ca.pem');
    this.count = 0;
    openssl('req', '-x509', ...newKey, '-keyout', this.path('ca.key'), '-out', this.file, '-days', '2', '-subj', '/CN=test authority');
  }

  path(name) {
    return join(this.directory, name);
  }

  /** A certificate for these names and addresses: its files and their content. */
  certify(names, { days = 2 } = {}) {
    const base = this.path(`leaf${++this.count}`);
    const files = { cert: `${base}.pem`, key: `${base}.key` };
    openssl('req', ...newKey, '-keyout', files.key, '-out', `${base}.csr`, '-subj', `/CN=leaf ${this.count}`);
    writeFileSync(`${base}.ext`, `subjectAltName=${names.join(',')}\n`);
    openssl('x509', '-req', '-in', `${base}.csr`, '-CA', this.file, '-CAkey', this.path('ca.key'), '-CAcreateserial',
      '-days', String(days), '-extfile', `${base}.ext`, '-out', files.cert);
    return { files, cert: readFileSync(files.cert), key: readFileSync(files.key) };
  }

  get pem() {
    return readFileSync(this.file, 'utf8');
  }

  remove() {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
