/**
 * An answer as it passes, unpacked and with its pictures left out: what is kept of a gigabyte of results is a few kilobytes, and no
 * picture is ever held.
 */
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { finished, type Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';

/** Longer texts of an answer are read by its status alone. */
const KEPT_BYTES_MAX = 64 * 1024 * 1024;
/** No name, token or word of an answer is one run of so many letters and digits; every picture is. */
const RUN_BYTES_MAX = 2_048;

const IS_BASE64 = new Uint8Array(256);
for (const letter of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=') IS_BASE64[letter.charCodeAt(0)] = 1;

export class WithoutPictures {
  private readonly kept: Buffer[] = [];
  private bytes = 0;
  private run = 0;
  private isLost = false;
  private readonly unpacking: Transform | null;

  /** @param encoding the answer's content-encoding */
  constructor(encoding: string | readonly string[] | undefined) {
    const name = String(encoding ?? '')
      .trim()
      .toLowerCase();
    const make = UNPACKERS[name];
    this.unpacking = make?.() ?? null;
    this.isLost = make === undefined;
    this.unpacking?.on('data', (piece: Buffer) => this.look(piece));
    this.unpacking?.on('error', () => {
      this.isLost = true;
    });
  }

  /** Resolves when there is room for more. */
  async push(piece: Buffer): Promise<void> {
    if (this.isLost) return;
    if (this.unpacking === null) this.look(piece);
    else if (!this.unpacking.write(piece))
      await Promise.race([once(this.unpacking, 'drain'), once(this.unpacking, 'close')]).catch(() => {});
  }

  /** The text; empty where it could not be read. */
  async end(): Promise<string> {
    const { unpacking } = this;
    if (unpacking !== null && !this.isLost) {
      await new Promise<void>((resolve) => {
        finished(unpacking, { writable: false }, () => resolve());
        unpacking.end();
      });
    }
    return this.isLost ? '' : Buffer.concat(this.kept).toString();
  }

  private look(piece: Buffer): void {
    let from = this.run > RUN_BYTES_MAX ? -1 : 0;
    for (let at = 0; at < piece.length; at++) {
      if (IS_BASE64[piece[at]!] === 1) {
        this.run += 1;
        if (this.run <= RUN_BYTES_MAX || from === -1) continue;
        this.keep(piece.subarray(from, at));
        from = -1;
      } else {
        this.run = 0;
        if (from === -1) from = at;
      }
    }
    if (from !== -1) this.keep(piece.subarray(from));
  }

  /** A copy: a small piece must not hold on to a large one. */
  private keep(piece: Buffer): void {
    this.bytes += piece.length;
    if (this.bytes > KEPT_BYTES_MAX) {
      this.isLost = true;
      this.kept.length = 0;
    } else if (piece.length > 0) this.kept.push(Buffer.from(piece));
  }
}

const UNPACKERS: Readonly<Record<string, () => Transform | null>> = {
  '': () => null,
  identity: () => null,
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
};
