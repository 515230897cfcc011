import type { StepFailure } from '@drawloom/core';
import { Configure, End, inject, oneOf, Router, Start, Step, WorkflowBase } from '@drawloom/decorators';
import { LicenceReader, type ReaderAnswer } from './agents/licence-reader.js';
import type { Finding, Reading } from './finding.js';
import { titleOf, type InstalledPackage } from './inventory/installed-package.js';
import { checkReading } from './licences/check-reading.js';
import { examine, type Examination } from './licences/examine.js';
import { judge, riskOf, type Judgement, type Verdict } from './licences/judge.js';
import { LicenceTexts } from './licences/licence-texts.js';
import { POLICY, type Policy } from './policy.js';

/** A package, and what the policy says to it. */
interface Judged {
  readonly examination: Examination;
  readonly judgement: Judgement;
}

/** A package, and what the agent answered; `undefined` where it came to no answer, which is then among the doubts. */
interface Answered {
  readonly examination: Examination;
  readonly answer: ReaderAnswer | undefined;
}

/** Reviews one package: what its licence is, and what the policy says to it. What texts alone do not settle, an agent reads. */
@Configure({ name: 'package-review', version: '1' })
export class PackageReview extends WorkflowBase<InstalledPackage, Finding> {
  constructor(
    @inject(LicenceTexts) private readonly texts: LicenceTexts,
    @inject(POLICY) private readonly policy: Policy,
    @inject(LicenceReader) private readonly reader: LicenceReader,
  ) {
    super();
  }

  @Start()
  async examine(found: InstalledPackage): Promise<Judged> {
    const examination = await examine(found, this.texts, this.policy.likeness);
    return { examination, judgement: judgementOf(examination, this.policy) };
  }

  @Router({
    after: 'examine',
    routes: { permitted: 'permit', conditions: 'impose', forbidden: 'forbid', unclear: 'read' },
  })
  byVerdict({ judgement }: Judged): Verdict {
    return judgement.verdict;
  }

  @End() permit({ examination, judgement }: Judged): Finding {
    return this.#finding(examination, { ...judgement, obligations: [], reasons: [] });
  }

  @End() impose({ examination, judgement }: Judged): Finding {
    return this.#finding(examination, { ...judgement, reasons: [] });
  }

  @End() forbid({ examination, judgement }: Judged): Finding {
    return this.#finding(examination, { ...judgement, obligations: [] });
  }

  /** Asks the agent. Which package it may look at is said in the metadata of its run, out of reach of what it reads. */
  @Step({ timeout: '2m', onError: 'leaveOpen' })
  async read({ examination }: Judged): Promise<Answered> {
    const { declared, location } = examination.package;
    const files = examination.texts.map(({ file }) => file);
    const { doubts } = examination;
    const question = { package: titleOf(examination.package), declared: declared ?? null, doubts, files };
    const { output, interrupted } = await this.reader.run<ReaderAnswer>(question, { metadata: { location } });
    return interrupted ? withoutAnswer(examination, 'it stopped before it had one') : { examination, answer: output };
  }

  /** An agent that fails leaves the package unclear, which is for people then; the review goes on. */
  @Step() leaveOpen({ error, input }: StepFailure<Judged>): Answered {
    return withoutAnswer(input.examination, error instanceof Error ? error.message.split('\n')[0]! : 'it failed');
  }

  /** What the agent says counts where it stands up to a check, and is judged like any other expression. */
  @End({ after: oneOf('read', 'leaveOpen') })
  async settle({ examination, answer }: Answered): Promise<Finding> {
    if (answer === undefined) return this.#finding(examination, UNCLEAR);
    const reading = await checkReading(answer, examination.package, this.texts);
    if (reading.objections.length > 0) return this.#finding(examination, UNCLEAR, reading);
    const read: Examination = { ...examination, expression: reading.licence, basis: 'read by the agent' };
    return this.#finding(read, policyFor(read, reading.licence, this.policy), reading);
  }

  #finding(examination: Examination, judgement: Judgement, reading?: Reading): Finding {
    const { verdict, obligations, reasons } = judgement;
    const under = verdict === 'unclear' ? undefined : judgement.under;
    const risk = riskOf(verdict, examination.package, this.policy);
    return { ...examination, verdict, under, obligations, reasons, risk, reading };
  }
}

function withoutAnswer(examination: Examination, why: string): Answered {
  const doubt = `The agent that was asked gave no answer: ${why}.`;
  return { examination: { ...examination, doubts: [...examination.doubts, doubt] }, answer: undefined };
}

const UNCLEAR: Judgement = { verdict: 'unclear', under: '', obligations: [], reasons: [] };

function judgementOf(examination: Examination, policy: Policy): Judgement {
  const { expression, doubts } = examination;
  return expression === undefined || doubts.length > 0 ? UNCLEAR : policyFor(examination, expression, policy);
}

/** Apache-2.0 asks for the NOTICE file of the work to be passed on, where there is one. */
function policyFor({ notices }: Examination, expression: string, policy: Policy): Judgement {
  const judgement = judge(expression, policy);
  if (judgement.verdict === 'forbidden' || notices.length === 0 || !judgement.under.includes('Apache-2.0'))
    return judgement;
  return { ...judgement, verdict: 'conditions', obligations: [...judgement.obligations, 'notice'] };
}
