/** The forms in which tools, languages and gateways hand the same few answers on, and errors of others that look like them. */
import { expect, test } from 'vitest';
import type { ErrorClass } from '../../src/model/names.ts';
import { diagnose } from '../../src/wire/diagnosis.ts';

const EXHAUSTED = 'Resource has been exhausted (e.g. check quota).';
const OVERLOADED = 'The model is overloaded. Please try again later.';
const SHARED =
  'Resource exhausted. Please try again later. Please refer to https://cloud.google.com/vertex-ai/generative-ai/docs/error-code-429 for more details.';
const HOST = 'https://generativelanguage.googleapis.com/v1beta/models/gemini-3-pro-image:generateContent';
const FREE = 'generativelanguage.googleapis.com/generate_content_free_tier_requests';

function google(code: number, message: string, status: string): string {
  return JSON.stringify({ error: { code, message, status } }, null, 2);
}

/** As a terminal draws a box around a text. */
function framed(text: string): string {
  return text.replace(/^.*$/gm, (line) => `│ ${line.padEnd(70)} │`);
}

interface Told {
  readonly waitMs?: number | null;
  readonly limit?: number;
  readonly model?: string;
  readonly quotaId?: string;
}

const OURS: readonly (readonly [form: string, text: string, expected: ErrorClass, told?: Told])[] = [
  // Languages
  [
    'Go, details printed as maps',
    'Error 429, Message: quota, Status: RESOURCE_EXHAUSTED, Details: [map[@type:type.googleapis.com/google.rpc.QuotaFailure violations:[map[quotaDimensions:map[location:global model:gemini-2.5-flash-preview-image] quotaId:GenerateRequestsPerMinutePerProjectPerModel quotaMetric:generativelanguage.googleapis.com/generate_requests_per_model quotaValue:70]]] map[@type:type.googleapis.com/google.rpc.RetryInfo retryDelay:8s]]',
    'quota.rpm',
    { waitMs: 9000, limit: 70, model: 'gemini-2.5-flash-image', quotaId: 'GenerateRequestsPerMinutePerProjectPerModel' },
  ],
  ['Go, a code of gRPC', 'rpc error: code = Unavailable desc = try another time (gemini-3-pro-image)', 'capacity.overloaded'],
  ['Go, no such host', `Post "${HOST}": dial tcp: lookup generativelanguage.googleapis.com: no such host`, 'network.unreachable'],
  ['Go, cancelled', `Post "${HOST}": context canceled`, 'client.cancelled'],
  [
    'Ruby hash',
    '{"error"=>{"code"=>429, "status"=>"RESOURCE_EXHAUSTED", "details"=>[{"violations"=>[{"quotaId"=>"GenerateRequestsPerDayPerProjectPerModel", "quotaValue"=>"40"}]}]}}',
    'quota.rpd',
    { limit: 40, waitMs: null },
  ],
  [
    'Elixir map',
    `{:error, %Req.Response{body: %{"error" => %{"code" => 503, "message" => "${OVERLOADED}", "status" => "UNAVAILABLE"}}}}`,
    'capacity.overloaded',
  ],
  ['Java, client', 'com.google.genai.errors.ClientException: 429 Too Many Requests. slow down\n\tat x.Y.z(Y.java:1)', 'quota.unspecified'],
  [
    'Java, socket',
    'com.google.genai.errors.GenAiIOException: no answer\nCaused by: java.net.SocketTimeoutException: timeout',
    'client.timeout',
  ],
  ['C#', 'Response status code does not indicate success: 503 (Service Unavailable).\n  at Google.GenAI.Client', 'capacity.overloaded'],
  [
    'Dart, prose about the status',
    'GeminiException: the answer has a status code of 503 and validateStatus threw. Read more at https://developer.mozilla.org',
    'capacity.overloaded',
  ],
  [
    'Python, protocol buffers, a map in entries',
    `ResourceExhausted: 429 quota [violations {\n  quota_metric: "${FREE}"\n  quota_id: "GenerateRequestsPerMinutePerProjectPerModel-FreeTier"\n  quota_dimensions {\n    key: "model"\n    value: "gemini-2.5-flash"\n  }\n  quota_dimensions {\n    key: "location"\n    value: "global"\n  }\n  quota_value: 9\n}\n, retry_delay {\n  seconds: 12\n  nanos: 250000000\n}\n]`,
    'quota.rpm',
    { limit: 9, model: 'gemini-2.5-flash', waitMs: 13_250 },
  ],
  [
    'Python, an RPC',
    `<_InactiveRpcError of RPC that terminated with:\n\tstatus = StatusCode.RESOURCE_EXHAUSTED\n\tdetails = "${EXHAUSTED}"\n>`,
    'quota.unspecified',
  ],
  ['Python, only the name of the exception', 'RetryError[<Future state=finished raised ResourceExhausted>] gemini', 'quota.unspecified'],
  ['Python, no address answered', '503 failed to connect to all addresses; last error: UNKNOWN: ipv4:192.0.2.7:443', 'network.unreachable'],
  ['Python, the other side went away', 'RemoteProtocolError: Server disconnected without sending a response.', 'network.unreachable'],
  ['Python, name unknown', "Failed to resolve 'aiplatform.googleapis.com' ([Errno -2] Name or service not known)", 'network.unreachable'],
  ['Python, cancelled', 'asyncio.exceptions.CancelledError in google.genai', 'client.cancelled'],
  [
    'Python, no connection in time',
    "Max retries exceeded (Caused by ConnectTimeoutError('Connection to generativelanguage.googleapis.com timed out.'))",
    'network.unreachable',
  ],
  [
    'a quota named across a line end',
    `VertexAIException - b'[{\\n "error": {\\n "code": 429,\\n "message": "Quota exceeded for \naiplatform.googleapis.com/online_prediction_requests_per_base_model with base model: gemini-pro.",\\n "status": "RESOURCE_EXHAUSTED"\\n }\\n}]'`,
    'quota.shared-capacity',
  ],

  // SDKs and agents
  ['a frame around an error', framed(`✕ [API Error: ${google(429, SHARED, 'RESOURCE_EXHAUSTED')}]`), 'quota.shared-capacity'],
  [
    'a frame around concatenated strings',
    framed(
      `signal: [AbortSignal],\n},\ndata: '[{\\n' +\n  '  "error": {\\n' +\n  '    "message": "${SHARED.slice(0, 50)}\n${SHARED.slice(51)}",\\n' +`,
    ),
    'quota.shared-capacity',
  ],
  ['a daily quota of the command line tool', 'You have exhausted your daily quota on this model.', 'quota.rpd'],
  [
    'when a quota resets',
    'You have exhausted your capacity on this model. Your quota will reset after 2h13m5s.',
    'quota.unspecified',
    { waitMs: 7_985_000 },
  ],
  ['the SDK of OpenAI, empty body', 'API Request Failed: 429 status code (no body)', 'quota.unspecified'],
  [
    'a record whose prose is in `info`',
    '{"type":"x","info":"[400 Bad Request] User location is not supported for the API use."}',
    'request.location-unsupported',
  ],
  ['no picture', 'AI_NoImageGeneratedError: No image generated.\n  modelId: gemini-2.5-flash-image', 'safety.no-image'],
  [
    'no key, Python',
    'ValueError: Missing key inputs argument! To use the Google AI API, provide (`api_key`) arguments.',
    'auth.key-missing',
  ],
  ['no default credentials', 'DefaultCredentialsError: Your default credentials were not found. (google.genai)', 'auth.key-missing'],
  [
    'a session that ran out',
    '[API Error: {"error":"invalid_grant","error_description":"reauth related error (invalid_rapt)"}] gemini-3',
    'auth.key-expired',
  ],
  [
    "a link to another page's code 429",
    `see https://example.github.io/adk/#error-code-429-x\n429 RESOURCE_EXHAUSTED ${EXHAUSTED}`,
    'quota.unspecified',
  ],

  ['no key in the environment', 'GEMINI_API_KEY environment variable not set', 'auth.key-missing'],
  ['a page where JSON was awaited', 'SyntaxError: Unexpected token < in JSON at position 0 (gemini)', 'server.bad-gateway'],

  // Gateways
  [
    'what the provider said of the filter',
    '{"model":"google/gemini-3-pro-image","choices":[{"finish_reason":"content_filter","native_finish_reason":"IMAGE_SAFETY","message":{"content":""}}]}',
    'safety.image',
  ],
  [
    'a filter beside an error',
    '{"choices":[{"error":{"code":502,"message":"stopped"},"finish_reason":"error","native_finish_reason":"PROHIBITED_CONTENT"}]}',
    'safety.prohibited',
  ],
  [
    "a filter in a relay's own error",
    "{'error': {'message': 'Gemini image generation blocked [IMAGE_SAFETY]: change it', 'type': 'channel_error', 'param': '', 'code': 'channel:failed'}}",
    'safety.image',
  ],
  [
    "Google's sentence in a relay's own error",
    `{"error":{"message":"status_code=429, ${EXHAUSTED}","type":"upstream_error","param":"","code":"bad_response_status_code"}}`,
    'quota.unspecified',
  ],
  ['a relay named after another vendor', `at claude-code-router/cli.js (429): ${EXHAUSTED}`, 'quota.unspecified'],
  [
    'a gateway that limits itself',
    '{"success":false,"error":[{"code":2003,"message":"Rate limited"}]} google-ai-studio',
    'quota.unspecified',
  ],
  ['a mesh in between', 'upstream connect error or disconnect/reset before headers (gemini)', 'server.bad-gateway'],

  // Transport
  ['as a form carries it', `error=${encodeURIComponent(google(503, OVERLOADED, 'UNAVAILABLE'))}`, 'capacity.overloaded'],
  ['as a page carries it', `<pre>${google(503, OVERLOADED, 'UNAVAILABLE').replaceAll('"', '&quot;')}</pre>`, 'capacity.overloaded'],
  [
    'headers inside an error',
    `AxiosError: Request failed with status code 429 {\n  response: { status: 429, headers: { 'retry-after': '37' }, config: { url: '${HOST}' } }\n}`,
    'quota.unspecified',
    { waitMs: 37_000 },
  ],
  [
    'an HTTP date, from the date of the answer',
    `HTTP/1.1 429 Too Many Requests\nDate: Tue, 01 Sep 2026 10:00:00 GMT\nRetry-After: Tue, 01 Sep 2026 10:01:30 GMT\n\n${google(429, EXHAUSTED, 'RESOURCE_EXHAUSTED')}`,
    'quota.unspecified',
    { waitMs: 90_000 },
  ],
  [
    'tool calls where the picture should be',
    '{"candidates":[{"content":{},"finishReason":"UNEXPECTED_TOOL_CALL"}],"modelVersion":"gemini-3-pro-image"}',
    'safety.no-image',
  ],
];

