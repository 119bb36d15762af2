/** The journal writer against bare JSON.stringify of the same rows with the same chunked writes. */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { line } from '../../src/journal/lines.ts';
import type { Row } from '../../src/model/rows.ts';
import { FileSink } from '../../src/run/output-folder.ts';
import { simulate } from '../../src/run/simulate.ts';
import { type Load, loadScenario } from './loads.ts';
import { cpuMs, median } from './measure.ts';

const CHUNK_CHARS = 64 * 1024;

export interface JournalResult {
  readonly rows: number;
  readonly writerUsPerRow: number;
  readonly bareUsPerRow: number;
  /** Bare time over writer time: above 1 the writer is faster than bare JSON.stringify. */
  readonly ratio: number;
}

export function benchJournal(load: Load, requests: number, rounds: number): JournalResult {
  const rows: Row[] = [];
  simulate(loadScenario(load, requests), 1, { record: (row) => void rows.push({ ...row }) });
  const folder = mkdtempSync(join(tmpdir(), 'rundry-bench-'));
  const writer: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < rounds; round++) {
    let startMs = cpuMs();
    const sink = new FileSink(join(folder, 'a.ndjson'));
    for (const row of rows) sink.write(line(row));
    sink.close();
    writer.push(((cpuMs() - startMs) * 1000) / rows.length);
    startMs = cpuMs();
    writeBare(join(folder, 'b.ndjson'), rows);
    bare.push(((cpuMs() - startMs) * 1000) / rows.length);
  }
  rmSync(folder, { recursive: true });
  return { rows: rows.length, writerUsPerRow: median(writer), bareUsPerRow: median(bare), ratio: median(bare) / median(writer) };
}

function writeBare(path: string, rows: readonly Row[]): void {
  const descriptor = openSync(path, 'w');
  let pending = '';
  for (const row of rows) {
    pending += `${JSON.stringify(row)}\n`;
    if (pending.length >= CHUNK_CHARS) {
      writeSync(descriptor, pending);
      pending = '';
    }
  }
  writeSync(descriptor, pending);
  closeSync(descriptor);
}
