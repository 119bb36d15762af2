// The rooms of src/ and who may import whom: the only place where this is written down. README's table of rooms is generated from it
// (node test/architecture/rooms-table.ts --write) and test/architecture.test.ts checks that these rules are really applied.

/** @type {{ name: string, decides: string, mayImport: string[], browser?: true }[]} */
const rooms = [
  {
    name: 'model',
    decides: 'the vocabulary: Scenario, Reply, Attempt, rows, Clock, Target, units, chance, errors, the model catalogue',
    mayImport: [],
    browser: true,
  },
  {
    name: 'quota',
    decides: 'how limits behave: buckets and windows, Pacific calendar, admission by all buckets or none, dated limit profiles',
    mayImport: ['model'],
    browser: true,
  },
  { name: 'traffic', decides: 'when jobs are due: shapes, traces, fitting a shape to a trace', mayImport: ['model'], browser: true },
  {
    name: 'client',
    decides: 'what a client does about an answer: retry, pace, breaker, fallback, schedule, lanes, projects',
    mayImport: ['model', 'quota'],
    browser: true,
  },
  {
    name: 'service',
    decides: 'what Gemini does with a request: faults, quota, filters, overload, latency, billing, batch jobs',
    mayImport: ['model', 'quota'],
    browser: true,
  },
  {
    name: 'wire',
    decides: 'how that looks in JSON, and what a JSON answer means: bodies both ways, the error catalogue, the classifier',
    mayImport: ['model'],
    browser: true,
  },
  { name: 'journal', decides: 'rows to lines and back: header, torn tails, merging', mayImport: ['model'] },
  { name: 'engine', decides: 'the order in which things happen', mayImport: ['model', 'traffic', 'client'], browser: true },
  { name: 'targets', decides: 'who answers: `simulated`, `gemini` (SDK)', mayImport: ['model', 'service', 'wire'] },
  {
    name: 'mock',
    decides: 'the emulated service on the network: MSW handlers, the HTTP server, the preload',
    mayImport: ['model', 'quota', 'service', 'wire'],
  },
  {
    name: 'scenario',
    decides: 'file and settings to Scenario, or every problem at once; JSON Schema',
    mayImport: ['model', 'quota', 'traffic', 'client', 'service'],
    browser: true,
  },
  {
    name: 'analysis',
    decides: 'rows to capacity: attribution, latency, cost, calibration, comparison',
    mayImport: ['model', 'quota', 'wire'],
    browser: true,
  },
  {
    name: 'doctor',
    decides: 'whether key, network, account and plan are ready: one check a file, judged from what was gathered',
    mayImport: ['model', 'quota', 'wire', 'analysis'],
    browser: true,
  },
  {
    name: 'plan',
    decides: 'which settings to use and why; is handed `evaluate`',
    mayImport: ['model', 'quota', 'traffic', 'client', 'analysis'],
    browser: true,
  },
  {
    name: 'report',
    decides: 'understanding to text: terminal, CSV, HTML, Markdown, JUnit; yields chunks',
    mayImport: ['model', 'analysis', 'plan', 'doctor'],
  },
  {
    name: 'run',
    decides: 'composition, the only room that knows modes: `simulate`, `run`, `flood`, worker pool, files',
    mayImport: [
      'model',
      'quota',
      'traffic',
      'client',
      'service',
      'wire',
      'journal',
      'engine',
      'targets',
      'mock',
      'scenario',
      'analysis',
      'plan',
      'doctor',
      'report',
    ],
  },
  {
    name: 'cli',
    decides: 'argv to library call to exit code; each command imports its rooms lazily',
    mayImport: [
      'model',
      'quota',
      'traffic',
      'client',
      'service',
      'wire',
      'journal',
      'engine',
      'targets',
      'mock',
      'scenario',
      'analysis',
      'plan',
      'doctor',
      'report',
      'run',
    ],
  },
  {
    name: 'testing',
    decides: "what a team's own tests say of a run: matchers for vitest, and the emulated service to judge their code by",
    mayImport: ['model', 'wire', 'mock', 'analysis', 'report', 'run'],
  },
];

/** Packages that only some rooms may import. One that is not listed here is for nobody. */
const packages = {
  '@google/genai': ['targets'],
  undici: ['targets'],
  '@mswjs/interceptors': ['mock'],
  msw: ['mock', 'testing'],
  autocannon: ['run'],
  zod: ['scenario', 'wire'],
  yaml: ['scenario'],
  'temporal-polyfill': ['scenario', 'quota', 'traffic'],
  'csv-parse': ['traffic', 'scenario'],
  'csv-stringify': ['report'],
  'cli-table3': ['report'],
  picocolors: ['report', 'cli'],
  'jpeg-js': ['mock'],
  yargs: ['cli'],
  piscina: ['run'],
  'google-auth-library': ['run'],
  'prom-client': ['mock'],
  selfsigned: ['mock'],
  'junit-report-builder': ['report'],
  'markdown-table': ['report'],
  vitest: ['testing'],
};

