/** One process at a time in the folder of a live run. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { lockFolder } from '../../../src/run/live/lock.ts';

const root = mkdtempSync(join(tmpdir(), 'rundry-lock-'));
afterAll(() => rmSync(root, { recursive: true }));
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(root, 'run-'));
});
const lock = (text: string): void => writeFileSync(join(folder, 'live.lock'), text);

/** The number of a process that has ended. */
function gone(): number {
  return spawnSync(process.execPath, ['-e', '']).pid;
}

test('it is taken once, and given back', () => {
  const unlock = lockFolder(folder);
  expect(() => lockFolder(folder)).toThrow(/is in use: process \d+ runs in it/);
  unlock();
  lockFolder(folder)();
  expect(readdirSync(folder)).toEqual([]);
});

test('a process that lives has it, whatever it is', () => {
  lock(String(process.ppid));
  expect(() => lockFolder(folder)).toThrow(`process ${process.ppid} runs in it`);
});

test('of one that is gone, and of one that had our number before us, it is taken over', () => {
  for (const owner of [gone(), process.pid]) {
    lock(String(owner));
    lockFolder(folder)();
    expect(readdirSync(folder)).toEqual([]);
  }
});

test('a lock that says nothing belongs to somebody who is about to write it', () => {
  lock('');
  expect(() => lockFolder(folder)).toThrow(/is in use.*delete/);
  expect(existsSync(join(folder, 'live.lock'))).toBe(true);
});

test('a folder that cannot be made is told', () => {
  lock('1');
  expect(() => lockFolder(join(folder, 'live.lock', 'below'))).toThrow(/cannot make the folder/);
});
