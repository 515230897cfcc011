import { sqlite } from '@drawloom/sqlite';
import { buildSync } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Services } from './11-durable-resume.js';

const folder = mkdtempSync(join(tmpdir(), 'example-11-'));
const program = join(folder, 'example.mjs');
const tracedProgram = join(folder, 'traced.mjs');

/** What a process that is killed has told counts: each span is in the file as soon as it has ended. */
const TRACED = `
import { openTelemetry, Workflow } from '@drawloom/core';
import { RunIdGenerator } from '@drawloom/otel';
import { SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { appendFileSync } from 'node:fs';
import { main } from './11-durable-resume';
const line = (span) =>
  JSON.stringify({ name: span.name, attributes: span.attributes, parentId: span.parentSpanContext?.spanId, ...span.spanContext() }) + '\\n';
const exporter = {
  export: (spans, done) => (appendFileSync(process.argv[3] + '/spans.jsonl', spans.map(line).join('')), done({ code: 0 })),
  shutdown: async () => undefined,
};
const tracerProvider = new TracerProvider({
  idGenerator: new RunIdGenerator(),
  spanProcessors: [new SimpleSpanProcessor({ exporter })],
});
await new Workflow('process', { telemetry: openTelemetry({ tracerProvider }) })
  .addNode('main', () => main()).setStart('main').run(1);
`;

beforeAll(() => {
  build(`import { main } from './11-durable-resume';\nawait main();`, program);
  build(TRACED, tracedProgram);
});

function build(contents: string, outfile: string): void {
  buildSync({
    stdin: { contents, resolveDir: __dirname },
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['source'],
    keepNames: true,
    logLevel: 'warning',
    tsconfig: join(__dirname, '../tsconfig.json'),
    // Where the commit thread and the driver are found: in the package, not beside the file that is made here.
    define: {
      'import.meta.url': JSON.stringify(
        pathToFileURL(join(__dirname, '../packages/sqlite/src/store/write-queue.ts')).href,
      ),
    },
    // Packages of CommonJS ask for what is built in by a function that an ES module does not have.
    banner: {
      js: `import { createRequire as requireFrom } from 'node:module';\nconst require = requireFrom(${JSON.stringify(program)});`,
    },
  });
}

afterAll(() => rmSync(folder, { recursive: true }));

const start = (...words: string[]) => startOf(program, words);
const startOf = (file: string, words: readonly string[]) =>
  spawnSync(process.execPath, ['--no-warnings', file, ...words], { encoding: 'utf8' });

test('a process that is killed leaves a run that the next one ends, without doing twice what was done', async () => {
  const first = start('first', folder);
  expect({ signal: first.signal, errors: first.stderr, said: first.stdout }).toEqual({
    signal: 'SIGKILL',
    errors: '',
    said: '',
  });
  const second = start('second', folder);
  expect({ status: second.status, errors: second.stderr, said: second.stdout.trim() }).toEqual({
    status: 0,
    errors: '',
    said: 'a lamp is on its way',
  });
  expect(new Services(join(folder, 'services.txt')).asked).toEqual([
    'reserve (order-17/reserve/1)',
    'charge (order-17/charge/1)',
    'charge (order-17/charge/1)',
    'ship (order-17/ship/1)',
  ]);
  const store = sqlite(join(folder, 'runs.db'));
  expect(await store.run({ tenant: '', runId: 'order-17' })).toMatchObject({ status: 'completed' });
  await store.close();
});

test('the example does both by itself', () => {
  const { status, stdout } = start();
  expect(status).toBe(0);
  expect(stdout).toContain(
    'The first process ended with SIGKILL.\na lamp is on its way\nThe second process ended with 0.',
  );
});

interface Told {
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId?: string;
}

test('the run is one connected tree, of what both processes have told, with a pattern on every span', () => {
  const own = mkdtempSync(join(folder, 'traced-'));
  expect(startOf(tracedProgram, ['first', own])).toMatchObject({ signal: 'SIGKILL', stderr: '' });
  expect(startOf(tracedProgram, ['second', own])).toMatchObject({ status: 0, stderr: '' });
  const lines = readFileSync(join(own, 'spans.jsonl'), 'utf8').trim().split('\n');
  const all = lines.map((line) => JSON.parse(line) as Told);
  const spans = all.filter(({ attributes }) => attributes['drawloom.run.id'] === 'order-17');
  expect(spans.map(({ name }) => name)).toEqual(['step reserve', 'step charge', 'step ship', 'invoke_workflow Order']);
  const ids = new Set(spans.map(({ spanId }) => spanId));
  expect(ids.size).toBe(spans.length);
  expect(spans.filter(({ parentId }) => !ids.has(parentId!)).map(({ name }) => name)).toEqual([
    'invoke_workflow Order',
  ]);
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  expect(all.map(({ attributes }) => attributes['drawloom.pattern'])).toEqual(all.map(() => 'workflow'));
});