const any = (names) => `(?:${names.map((name) => name.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&')).join('|')})`;
const list = (names) => names.map((name) => `${name}/`).join(', ');
const inModules = (names) => `(?:^|/)node_modules/(?:@types/)?${any(names)}(?:/|$)`;

const roomRules = rooms.map(({ name, mayImport }) => ({
  name: `room-${name}`,
  severity: 'error',
  comment: `${name}/ may import ${mayImport.length ? `${list(mayImport)} and itself` : 'nothing but itself'}. Move the shared noun to model/, or have the value handed in by run/ (types count as imports).`,
  from: { path: `^src/${name}/` },
  to: { path: '^src/', pathNot: `^src/${any([name, ...mayImport])}/` },
}));

const packageRules = Object.entries(packages).map(([name, owners]) => ({
  name: `package-${name.replaceAll(/[^a-z]+/g, '-').replace(/^-/, '')}`,
  severity: 'error',
  comment: `${name} belongs to ${list(owners)}: ask that room for what you need, in words of model/.`,
  from: { path: '^src/', pathNot: `^src/${any(owners)}/` },
  to: { path: inModules([name]) },
}));

const browserRooms = rooms.filter((room) => room.browser).map((room) => room.name);

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      // Types that name each other are no harm: `import type` leaves nothing behind at run time.
      comment: 'Two files that need each other are one file, or share a third: move what both need into a file that imports neither.',
      from: { path: '^src/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only', 'type-import'] } },
    },
    {
      name: 'not-to-unresolvable',
      severity: 'error',
      comment: 'This import leads nowhere: correct the path (with its .ts) or add the package to package.json.',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'room-unknown',
      severity: 'error',
      comment: 'A folder of src/ that is not in the table of rooms: put the file into a room, or add the room to .dependency-cruiser.cjs.',
      from: { path: '^src/[^/]+/', pathNot: `^src/${any(rooms.map((room) => room.name))}/` },
      to: {},
    },
    ...roomRules,
    {
      name: 'entries-stay-light',
      severity: 'error',
      comment: 'src/*.ts are entries of the library: cli/ is not part of it, and mock/ has an entry of its own (rundry/mock).',
      from: { path: '^src/[^/]+\\.ts$', pathNot: '^src/(?:register|vitest)\\.ts$' },
      to: { path: '^src/(?:cli|mock)/' },
    },
    {
      name: 'runs-in-a-browser',
      severity: 'error',
      comment: `${list(browserRooms)} also run in a browser: no node: modules. Let run/ read it and hand the value in.`,
      from: { path: `^src/${any(browserRooms)}/` },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'files-and-processes',
      severity: 'error',
      comment: 'Process, stdout and files are touched in run/, cli/ and mock/ only: take the bytes or yield chunks of text.',
      from: { path: '^src/', pathNot: '^src/(?:run|cli|mock)/' },
      to: {
        path: '^(?:node:)?(?:fs|fs/promises|process|child_process|worker_threads|cluster|readline|readline/promises|tty|os)$',
        dependencyTypes: ['core'],
      },
    },
    ...packageRules,
    {
      name: 'package-unknown',
      severity: 'error',
      comment: 'Each package has the rooms that may import it: name them under `packages` in .dependency-cruiser.cjs, or do without.',
      from: { path: '^src/' },
      to: { path: '(?:^|/)node_modules/', pathNot: inModules(Object.keys(packages)) },
    },
    {
      name: 'not-to-dev-dependency',
      severity: 'error',
      comment: 'Users do not get devDependencies: move the package to dependencies.',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only', 'type-import', 'npm-peer'] },
    },
    {
      name: 'src-not-to-test',
      severity: 'error',
      comment: 'What src/ needs belongs to src/.',
      from: { path: '^src/' },
      to: { path: '^test/' },
    },
  ],
  options: {
    // Reads TypeScript through the package `typescript`, which must be version 6: with 7 it passes having read nothing.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
};

// For the test and the README's table. Not enumerable: dependency-cruiser refuses keys that it does not know.
Object.defineProperties(module.exports, { rooms: { value: rooms }, packages: { value: packages } });
