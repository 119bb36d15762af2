/** The certificate that a mock serves https with: files of the user's own, or one made for the occasion. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Certificate, fingerprint, selfSigned } from '../mock/index.ts';
import { ScenarioError } from '../model/errors.ts';

export interface CertificateArguments {
  readonly tls: boolean;
  readonly 'tls-cert'?: string;
  readonly 'tls-key'?: string;
}

/**
 * null: http.
 * @throws ScenarioError when a file cannot be read
 */
export async function mockCertificate(args: CertificateArguments): Promise<Certificate | null> {
  const { 'tls-cert': cert, 'tls-key': key } = args;
  if (cert !== undefined && key !== undefined) return { cert: pem(cert, '--tls-cert'), key: pem(key, '--tls-key') };
  return args.tls ? selfSigned() : null;
}

/** Writes the certificate (never its key) where clients can be told to trust it, and says how. */
export function trustHint(certificate: Certificate): string {
  const file = join(mkdtempSync(join(tmpdir(), 'rundry-mock-')), 'certificate.pem');
  writeFileSync(file, certificate.cert);
  return `certificate ${file}, SHA-256 ${fingerprint(certificate)}
trust it with NODE_EXTRA_CA_CERTS=${file}, SSL_CERT_FILE=${file} or curl --cacert ${file}
`;
}

function pem(file: string, option: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ScenarioError([`${option}: ${file} cannot be read`], { cause });
  }
}