test.each(OURS.map(([form, text, expected, told]) => ({ form, text, expected, told })))('$form', ({ text, expected, told = {} }) => {
  const diagnosis = diagnose(text);
  expect([diagnosis.class, diagnosis.evidence]).toEqual([expected, expect.anything()]);
  expect(diagnosis).toMatchObject(told);
});

test.each([
  ['34.07s', 'Please retry in 34.07s.', 34_070],
  ['minutes and seconds', 'try again in 1m20s', 80_000],
  ['with a blank', 'Please try again in 1m 20s.', 80_000],
  ['hours', 'retry in 1h2m3s', 3_723_000],
  ['milliseconds', 'Please retry in 850ms', 850],
  ['in words', 'Retry after 45 seconds', 45_000],
  ['minutes in words', 'Try again in 2 minutes', 120_000],
  ['a header', 'Retry-After: 17', 17_000],
  ['a header in ms', 'retry-after-ms: 1500', 1500],
  ['a field of a gateway', '{"retry_after":5}', 5000],
  ['a field in ms', '{"retryAfterMs":1500}', 1500],
  ['RetryInfo that was cut', "{'retryDelay': '9s', 'x", 10_000],
  ['nothing', 'later', null],
])('a delay told as %s', (_, said, waitMs) => {
  expect(diagnose(`gemini 429: ${said}`)).toMatchObject({ class: 'quota.unspecified', waitMs });
});

