import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Agent,
  ChainedAuditLog,
  contentDigest,
  ed25519Key,
  ed25519Verifier,
  evidence,
  hmacKey,
  InMemoryAuditStore,
  verifyEvidence,
  workflow,
  Workflow,
  type AuditContent,
  type Evidence,
  type EvidenceFiles,
} from '@drawloom/core';
import { ScriptedModel, VirtualClock } from '@drawloom/testing';
import { thrownBy } from './collect-events.js';
import { SECRET } from './support/tampering.js';

const key = hmacKey('k1', SECRET);

async function claim(content: AuditContent = 'full', log = newLog()) {
  const model = new ScriptedModel([{ content: 'It looks fine.' }], { name: 'm' });
  const clerk = new Agent({ name: 'clerk', model });
  const audited = workflow('letter', async (text: string) => `Dear all, ${text}`);
  const flow = new Workflow<string>('claim', {
    audit: { log, content },
    tone: 'legal',
    version: '3',
    clock: new VirtualClock(),
  })
    .addNode('assess', clerk)
    .addNode('pay', audited)
    .addNode('refuse', () => 'no')
    .addRouter('assess', (text: string) => (text.includes('fine') ? 'good' : 'bad'), { good: 'pay', bad: 'refuse' })
    .setStart('assess');
  const { runId } = await flow.run('iban DE44', { userId: 'alice' });
  return { log, flow, runId };
}
const newLog = (signer = key): ChainedAuditLog => new ChainedAuditLog({ store: new InMemoryAuditStore(), key: signer });

async function bundleOf(content?: AuditContent): Promise<Evidence> {
  const { log, flow, runId } = await claim(content);
  return evidence(runId, { log, workflow: flow });
}
const textOf = (files: EvidenceFiles, name: string): string => Buffer.from(files.get(name)!).toString();
const withFile = (files: EvidenceFiles, name: string, text: string): EvidenceFiles =>
  new Map([...files, [name, Buffer.from(text)]]);

