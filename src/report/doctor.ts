/** What the doctor found, for people: a line for each check, and below the fixes of those that failed. */
import pc from 'picocolors';
import type { Judged } from '../doctor/check.ts';
import { counted } from './words.ts';

const PARTS = { environment: 'This machine', network: 'The API', checklist: 'Before a launch' } as const;
const MARKS = { pass: '✓', fail: '✗', unknown: '?', skipped: '·' } as const;

/** Ends with a line end. */
export function doctorReport(all: readonly Judged[], { colour }: { colour: boolean }): string {
  const paint = pc.createColors(colour);
  const painted = { pass: paint.green, fail: paint.red, unknown: paint.yellow, skipped: paint.dim };
  const lines = [paint.bold(verdict(all))];
  for (const part of ['environment', 'network', 'checklist'] as const) {
    const checks = all.filter((check) => check.part === part);
    if (checks.length === 0) continue;
    lines.push('', paint.bold(PARTS[part]));
    for (const { state, title, says, how, fix } of checks) {
      lines.push(`  ${painted[state](MARKS[state])} ${title}: ${says}`);
      if (state === 'fail') lines.push(...fix.map((one, index) => `      ${index + 1}. ${one}`));
      if (state === 'fail' || state === 'unknown') lines.push(paint.dim(`      found out: ${how}`));
    }
  }
  return `${lines.join('\n')}\n`;
}

function verdict(all: readonly Judged[]): string {
  const of = (state: Judged['state']): Judged[] => all.filter((check) => check.state === state);
  const [failed, unknown] = [of('fail'), of('unknown')];
  const first = failed[0];
  const rest = unknown.length > 0 ? `; ${counted(unknown.length, 'thing')} cannot be known from here` : '';
  const away = unknown.find((check) => check.class !== undefined);
  if (first === undefined && away) return `${away.title}? Not now: ${away.says}`;
  if (first === undefined) return `Nothing stands in the way: ${counted(of('pass').length, 'check')} passed${rest}.`;
  const more = failed.length > 1 ? ` (and ${counted(failed.length - 1, 'other check')} failed)` : '';
  return `${first.title}? No: ${first.says}${more}${rest}`;
}
