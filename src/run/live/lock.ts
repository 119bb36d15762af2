/** One process at a time works in the folder of a live run: two would send everything twice. */
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { SetupError } from '../../model/errors.ts';

const LOCK = 'live.lock';
/** Those of this process: its number in a lock may also be that of a process before it. */
const held = new Set<string>();

/**
 * Takes the folder for this process, and makes it where it is not there. A lock whose process is gone, as after a crash, is taken over.
 * @returns gives it back
 * @throws SetupError when another process has it
 */
export function lockFolder(folder: string): () => void {
  const path = resolve(folder, LOCK);
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    throw new SetupError(`cannot make the folder ${folder}`, { cause });
  }
  for (let tries = 0; tries < 3; tries++) {
    try {
      const descriptor = openSync(path, 'wx');
      writeSync(descriptor, String(process.pid));
      closeSync(descriptor);
      held.add(path);
      return () => {
        held.delete(path);
        rmSync(path, { force: true });
      };
    } catch (cause) {
      if (!isCode(cause, 'EEXIST')) throw new SetupError(`cannot write ${path}: ${String(cause)}`, { cause });
    }
    const owner = readLock(path);
    if (owner === null) continue; // given back just now
    if (Number(owner) === process.pid ? held.has(path) : isAlive(Number(owner)))
      throw new SetupError(`${folder} is in use: process ${owner || 'unknown'} runs in it. If it does not, delete ${path}`);
    if (!takeAway(path, owner)) break;
  }
  throw new SetupError(`${folder} is in use by another process. If it is not, delete ${path}`);
}

/** '': whoever has it is about to write who it is; null: it is gone. */
function readLock(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/**
 * The lock of a process that is gone. Moved aside first, which only one of several can do, and looked at again: whoever was
 * quicker may have a lock of its own there by now. @returns false: that was so, and it has it back
 */
function takeAway(path: string, owner: string): boolean {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return true; // another was quicker: what is there now is looked at
  }
  if (readFileSync(aside, 'utf8') !== owner) {
    renameSync(aside, path);
    return false;
  }
  rmSync(aside, { force: true });
  return true;
}

/** 0 stands for one that has not said who it is. */
function isAlive(pid: number): boolean {
  if (!(pid > 0)) return true;
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