describe('The evidence of a run', () => {
  it('has the graph, the path, inputs and outputs, choices, agents with model and tone, usage, and the signed entries', async () => {
    const { log, flow, runId } = await claim();
    const { files, runs } = await evidence(runId, { log, workflow: flow });
    expect([...files.keys()]).toEqual(['entries.jsonl', 'graph.json', 'report.json', 'graph.mmd', 'graph.svg']);
    expect(runs).toHaveLength(2);
    const [outer, inner] = runs;
    expect(outer).toMatchObject({
      run: runId,
      workflow: 'claim',
      version: '3',
      graphHash: flow.hash,
      user: 'alice',
      status: 'completed',
      input: { content: 'iban DE44', digest: contentDigest('iban DE44') },
      output: { content: 'Dear all, It looks fine.' },
      routes: [{ router: 'assess', keys: ['good'], targets: ['pay'], ends: false }],
      agents: [{ agent: 'clerk', node: 'assess', model: 'm', tone: 'legal', turns: 1 }],
      models: { m: { calls: 1, cost: 0 } },
    });
    expect(
      outer!.steps.map(({ node, visit, outcome, attempts, output }) => [
        node,
        visit,
        outcome,
        attempts,
        output.content,
      ]),
    ).toEqual([
      ['assess', 1, 'completed', 1, 'It looks fine.'],
      ['pay', 1, 'completed', 1, 'Dear all, It looks fine.'],
    ]);
    expect(inner).toMatchObject({ workflow: 'letter', parentRun: runId, path: ['pay'], status: 'completed' });
    expect(textOf(files, 'graph.mmd')).toContain('visited');
    expect(textOf(files, 'graph.svg')).toContain('#2e7d32');
    expect(JSON.parse(textOf(files, 'report.json'))).toMatchObject({
      format: 'drawloom.evidence',
      graph: { hash: flow.hash },
      runs: [{ run: runId }, { workflow: 'letter' }],
    });
  });

  it('is verified with the secret alone, from the files as well as from a folder', async () => {
    const bundle = await bundleOf();
    const folder = mkdtempSync(join(tmpdir(), 'drawloom-evidence-'));
    try {
      await bundle.writeTo(join(folder, 'a', 'b'));
      expect(readdirSync(join(folder, 'a', 'b')).sort()).toEqual([...bundle.files.keys()].sort());
      for (const given of [bundle.files, join(folder, 'a', 'b')]) {
        const verdict = await verifyEvidence(given, key);
        expect(verdict).toMatchObject({ ok: true, problems: [], entries: 14 });
        expect(verdict.runs).toEqual(bundle.runs);
      }
      writeFileSync(join(folder, 'a', 'b', 'note.txt'), '');
      const nowhere = await verifyEvidence(join(folder, 'c'), key);
      expect(nowhere).toMatchObject({
        ok: false,
        problems: [expect.stringMatching(/^the folder cannot be read: ENOENT/)],
      });
      expect((await verifyEvidence(join(folder, 'a', 'b'), key)).problems).toEqual([
        'note.txt does not belong to the bundle',
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('is verified with the public key alone', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const { log, flow, runId } = await claim('digest', newLog(ed25519Key('k2', privateKey)));
    const { files } = await evidence(runId, { log, workflow: flow });
    expect(await verifyEvidence(files, ed25519Verifier('k2', publicKey))).toMatchObject({ ok: true });
    const other = generateKeyPairSync('ed25519').publicKey;
    expect(await verifyEvidence(files, ed25519Verifier('k2', other))).toMatchObject({
      ok: false,
      entries: 0,
      runs: [],
    });
    expect(await verifyEvidence(files, key)).toMatchObject({ ok: false, entries: 0 });
  });

  it('E1. shows any byte that was changed in any of its files', async () => {
    const { files } = await bundleOf('digest');
    for (const [name, bytes] of files) {
      // All bytes of lines are tried in audit-tampering, and derived files are compared as a whole.
      for (let at = 0; at < bytes.length; at += 31) {
        const changed = Buffer.from(bytes);
        changed[at]! ^= 1;
        const { ok } = await verifyEvidence(new Map([...files, [name, changed]]), key);
        expect([name, at, ok]).toEqual([name, at, false]);
      }
    }
  });

  it('E1. shows a report or a graph that says something else than the entries, however well it is made', async () => {
    const { files } = await bundleOf();
    const problems = async (name: string, change: (text: string) => string) =>
      (await verifyEvidence(withFile(files, name, change(textOf(files, name))), key)).problems;
    expect(await problems('report.json', (text) => text.replace('"good"', '"bad"'))).toEqual([
      'report.json does not say what the entries say',
    ]);
    expect(await problems('graph.json', (text) => text.replaceAll('refuse', 'decline'))).toEqual([
      expect.stringMatching(
        /^graph.json is not the graph that was run: its hash is [0-9a-f]{64}, the run had [0-9a-f]{64}$/,
      ),
      'graph.json is not what was recorded with the run',
      'report.json does not say what the entries say',
      'graph.mmd does not say what the entries say',
      'graph.svg does not say what the entries say',
    ]);
    expect(await problems('graph.json', () => 'x')).toEqual(['graph.json is no graph']);
    expect(await problems('graph.svg', () => '')).toEqual(['graph.svg does not say what the entries say']);
  });

  it('E2. shows that entries are missing, at the end as well as in between, or stand in another order', async () => {
    const { files } = await bundleOf();
    const lines = textOf(files, 'entries.jsonl').split(/(?<=\n)/);
    const problemsOf = async (left: readonly string[]) =>
      (await verifyEvidence(withFile(files, 'entries.jsonl', left.join('')), key)).problems.filter(
        (problem) => !problem.includes('does not say'),
      );
    expect(await problemsOf(lines)).toEqual([]);
    for (let index = 1; index < lines.length; index++)
      expect(await problemsOf([...lines.slice(0, index), ...lines.slice(index + 1)])).not.toEqual([]);
    expect(await problemsOf(lines.slice(0, -1))).toEqual([expect.stringContaining('has no end')]);
    expect(await problemsOf([lines[0]!, lines[2]!, lines[1]!, ...lines.slice(3)])).toEqual(
      expect.arrayContaining([expect.stringContaining('stands after entry')]),
    );
    expect(await problemsOf([...lines, 'what is this\n'])).toEqual([
      'line 15 of entries.jsonl is no entry, or is signed with another key',
    ]);
    expect(await problemsOf([])).toEqual(['entries.jsonl has no entry that is proven']);
  });

  it('E3. is the same, byte for byte, whenever it is made', async () => {
    const { log, flow, runId } = await claim();
    const first = await evidence(runId, { log, workflow: flow });
    await flow.run('another', { userId: 'bob' }).catch(() => undefined);
    expect((await evidence(runId, { log, workflow: flow })).files).toEqual(first.files);
  });

  it('has nothing of other runs, and of values only what was recorded', async () => {
    const log = newLog();
    const { flow, runId } = await claim('digest', log);
    await claim('full', log);
    const { files } = await evidence(runId, { log, workflow: flow });
    const all = [...files.values()].map((bytes) => Buffer.from(bytes).toString()).join('\n');
    for (const secret of ['DE44', 'looks fine', SECRET]) expect(all).not.toContain(secret);
    expect(await verifyEvidence(files, key)).toMatchObject({ ok: true });
  });

  it('tells of a run that failed where it failed, and of caps and denials who decided', async () => {
    const log = newLog();
    const flow = new Workflow<string>('w', { audit: log, maxVisitsPerNode: 2 })
      .addNode('a', (x: string) => x)
      .addRouter('a', () => 'again', { again: 'a' })
      .setStart('a');
    const { partial } = await thrownBy(() => flow.run('x'));
    const { files, runs } = await evidence(partial!.runId, { log, workflow: flow });
    expect(runs[0]).toMatchObject({
      status: 'failed',
      steps: [{ visit: 1 }, { visit: 2 }],
      decisions: [{ action: 'cap.hit', actor: 'workflow', facts: { code: 'MAX_VISITS' } }],
    });
    expect(await verifyEvidence(files, key)).toMatchObject({ ok: true });
  });

  it('is refused where the log knows nothing of the run', async () => {
    const { log, flow } = await claim();
    await expect(evidence('nobody', { log, workflow: flow })).rejects.toMatchObject({ code: 'RUN_NOT_RECORDED' });
  });
});
