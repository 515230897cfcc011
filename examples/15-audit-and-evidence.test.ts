import {
  ChainedAuditLog,
  evidence,
  hmacKey,
  InMemoryAuditStore,
  verifyEvidence,
  type AuditEntry,
} from '@drawloom/core';
import { agents, AUDIT } from '@drawloom/decorators';
import { testWorkflow } from '@drawloom/testing/classes';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Analyst, Claims, main } from './15-audit-and-evidence.js';

const key = hmacKey('k1', 'a secret of many bytes');
const newLog = () => new ChainedAuditLog({ store: new InMemoryAuditStore(), key });
const run = (euros: number, log: ChainedAuditLog) =>
  testWorkflow(Claims).load(agents(Analyst)).override(AUDIT, log).run({ id: 'c-17', euros, iban: 'DE44 5001' });

async function entriesOf(log: ChainedAuditLog): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = [];
  for await (const entry of log.entries()) entries.push(entry);
  return entries;
}

test('the choice of the router is on record, with its key and target', async () => {
  for (const [euros, key, target] of [
    [40, 'small', 'pay'],
    [4_000, 'large', 'ask'],
  ] as const) {
    const log = newLog();
    await run(euros, log);
    const route = (await entriesOf(log)).find(({ action }) => action === 'route.taken');
    expect(route).toMatchObject({ node: 'bySize', facts: { keys: [key], targets: [target] } });
  }
});

test('the account is nowhere in the log, and the amount is', async () => {
  const log = newLog();
  await run(40, log);
  const entries = await entriesOf(log);
  expect(JSON.stringify(entries)).not.toContain('DE44');
  expect(entries.find(({ action }) => action === 'step.started')!.content).toEqual({ id: 'c-17', euros: 40 });
  expect(entries.map(({ actor }) => actor)).toContain('agent:Analyst');
});

test('no step begins where the log cannot be written', async () => {
  const log = newLog();
  await log.close();
  await expect(run(40, log)).rejects.toMatchObject({ code: 'AUDIT_REQUIRED' });
});

test('what the example writes is proven, and a change in it shows', async () => {
  const log = jest.spyOn(console, 'log').mockImplementation(() => undefined);
  const folder = await main();
  expect(log.mock.lastCall).toEqual([expect.stringMatching(/^\d+ entries are proven; problems of the evidence: 0$/)]);
  log.mockRestore();
  const report = await readFile(join(folder, 'evidence', 'report.json'), 'utf8');
  expect(JSON.parse(report)).toMatchObject({
    runs: [{ workflow: 'claims', status: 'completed' }, { workflow: 'Analyst' }],
  });
  expect((await verifyEvidence(join(folder, 'evidence'), key)).ok).toBe(false); // another key
  await rm(folder, { recursive: true });
});

test('evidence of a run has its own entries only', async () => {
  const log = newLog();
  const { runId } = await run(40, log);
  await run(50, log);
  const { files } = await evidence(runId, { log, workflow: new Claims() });
  expect(Buffer.from(files.get('entries.jsonl')!).toString().trim().split('\n').length).toBeLessThan(
    (await entriesOf(log)).length,
  );
});
