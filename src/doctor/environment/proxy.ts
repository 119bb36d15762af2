import { type Check, cannotKnow, fail, pass } from '../check.ts';
import type { Surroundings } from './surroundings.ts';

/** As undici reads them: the lower case first, and for https those of http where there are no others. */
const OBEYED = [
  ['https_proxy', 'HTTPS_PROXY'],
  ['http_proxy', 'HTTP_PROXY'],
] as const;
const IGNORED = ['ALL_PROXY', 'all_proxy'] as const;
const PROTOCOLS: readonly string[] = ['http:', 'https:', 'socks5:', 'socks:'];

type Variables = Readonly<Record<string, string | undefined>>;

/** The variable that ought to name a proxy and does not; null: none. */
export function brokenProxy(variables: Variables): string | null {
  return (
    inUse(variables).find((name) => {
      const url = URL.canParse(variables[name]!) ? new URL(variables[name]!) : null; // it is in use
      return url === null || !PROTOCOLS.includes(url.protocol) || url.hostname === '';
    }) ?? null
  );
}

function inUse(variables: Variables): string[] {
  return OBEYED.flatMap(([lower, upper]) => (variables[lower] ? [lower] : variables[upper] ? [upper] : []));
}

export const proxy: Check<Pick<Surroundings, 'variables' | 'baseUrl'>> = {
  id: 'proxy',
  title: 'A proxy, if there is one, is used by all',
  how: 'The proxy variables. The doctor obeys them; Node itself only with NODE_USE_ENV_PROXY=1 (Node 24).',
  fix: ['Write it as http://host:port.'],
  judge: ({ variables, baseUrl }) => {
    const broken = brokenProxy(variables);
    if (broken !== null) return fail(`${broken} is no address of a proxy.`);
    const names = inUse(variables);
    const ignored = IGNORED.find((name) => variables[name]);
    const name = /^http:/i.test(baseUrl) ? names.find((one) => /^http_/i.test(one)) : names[0];
    if (name === undefined)
      return ignored === undefined
        ? pass(names.length === 0 ? 'None is set.' : `${names[0]} is set, for https alone: what is asked here goes past it.`)
        : cannotKnow(`${ignored} is set, which neither Node nor the doctor obeys, as other programs do: set HTTPS_PROXY as well.`);
    const other = OBEYED.flat().find(
      (one) => one !== name && one.toLowerCase() === name && variables[one] && variables[one] !== variables[name],
    );
    const isObeyed = variables['NODE_USE_ENV_PROXY'] === '1';
    return pass(
      `${name} is set and obeyed here${other === undefined ? '' : ` (it beats ${other}, which says otherwise)`}.${isObeyed ? '' : ' Your program obeys it only with NODE_USE_ENV_PROXY=1: what passes here may fail there.'}`,
    );
  },
};
