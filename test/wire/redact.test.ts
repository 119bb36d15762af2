/** What may be written into journals and reports. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ERROR_CATALOGUE } from '../../src/wire/error-catalogue.ts';
import { MESSAGE_CHARS_MAX, redact } from '../../src/wire/redact.ts';

test.each([
  ['a key', 'API key AIzaSyD-1234567890_abcdefghijklmnopqrstu not valid', 'SyD-1234'],
  ['a newer key', 'key AQ.Ab8RN6Jabcdefghijkl refused', 'Ab8RN6'],
  ['a bearer token', 'Authorization: Bearer ya29.a0Af_secret', 'a0Af'],
  ['any bearer token', 'authorization: bearer 0123secret', '0123secret'],
  ['a Basic header', 'Authorization: Basic a2V5OnNlY3JldDEyMw==', 'a2V5OnNlY3Jld'],
  ['a refresh token', 'refresh_token=1//0gAbCdEfGhIjKlMnOp-x expired', 'AbCdEfGhI'],
  ['a refresh token by its name', '{"refresh_token": "short-and-odd"}', 'short-and-odd'],
  ['a client secret', 'invalid_client: GOCSPX-abcdefgh12345678', 'abcdefgh1234'],
  ['a private key', '"private_key": "-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADAN\\nZZZ\\n-----END PRIVATE KEY-----\\n"', 'MIIEvQIBADAN'],
  ['a private key cut short', '-----BEGIN RSA PRIVATE KEY-----\nMIIEvQIBADAN\nZZZ', 'ZZZ'],
  ['a key in a URL', 'GET https://generativelanguage.googleapis.com/v1/models?key=secret123&alt=sse failed', 'secret123'],
  ['a key outside a URL', '?key=secret123', 'secret123'],
  ['a header', '"x-goog-api-key": "secret123"', 'secret123'],
  ['an escaped header', '{\\"x-goog-api-key\\":\\"secret123\\"}', 'secret123'],
  ['an e-mail', 'Principal jane.doe+x@example.co.uk has no access', 'jane'],
  ['a service account', 'svc-a@acme-images.iam.gserviceaccount.com lacks a role', 'acme-images'],
  ['a project number', "for consumer 'project_number:123456789012'.", '123456789012'],
  ['a project in prose', 'Gemini API has not been used in project 123456789012 before', '123456789012'],
  ['a project with a hash', 'Please enable billing on project #123456789012 by visiting', '123456789012'],
  ['a short project number', 'billing on project #4711 by', '4711'],
  ['a project in a path', "denied on resource '//aiplatform.googleapis.com/projects/acme-prod/locations/global'", 'acme-prod'],
  ['a project id', 'Permission denied on resource project acme-images-prod.', 'acme'],
  ['a project in a query', 'https://console.developers.google.com/overview?project=123 then', '123'],
  ['a user', '{"user_id":"user_2abcDEF345"}', '2abcDEF345'],
  ['a user in prose', 'user_2abcDEF345 is over its limit', '2abcDEF345'],
  ['an address', 'The originating IP address of the call (203.0.113.5) violates', '203.0.113.5'],
  ['a name in a URL', 'http://bob:hunter2@proxy.local:8080/x', 'hunter2'],
  ['image data', `"data":"${'iVBORw0KGgo'.repeat(40)}"`, 'iVBORw0KGgo'],
])('%s goes', (_, text, secret) => {
  expect(text).toContain(secret);
  expect(redact(text)).not.toContain(secret);
});

test.each([
  'The model is overloaded. Please try again later.',
  'Your project has been denied access. Please contact support.',
  'Please retry in 10.158753737s.',
  '* Quota exceeded for metric: generativelanguage.googleapis.com/generate_requests_per_model, limit: 1000000, model: gemini-3-pro-image',
  'GenerateRequestsPerMinutePerProjectPerModel-PaidTier2',
  'API key not valid. Please pass a valid API key.',
  'The basic subscription has no basic authentication.',
])('%s stays', (text) => expect(redact(text)).toBe(text));

test('is short, on one line, and the same when done twice', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: 'binary', maxLength: 2000 }), fc.constantFrom(...ERROR_CATALOGUE.map(({ body }) => JSON.stringify(body)))),
      (text) => {
        const clean = redact(text);
        expect(clean.length).toBeLessThanOrEqual(MESSAGE_CHARS_MAX);
        for (const control of ['\n', '\r', '\u001b']) expect(clean).not.toContain(control);
        // The cut may split a stand-in.
        if (clean.length < MESSAGE_CHARS_MAX) expect(redact(clean)).toBe(clean);
      },
    ),
    { numRuns: 500 },
  );
});
