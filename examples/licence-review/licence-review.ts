import { basename } from 'node:path';
import type { ApprovalDecision, RunnableStep } from '@drawloom/core';
import {
  allOf,
  Approval,
  Configure,
  End,
  ForEach,
  inject,
  Router,
  Start,
  Step,
  WorkflowBase,
  type ApprovalRequest,
  type PerItem,
  type StepContext,
} from '@drawloom/decorators';
import { SummaryWriter } from './agents/summary-writer.js';
import type { Finding } from './finding.js';
import { findPackages } from './inventory/find-packages.js';
import type { InstalledPackage } from './inventory/installed-package.js';
import { readManifest } from './inventory/read-manifest.js';
import { LicenceTexts } from './licences/licence-texts.js';
import { PackageReview } from './package-review.js';
import { policy as companyPolicy, POLICY, type Policy } from './policy.js';
import { counted } from './report/format.js';
import { writeNotice, type Notice } from './report/notice.js';
import { reviewOf, type Review, type ReviewRequest, type ReviewScope } from './review.js';
import { plainSummary, remarksOn, type SummaryDraft } from './summary/summary-draft.js';
import { summaryFacts } from './summary/summary-facts.js';

/** The review, with the words that stand at its head. */
export interface ReviewReport {
  readonly request: ReviewScope;
  readonly review: Review;
  readonly summary: string;
}

/** How a review ended. */
export interface ReviewOutcome {
  readonly status: 'released' | 'held';
  readonly report: ReviewReport;
  /** What people decided; `undefined` where nobody had to. */
  readonly decision: ApprovalDecision | undefined;
  /** What goes along with the product; `undefined` where it is not released. */
  readonly notice: Notice | undefined;
}

/** Who decides is part of the graph: a review that waits does so under the terms that it was asked under. */
const { legal } = companyPolicy;

/** How often the summary is written before plain sentences take its place. */
const ROUNDS = 4;

/** Reviews what is installed in a folder: package by package, then as a whole, and asks people about what is in doubt. */
@Configure({ name: 'licence-review', version: '1', tone: 'legal', maxVisitsPerNode: ROUNDS })
export class LicenceReview extends WorkflowBase<ReviewRequest, ReviewOutcome> {
  constructor(
    @inject(POLICY) private readonly policy: Policy,
    @inject(LicenceTexts) private readonly texts: LicenceTexts,
    @inject(SummaryWriter) private readonly writer: SummaryWriter,
  ) {
    super();
  }

  @Start() async scope(request: ReviewRequest): Promise<ReviewScope> {
    const manifest = await readManifest(request.folder);
    return { ...request, product: manifest?.name ?? basename(request.folder) };
  }

  @Step({ after: 'scope' })
  async inventory({ folder }: ReviewRequest): Promise<readonly InstalledPackage[]> {
    return (await findPackages(folder)).packages;
  }

  /** A nested run for each package. */
  @ForEach({ after: 'inventory', concurrency: 8 })
  @inject(PackageReview)
  readonly review!: RunnableStep<InstalledPackage, PerItem<Finding>>;

  @Step({ after: 'review' })
  weigh(findings: readonly Finding[]): Review {
    return reviewOf(findings, this.policy);
  }

  // The summary: written, checked against rules, and sent back with remarks until nothing is missing.

  @Step({ after: allOf('scope', 'weigh') })
  outline({ scope, weigh }: { scope: ReviewScope; weigh: Review }): SummaryDraft {
    return { facts: summaryFacts(weigh, scope, this.policy), text: '', remarks: [], round: 0 };
  }

  @Step({ after: 'outline', timeout: '2m' })
  async write({ facts, text: draft, remarks, round }: SummaryDraft): Promise<SummaryDraft> {
    const { text } = await this.writer.run({ facts, draft, remarks });
    return { facts, text, remarks: [], round: round + 1 };
  }

  @Step({ after: 'write' })
  check(draft: SummaryDraft): SummaryDraft {
    return { ...draft, remarks: remarksOn(draft) };
  }

  @Router({ after: 'check', routes: { complete: 'summary', revise: 'write', giveUp: 'list' } })
  isComplete({ remarks, round }: SummaryDraft): 'complete' | 'revise' | 'giveUp' {
    return remarks.length === 0 ? 'complete' : round < ROUNDS ? 'revise' : 'giveUp';
  }

  /** A summary that is never complete is replaced by the facts: the review does not fail for its prose. */
  @Step() list({ facts, round }: SummaryDraft): SummaryDraft {
    return { facts, text: plainSummary(facts), remarks: [], round };
  }

  @Step({ after: 'list' })
  summary({ text }: SummaryDraft): string {
    return text;
  }

  @Step({ after: allOf('scope', 'weigh', 'summary') })
  report({ scope, weigh, summary }: { scope: ReviewScope; weigh: Review; summary: string }): ReviewReport {
    return { request: scope, review: weigh, summary };
  }

  @Router({ after: 'report', routes: { clear: 'release', refer: 'askLegal' } })
  byRisk({ review }: ReviewReport): 'clear' | 'refer' {
    return review.referred.length === 0 ? 'clear' : 'refer';
  }

  /** Who asked for the review does not decide about it. Nobody decides by silence: after the deadline the review is held. */
  @Approval({
    groups: [legal.group],
    quorum: legal.quorum,
    deadline: legal.deadline,
    notBy: ['scope'],
    routes: { approved: 'release', rejected: 'hold', expired: 'hold' },
  })
  askLegal({ request, review, summary }: ReviewReport): ApprovalRequest {
    const packages = counted(review.referred.length, 'package');
    return { title: `May ${request.product} be released with ${packages} in doubt?`, body: summary };
  }

  /** Writes what goes along with the product. Written anew from the same files it is the same, so a second time does no harm. */
  @End() async release(report: ReviewReport, context: StepContext): Promise<ReviewOutcome> {
    const notice = await writeNotice(report.review.findings, report.request.output, this.texts);
    return { status: 'released', report, decision: context.decision<ApprovalDecision>('askLegal'), notice };
  }

  @End() hold(report: ReviewReport, context: StepContext): ReviewOutcome {
    return { status: 'held', report, decision: context.decision<ApprovalDecision>('askLegal'), notice: undefined };
  }
}
