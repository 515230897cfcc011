/**
 * 15. Audit and evidence: every step, every choice and every model of a run goes into a log whose entries prove each other, in
 * a file. What a run did can be handed out as a folder, and be verified by whoever has nothing but the public key.
 */
import { ChainedAuditLog, ed25519Key, ed25519Verifier, EchoModel, FileAuditAnchors } from '@drawloom/core';
import { evidence, JsonlAuditStore, verifyAuditLog, verifyEvidence } from '@drawloom/core';
import { AgentBase, agents, Container, drawloom, type AgentConfiguration } from '@drawloom/decorators';
import { Configure, End, inject, Router, Start, WorkflowBase, workflows } from '@drawloom/decorators';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Claim {
  readonly id: string;
  readonly euros: number;
  readonly iban: string;
}

/** EchoModel stands for a real one. */
export class Analyst extends AgentBase {
  configure(): AgentConfiguration {
    return { model: new EchoModel(), instructions: 'Say what the claim is about.' };
  }
}

/** No step begins before its intent is on disk. The account never gets there: of claims only id and amount are shown. */
@Configure({
  name: 'claims',
  version: '1',
  audit: { mode: 'required', content: (value) => (isClaim(value) ? { id: value.id, euros: value.euros } : undefined) },
})
export class Claims extends WorkflowBase<Claim, string> {
  @inject(Analyst) private readonly analyst!: Analyst;

  @Start()
  async assess(claim: Claim): Promise<Claim> {
    await this.analyst.run(`Claim ${claim.id} over ${claim.euros} euros`);
    return claim;
  }

  @Router({ after: 'assess', routes: { small: 'pay', large: 'ask' } })
  bySize({ euros }: Claim): 'small' | 'large' {
    return euros <= 100 ? 'small' : 'large';
  }

  @End() pay({ id, euros }: Claim): string {
    return `${euros} euros for ${id} are on their way.`;
  }

  @End() ask({ id }: Claim): string {
    return `A person looks at ${id}.`;
  }
}

const isClaim = (value: unknown): value is Claim => typeof value === 'object' && value !== null && 'iban' in value;

export async function main() {
  const folder = await mkdtemp(join(tmpdir(), 'claims-'));
  const { privateKey, publicKey } = generateKeyPairSync('ed25519'); // the public one is for whoever verifies
  const anchors = new FileAuditAnchors(join(folder, 'log.anchor')); // better where the log's writer cannot write
  const store = new JsonlAuditStore(join(folder, 'log.jsonl'));
  const log = new ChainedAuditLog({ store, key: ed25519Key('2026', privateKey), anchors });

  const container = new Container();
  container.load(drawloom({ audit: log }), workflows(Claims), agents(Analyst));
  const workflow = container.get(Claims);
  const { runId } = await workflow.run({ id: 'c-17', euros: 40, iban: 'DE44 5001' }, { userId: 'alice' });
  for await (const { seq, action, actor, node, facts } of log.entries({ user: 'alice' }))
    console.log(seq, action, node ?? '', actor, facts?.['keys'] ?? '');
  await (await evidence(runId, { log, workflow })).writeTo(join(folder, 'evidence'));
  await log.close();

  const keys = ed25519Verifier('2026', publicKey);
  const { ok, entries } = await verifyAuditLog(store, { keys, anchor: await readFile(join(folder, 'log.anchor')) });
  const { problems } = await verifyEvidence(join(folder, 'evidence'), keys);
  console.log(`${entries} entries are ${ok ? 'proven' : 'not proven'}; problems of the evidence: ${problems.length}`);
  return folder;
}
