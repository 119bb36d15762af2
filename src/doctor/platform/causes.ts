/** The causes of trouble on the Agent Platform: the classes of the key's causes, with other questions behind them and other cures. */
import type { ErrorClass } from '../../model/names.ts';
import type { Check } from '../check.ts';
import { causeCheck, wentWell } from '../network/causes.ts';
import type { Trouble } from '../network/session.ts';
import { type PlatformSession, withoutToken } from './session.ts';

export interface PlatformCause {
  readonly id: string;
  readonly title: string;
  readonly classes: readonly ErrorClass[];
  /** Said when tokens of every model were counted. */
  readonly proven: string;
  readonly fix: readonly string[];
  /** What this trouble's own words say beyond that; comes first. */
  readonly especially?: (trouble: Trouble, session: PlatformSession) => readonly string[];
}

const HOW =
  'By the error of whatever was asked: a count of tokens of each model in the location, which is free and needs what an image needs.';

export function platformCause({
  especially,
  proven,
  fix,
  ...cause
}: PlatformCause): Check<PlatformSession> & { classes: readonly ErrorClass[] } {
  const check = causeCheck({ ...cause, how: HOW, proven: (session) => (wentWell(session, 'tokens') ? proven : null) });
  return {
    ...check,
    judge: (session) => {
      const finding = withoutToken(session) ?? check.judge(session);
      if (finding.state !== 'fail' || session.trouble === null) return finding;
      return { ...finding, fix: [...(especially?.(session.trouble, session) ?? []), ...fix] };
    },
  };
}

/** A check that was written for keys and says the same here. */
export function alsoHere<Known extends Check<PlatformSession>>(check: Known): Known {
  return { ...check, judge: (session: PlatformSession) => withoutToken(session) ?? check.judge(session) };
}
