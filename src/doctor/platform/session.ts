/** What the network checks of the Agent Platform know beyond what all know. */
import type { Finding } from '../check.ts';
import type { Session } from '../network/session.ts';

export interface PlatformSession extends Session {
  readonly token: IssuedToken | RefusedToken;
  readonly location: string;
  /** Where else the models were looked for after a 404. */
  readonly otherLocation: string;
}

export interface IssuedToken {
  readonly isIssued: true;
  readonly tookMs: number;
}

export interface RefusedToken {
  readonly isIssued: false;
  readonly says: string;
  readonly fix: string;
}

/** What every question after the token is: null where there is none to judge. */
export function withoutToken({ token }: PlatformSession): Finding | null {
  return token.isIssued ? null : { state: 'skipped', says: 'Nothing was asked: there is no token.' };
}
