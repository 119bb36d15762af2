/** What the client did to itself, in a few lines of the terminal report. */
import type { Alert, Audit, Tries } from '../analysis/audit.ts';
import { count, counted, dollars, duration, percent } from './words.ts';

const CLASSES_MAX = 4;

/** @param warn how an alert is coloured. Empty where nothing was sent */
export function auditLines(audit: Audit, warn: (text: string) => string): string[] {
  const { firstAttempt, afterRetry } = audit;
  const sent = firstAttempt.requests + audit.lanes.batch.requests;
  if (sent === 0) return [];
  return [
    `${counted(round(audit.attemptsPerRequest), 'attempt')} a request${afterRetry.requests === 0 ? ', none sent again' : `; ${triesText('first attempt', firstAttempt)}; ${triesText('sent again', afterRetry)}`}.`,
    ...disobedience(audit),
    ...waste(audit),
    ...breaker(audit),
    ...lanes(audit),
    ...audit.alerts.map((alert) => warn(`! ${alertText(alert)}`)),
  ];
}

function triesText(what: string, { requests, delivered, latencyMs }: Tries): string {
  const times = latencyMs.p50 === null ? '' : `, p50 ${duration(latencyMs.p50)}, p95 ${duration(latencyMs.p95)}`;
  return `${what}: ${count(delivered)} of ${count(requests)} delivered${times}`;
}

function disobedience({ earlyRetries, hopelessRetries }: Audit): string[] {
  const early =
    earlyRetries === 0 ? [] : [`${counted(earlyRetries, 'retry').replace(/retrys$/, 'retries')} sent before the delay they were told`];
  const hopeless = hopelessRetries === 0 ? [] : [`${count(hopelessRetries)} after an answer that waiting does not cure`];
  return early.length + hopeless.length === 0 ? [] : [`${[...early, ...hopeless].join(', ')}.`];
}

function waste({ wastedCalls, wastedUsd }: Audit): string[] {
  if (wastedCalls.length === 0) return [];
  const shown = wastedCalls.slice(0, CLASSES_MAX).map(({ class: errorClass, calls }) => `${errorClass ?? 'too late'} ${count(calls)}`);
  const rest = wastedCalls.slice(CLASSES_MAX).reduce((sum, { calls }) => sum + calls, 0);
  return [
    `Calls that delivered nothing: ${shown.join(', ')}${rest === 0 ? '' : `, others ${count(rest)}`}; they cost ${dollars(wastedUsd)}.`,
  ];
}

function breaker({ breaker: { openings, openMs, openingsADay, isSystemic } }: Audit): string[] {
  if (openings === 0) return [];
  const systemic = isSystemic ? `; ${count(openingsADay)} on its worst day is systemic (community guide: more than two)` : '';
  return [`The breaker opened ${openings === 1 ? 'once' : `${count(openings)} times`}, for ${duration(openMs)} at most in all${systemic}.`];
}

/** Said where the batch lane was used: no other line tells how long its images took. */
function lanes({ lanes: { interactive, batch } }: Audit): string[] {
  if (batch.requests === 0) return [];
  const each = ({ requests, ms }: { requests: number; ms: number }): string =>
    `${counted(requests, 'request')}, ${duration(Math.round(ms / requests))} each`;
  return [`${interactive.requests === 0 ? '' : `Interactive lane: ${each(interactive)}. `}Batch lane: ${each(batch)}.`];
}

function alertText({ code, observed, limit, recommendedBy }: Alert): string {
  return `${ALERT_TITLES[code]} ${code === '403' ? count(observed) : `${percent(observed)}, above ${percent(limit)}`}: alarm by ${recommendedBy}.`;
}

const ALERT_TITLES: Readonly<Record<Alert['code'], string>> = {
  '503-share': 'Overloaded answers (503)',
  'error-share': 'Answers other than 200',
  'rpd-utilisation': 'Requests per day used',
  '403': 'Answers 403:',
};

function round(value: number | null): number {
  return Math.round((value ?? 0) * 100) / 100;
}
