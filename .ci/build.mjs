// npm run build: src/ to dist/. Types are a gate of their own (npm run check); a build only emits, so that a clone with work in progress installs.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';

const root = path.dirname(import.meta.dirname);
const dist = path.join(root, 'dist');
const bin = path.join(dist, 'cli/main.js');

rmSync(dist, { recursive: true, force: true });
const tsc = spawnSync('tsc', ['--project', 'tsconfig.build.json', '--noCheck'], { cwd: root, stdio: 'inherit' });
if (tsc.error) throw tsc.error;
if (tsc.status !== 0) process.exit(tsc.status ?? 1);
// What tsc leaves behind: JSON that is read rather than imported, templates, styles.
const isAsset = (file) => statSync(file).isDirectory() || !/\.[cm]?ts$/.test(file);
cpSync(path.join(root, 'src'), dist, { recursive: true, filter: isAsset });
if (existsSync(bin)) chmodSync(bin, 0o755);
