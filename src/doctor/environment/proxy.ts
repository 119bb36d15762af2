import { type Check, fail, pass } from '../check.ts';
import type { Surroundings } from './surroundings.ts';

const PROXIES = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'] as const;

export const proxy: Check<Pick<Surroundings, 'variables'>> = {
  id: 'proxy',
  title: 'A proxy, if there is one, is used by all',
  how: 'The proxy variables. The doctor obeys them; Node itself only with NODE_USE_ENV_PROXY=1 (Node 24).',
  fix: ['Write it as http://host:port.'],
  judge: ({ variables }) => {
    const name = PROXIES.find((one) => variables[one]);
    if (name === undefined) return pass('None is set.');
    if (!URL.canParse(variables[name]!)) return fail(`${name} is no address.`);
    const isObeyed = variables['NODE_USE_ENV_PROXY'] === '1';
    return pass(
      `${name} is set and obeyed here.${isObeyed ? '' : ' Your program obeys it only with NODE_USE_ENV_PROXY=1: what passes here may fail there.'}`,
    );
  },
};
