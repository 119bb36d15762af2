/** What may be wrong with an answer, one cause after the other: which classes say so, and what it means that none did. */
import type { ErrorClass } from '../../model/names.ts';
import type { Answer, Check, Finding } from '../check.ts';
import { cannotKnow, pass } from '../check.ts';
import { deed, type Session } from './session.ts';

export interface Cause {
  readonly id: string;
  readonly title: string;
  readonly how: string;
  readonly classes: readonly ErrorClass[];
  /** Said when none of these classes came; null: not even all good answers prove it. */
  readonly proven: (session: Session) => string | null;
  /** Before what the class itself advises. */
  readonly fix?: readonly string[];
  /** It says nothing about one's own setup: it cannot be known now. */
  readonly isPassing?: boolean;
}

/** Every class belongs to one cause at most; the first failed one ends the questions. */
export function causeCheck(cause: Cause): Check<Session> & Pick<Cause, 'classes'> {
  return {
    id: cause.id,
    title: cause.title,
    how: cause.how,
    classes: cause.classes,
    fix: cause.fix ?? [],
    judge: (session): Finding => {
      const { trouble } = session;
      if (trouble !== null && cause.classes.includes(trouble.class))
        return {
          state: cause.isPassing ? 'unknown' : 'fail',
          says: `${trouble.class}: ${status(trouble.answer)} when ${deed(trouble.answer)}. "${trouble.message}"`,
          class: trouble.class,
          fix: [...(cause.fix ?? []), ...trouble.fix],
        };
      const says = cause.proven(session);
      if (says !== null) return pass(says);
      return trouble === null ? cannotKnow('Nothing that was asked shows it.') : { state: 'skipped', says: 'An earlier cause decides.' };
    },
  };
}

/** Whether questions of a kind were all answered well, and there were some. */
export function wentWell({ answers, trouble }: Session, kind: Answer['question']['kind']): boolean {
  return answers.some(({ question }) => question.kind === kind) && trouble?.answer.question.kind !== kind;
}

function status({ status: code }: Answer): string {
  return code === null ? 'no answer' : `HTTP ${code}`;
}
