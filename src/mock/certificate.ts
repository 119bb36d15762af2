/** A certificate for this machine alone, made when the mock starts and worth nothing elsewhere. */
import { X509Certificate } from 'node:crypto';
import { generate } from 'selfsigned';

export interface Certificate {
  /** PEM. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
}

/** Signed by itself, for localhost, 127.0.0.1 and [::1], for a year. */
export async function selfSigned(): Promise<Certificate> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'rundry mock' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyCertSign: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
        ],
      },
    ],
  });
  return { cert, key };
}

/** SHA-256 of a certificate as browsers show it. */
export function fingerprint({ cert }: Pick<Certificate, 'cert'>): string {
  return new X509Certificate(cert).fingerprint256;
}
