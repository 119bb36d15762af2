/** How far a run is, for a terminal: one line, redrawn a few times a second, gone at the end. */
import { formatDuration } from '../model/time.ts';

export interface Progress {
  update(done: number, total: number, note: string): void;
  /** Takes the line away; a note stays, where there is a terminal to read it. */
  end(note?: string): void;
}

const REDRAW_MS = 200;
const BEGINS_AFTER_MS = 500;

/** Silent unless the stream is a terminal. */
export function progress(stream: { readonly isTTY?: boolean; write(text: string): unknown }): Progress {
  if (!stream.isTTY) return { update() {}, end() {} };
  const startedMs = performance.now();
  let drawnMs = startedMs + BEGINS_AFTER_MS - REDRAW_MS;
  let isDrawn = false;
  return {
    update(done, total, note) {
      const now = performance.now();
      if (now - drawnMs < REDRAW_MS) return;
      drawnMs = now;
      isDrawn = true;
      const ratio = Math.min(1, done / total);
      const leftMs = ratio === 0 ? Number.POSITIVE_INFINITY : ((now - startedMs) * (1 - ratio)) / ratio;
      const eta = Number.isFinite(leftMs) ? `, ${formatDuration(leftMs)} left` : '';
      stream.write(`\r\u001b[2K${Math.floor(ratio * 100)} %${eta}  ${note}`);
    },
    end(note) {
      if (isDrawn) stream.write('\r\u001b[2K');
      isDrawn = false;
      if (note !== undefined) stream.write(`${note}\n`);
    },
  };
}
