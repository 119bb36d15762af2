/** Answers as pictures on disk: the last image of each answer, which is the one that counts; the others are drafts. */
import { accessSync, constants, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Attempt } from '../../model/attempt.ts';
import { SetupError } from '../../model/errors.ts';

export type ImageSaver = (attempt: Pick<Attempt, 'request' | 'n'>, bodyText: string) => void;

/**
 * A picture that is there already, of another run, stays: the new one gets a number behind its name.
 *
 * @param onFailure told that a picture could not be written: the run goes on, it costs what it costs
 * @throws SetupError when the folder cannot be made, or not be written to
 */
export function imageSaver(folder: string, onFailure: (text: string) => void): ImageSaver {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  } catch (cause) {
    throw new SetupError(`--save-images ${folder}: cannot be made or written to`, { cause });
  }
  return ({ request, n }, bodyText) => {
    const number = `${String(request).padStart(6, '0')}-${n}`;
    try {
      const image = lastImage(bodyText);
      if (image !== null)
        writeFileSync(freePath(join(folder, number), EXTENSIONS[image.mimeType] ?? 'bin'), Buffer.from(image.data, 'base64'), {
          flag: 'wx',
        });
    } catch {
      onFailure(`cannot write picture ${number} into ${folder}`);
    }
  };
}

const EXTENSIONS: Readonly<Record<string, string>> = { 'image/jpeg': 'jpg', 'image/png': 'png', 'image/webp': 'webp' };

function freePath(stem: string, extension: string): string {
  let path = `${stem}.${extension}`;
  for (let copy = 2; existsSync(path); copy++) path = `${stem}_${copy}.${extension}`;
  return path;
}

interface Inline {
  readonly mimeType: string;
  readonly data: string;
}

/** The answer was understood before, so its shape is known; what is missing is simply not there. */
function lastImage(bodyText: string): Inline | null {
  const body = JSON.parse(bodyText) as {
    candidates?: { content?: { parts?: { thought?: boolean; inlineData?: Partial<Inline> }[] } }[];
  };
  const parts = body.candidates?.[0]?.content?.parts ?? [];
  const image = parts.findLast(({ inlineData, thought }) => inlineData?.data !== undefined && thought !== true)?.inlineData;
  return image?.data === undefined ? null : { mimeType: image.mimeType ?? '', data: image.data };
}
