/**
 * Commands that lower a project's own quota, for a real 429 that costs nothing: past it Google refuses before it generates.
 * Source: cloud.google.com/service-usage/docs/reference/rest/v1beta1/services.consumerQuotaMetrics.limits.consumerOverrides;
 * overrides per model of the Gemini API were seen enforced on 2026-10-02.
 */

export interface Override {
  readonly project: string;
  /** `generativelanguage.googleapis.com` */
  readonly service: string;
  readonly metric: string;
  readonly period: 'minute' | 'day';
  /** The base-model name that quotas use. */
  readonly model: string;
  readonly value: number;
}

const API = 'https://serviceusage.googleapis.com/v1beta1';

/** For a POSIX shell: set it, see it, take it back. Reads a token of gcloud when it is run. Ends with a line end. */
export function overrideCommands({ project, service, metric, period, model, value }: Override): string {
  const unit = period === 'minute' ? '/min/model/project' : '/d/model/project';
  const limit = `${API}/projects/${project}/services/${service}/consumerQuotaMetrics/${encodeURIComponent(metric)}/limits/${encodeURIComponent(unit)}`;
  const head = `-H "Authorization: Bearer $(gcloud auth print-access-token)" -H "x-goog-user-project: ${project}"`;
  const body = JSON.stringify({ overrideValue: String(value), dimensions: { model } });
  return [
    `# At most ${value} a ${period} for ${model} in ${project}: past it real calls are refused (429), and nothing is billed.`,
    `curl -sS -X POST ${head} -H 'content-type: application/json' \\`,
    `  '${limit}/consumerOverrides?force=true' -d '${body}'`,
    '# What is set:',
    `curl -sS ${head} '${limit}/consumerOverrides'`,
    '# To take it back, with the name that the line above shows:',
    `curl -sS -X DELETE ${head} "${API}/\${NAME}?force=true"`,
    '',
  ].join('\n');
}
