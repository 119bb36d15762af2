import { type Check, cannotKnow, type Finding, fail, pass } from '../check.ts';
import type { KeyForm, Surroundings } from './surroundings.ts';

const FINDINGS: Readonly<Record<KeyForm, Finding>> = {
  standard: pass('It has the form of a Google API key.'),
  authorization: pass('It has the form of an AI Studio authorization key.'),
  quoted: fail('There are quotation marks around it, and they are sent with it.', [
    'Take the quotation marks away where the variable is set.',
  ]),
  spaced: fail('There is a space or a line break in it.', ['Copy the key again, in one piece.']),
  'bearer-token': fail('It is an OAuth access token, not an API key.', [
    'Make an API key at aistudio.google.com/apikey, or use the Agent Platform, which takes tokens.',
  ]),
  json: fail('It is JSON, such as the file of a service account, not an API key.', [
    'Make an API key at aistudio.google.com/apikey; service accounts are for the Agent Platform.',
  ]),
  assignment: fail("The variable's name stands in front of it, and is sent with it.", ['Keep what stands behind the equals sign.']),
  placeholder: fail('It is a placeholder out of an example.', ['Put your own key in its place.']),
  short: cannotKnow('It is shorter than any key Google makes; a mock or a gateway may take it.'),
  other: cannotKnow('It has not the form of a key that Google makes; a gateway may have its own.'),
};

export const keyForm: Check<Surroundings> = {
  id: 'key-form',
  title: 'The key is well-formed',
  how: 'By its form alone, without sending it.',
  fix: ['Copy the key again from aistudio.google.com/apikey.'],
  judge: ({ keyForm: form }) => (form === null ? { state: 'skipped', says: 'There is no key.' } : FINDINGS[form]),
};
