/** One process at a time works in the folder of a live run: two would send everything twice. */
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError } from '../../model/errors.ts';

const LOCK = 'live.lock';

/**
 * Takes the folder for this process, and makes it where it is not there. A lock whose process is gone, as after a crash, is taken over.
 * @returns gives it back
 * @throws SetupError when another process has it
 */
export function lockFolder(folder: string): () => void {
  const path = join(folder, LOCK);
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    throw new SetupError(`cannot make the folder ${folder}`, { cause });
  }
  for (let tries = 0; tries < 2; tries++) {
    try {
      const descriptor = openSync(path, 'wx');
      writeSync(descriptor, String(process.pid));
      closeSync(descriptor);
      return () => rmSync(path, { force: true });
    } catch (cause) {
      if (!isCode(cause, 'EEXIST')) throw new SetupError(`cannot write ${path}: ${String(cause)}`, { cause });
    }
    const owner = ownerOf(path);
    if (owner !== null && owner !== process.pid && isAlive(owner))
      throw new SetupError(`${folder} is in use: process ${owner} runs in it. If it does not, delete ${path}`);
    rmSync(path, { force: true });
  }
  throw new SetupError(`${folder} is in use by another process`);
}

/** null: gone, or never finished writing it. */
function ownerOf(path: string): number | null {
  try {
    const pid = Number(readFileSync(path, 'utf8'));
    return Number.isInteger(pid) && pid > 0 ? pid : null;
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0); // asks, sends nothing
    return true;
  } catch (error) {
    return isCode(error, 'EPERM');
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
