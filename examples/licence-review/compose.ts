import {
  PriceList,
  type AuditLog,
  type DurabilityOptions,
  type Journal,
  type LanguageModel,
  type Telemetry,
} from '@drawloom/core';
import { agents, Container, drawloom, workflows } from '@drawloom/decorators';
import { openai } from '@drawloom/openai';
import { LicenceReader, ReaderAnswer } from './agents/licence-reader.js';
import { STAND_IN, StandInReader } from './agents/stand-in-reader.js';
import { StandInWriter } from './agents/stand-in-writer.js';
import { SummaryWriter } from './agents/summary-writer.js';
import { LicenceReview } from './licence-review.js';
import { LicenceTexts } from './licences/licence-texts.js';
import { PackageReview } from './package-review.js';
import { POLICY, policy, type Policy } from './policy.js';

/** What may differ from one start of the program to the next. */
export interface Parts {
  /** Where runs are kept. @defaultValue nowhere: a review lives as long as its process */
  readonly journal?: Journal;
  /** What goes on record. @defaultValue nothing */
  readonly audit?: AuditLog;
  readonly telemetry?: Telemetry;
  readonly policy?: Policy;
}

/** Everything put together: the one place that knows which models there are and where runs are kept. */
export function compose({ journal, audit, telemetry, policy: chosen = policy }: Parts = {}): Container {
  const container = new Container();
  container.load(
    drawloom({ models: hasKey() ? openai() : standIns(), journal, audit, telemetry, durability: DURABILITY }),
    workflows(LicenceReview, PackageReview),
    agents(LicenceReader, SummaryWriter),
  );
  container.bind(LicenceTexts).toSelf().inSingletonScope();
  container.bind(PriceList).toConstantValue(new PriceList({ [STAND_IN]: { input: 0, output: 0 } }));
  container.bind(POLICY).toConstantValue(chosen);
  return container;
}

const DURABILITY: DurabilityOptions = {
  /** How long after a kill a review waits before it goes on: until then the killed process might still be at it. */
  lease: '5s',
  /** The agent answers with an object of this class: the journal is told how one is made again. */
  values: {
    types: {
      ReaderAnswer: {
        type: ReaderAnswer,
        revive: (plain) => Object.assign(new ReaderAnswer(), plain),
      },
    },
  },
};

/** Whether models are asked, or stand-ins. */
export function hasKey(): boolean {
  return (process.env['OPENAI_API_KEY'] ?? '') !== '';
}

function standIns(): readonly LanguageModel[] {
  return [new StandInReader(), new StandInWriter()];
}
