/** Mocks whose calendar stands still or is moved by hand, and the calls that tests send them. */

import { coverCatalogue } from '../../src/mock/emulated.ts';
import { Mock, type MockOptions } from '../../src/mock/handle.ts';
import type { PlainRequest, PlainResponse } from '../../src/mock/plain.ts';
import { requestSpec } from '../../src/model/request-spec.ts';
import type { Scenario } from '../../src/model/scenario.ts';
import { service } from '../../src/service/service.ts';
import { limits, scenario } from '../support/scenario.ts';

export const PRO = 'gemini-3-pro-image';
export const PRO_SPEC = requestSpec(PRO, '1K', 2, 0);

export interface Emulated {
  readonly mock: Mock;
  /** Moves the emulated calendar; ms since the start. */
  at(ms: number): void;
}

/** @param values limits of the Pro model */
export function emulated(
  values: Parameters<typeof limits>[0],
  overrides: Partial<Scenario> = {},
  options: Partial<MockOptions> = {},
): Emulated {
  const base = scenario(overrides);
  return emulatedWith({ ...base, quota: { ...base.quota, limits: limits(values) } }, options);
}

/** With limits of its own, for buckets that are not every request's. */
export function emulatedWith(given: Scenario, options: Partial<MockOptions> = {}): Emulated {
  const whole = coverCatalogue(given);
  const { startAtMs } = whole.clock;
  let atMs = startAtMs;
  const mock = new Mock({ service: service(whole, whole.seed), startAtMs, nowMs: () => atMs, picture: null, ...options });
  return {
    mock,
    at(ms) {
      atMs = startAtMs + ms;
    },
  };
}

/** Latency 0, so that faces that wait have nothing to wait for. */
export function instant(): Partial<Scenario> {
  const { service: spec } = scenario();
  return { service: { ...spec, latency: { [PRO]: { kind: 'fixed', ms: 0 } } } };
}

export const BODY = { contents: [{ role: 'user', parts: [{ text: 'a house' }] }] };

export function post(path: string, body: unknown = BODY, headers: Record<string, string> = {}): PlainRequest {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { method: 'POST', path, headers: { 'x-goog-api-key': 'any', 'content-type': 'application/json', ...headers }, body: text };
}

export function get(path: string, headers: Record<string, string> = {}): PlainRequest {
  return { method: 'GET', path, headers: { 'x-goog-api-key': 'any', ...headers }, body: '' };
}

export function generate(model: string = PRO, body: unknown = BODY): PlainRequest {
  return post(`/v1/models/${model}:generateContent`, body);
}

export function textOf({ body, tail = '', chunks, pieces = chunks }: PlainResponse): string {
  return pieces ? [...pieces].join('') : Buffer.from(body).toString() + tail;
}

export function jsonOf(response: PlainResponse): any {
  return JSON.parse(textOf(response));
}