const RESOURCE_EXHAUSTED = '"status":"RESOURCE_EXHAUSTED"';

test.each([
  // Google's other services
  ['Firestore', `@firebase/firestore: Firestore (10.9.0): [code=resource-exhausted]: 8 RESOURCE_EXHAUSTED: ${EXHAUSTED}`],
  ['BigQuery', '403 GET https://www.googleapis.com/bigquery/v2/projects/p/queries/e: Quota exceeded: free query bytes scanned.'],
  [
    'a service in the text',
    "ResourceExhausted: 429 Quota exceeded for limit 'ProjectQps' of service 'bigquerydatatransfer.googleapis.com'",
  ],
  [
    'a service in a frame',
    framed('googleapi: Error 429: Quota exceeded\n"service": "cloudresourcemanager.googleapis.com"\n"reason": "RATE_LIMIT_EXCEEDED"'),
  ],
  [
    'an API that is off',
    '403 Cloud Vision API has not been used in project 1 before or it is disabled. https://x/vision.googleapis.com/overview',
  ],
  [
    'Compute',
    `{"error":{"code":403,"message":"Required 'compute.instances.list' permission for 'projects/p'","errors":[{"domain":"global","reason":"forbidden"}]}}`,
  ],
  ['a secret', "PermissionDenied: 403 Permission 'secretmanager.versions.access' denied for resource 'projects/x/secrets/GEMINI_KEY'"],
  ['speech', "Error: 7 PERMISSION_DENIED: Permission 'speech.recognizers.list' denied on resource '//speech.googleapis.com/projects/g'"],
  [
    'Gmail',
    `{"error":{"code":429,"message":"User-rate limit exceeded.","errors":[{"domain":"usageLimits","reason":"rateLimitExceeded"}],${RESOURCE_EXHAUSTED}}}`,
  ],
  ['Spanner', 'com.google.cloud.spanner.SpannerException: DEADLINE_EXCEEDED: deadline exceeded after 59.9s'],
  ['Cloud Run', 'The request was aborted because there was no available instance. https://cloud.google.com/run/docs/troubleshooting'],
  ['Ads', 'google.ads.googleads.errors.GoogleAdsException: Too many requests. Retry in 30 seconds.'],

  // Other vendors of models
  [
    'a model of another vendor through a gateway',
    '{"error":{"message":"Provider returned error","code":429,"metadata":{"raw":"z-ai/glm is temporarily rate-limited upstream.","provider_name":"BaseTen","limit_source":"upstream_provider_shared_pool"}}}',
  ],
  [
    'Azure',
    'HTTP 429 (429) Requests to this operation under Azure OpenAI have exceeded the token rate limit. Please retry after 7 seconds.',
  ],
  ['Azure, in front of it', '{"statusCode": 429, "message": "Rate limit is exceeded. Try again in 30 seconds."}'],
  [
    'OpenAI is overloaded',
    '{"error":{"message":"That model is currently overloaded with other requests.","type":"server_error","param":null,"code":null}}',
  ],
  ['OpenAI, by its headers', 'HTTP/2 429 \nopenai-organization: o\n\n{"error":{"message":"Too many requests"}}'],
  ['Anthropic, by its body', 'HTTP/2 529 \nrequest-id: r\n\n{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}'],
  ['credits of another shop', '{"detail":"Insufficient credits. https://api.example.ml/credits"}'],
  ['Qwen', '{"status": 400, "message": "[tongyi] Failed to invoke model qwen-turbo, status code 503"}'],

  // Everything else
  ['GitHub, by its headers', 'HTTP/2 403 \nx-github-request-id: A\n\n{"message":"API rate limit exceeded"}'],
  ['an access log', '10.0.0.1 - - [01/Sep/2026:10:00:00 +0000] "POST /checkout HTTP/1.1" 503 190 "-" "Mozilla/5.0"'],
  [
    'a web server waiting for a shop',
    'upstream timed out (110: Connection timed out), server: shop.example.com, upstream: "http://10.0.0.5:8080/cart"',
  ],
  ['a number as `status`', '{"error":{"status":429,"message":"API rate limit exceeded"}}'],
  ['a record with a number', '{"object":"error","status":429,"code":"rate_limited","message":"Please try again in a few minutes."}'],
  ['a short line about something else', 'Readiness probe failed: HTTP probe failed with statuscode: 503'],
  ['a module that is missing', "ModuleNotFoundError: No module named 'requests'"],
  ['a framework', 'Completed 500 Internal Server Error in 12ms (ActiveRecord: 3.2ms)'],
  ['a definition', 'The 429 status code means Too Many Requests. Add exponential backoff to your client.'],
])('unknown: %s', (_, text) => {
  const diagnosis = diagnose(text);
  expect([diagnosis.class, diagnosis.evidence]).toEqual(['unknown', expect.anything()]);
  expect(diagnosis.evidence.join(' ')).toMatch(/missing/);
});

test('a bare number counts where nothing else is said', () => {
  for (const text of ['Request failed with status code 429', 'image worker failed: HTTP 429', 'Error: 429 Too Many Requests'])
    expect(diagnose(text).class).toBe('quota.unspecified');
});
