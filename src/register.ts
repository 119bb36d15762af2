/** `rundry/register`: `node --import rundry/register app.js` puts an app as it is under an emulated tier. */
import { preload } from './run/preload.ts';

await preload();
