import { htmlReport } from './html.js';
import { markdownReport } from './markdown.js';
import type { ReportContent } from './report-content.js';
import { writeWhole } from './write-whole.js';

/** Where the reports are. */
export interface WrittenReports {
  readonly html: string;
  readonly markdown: string;
}

/** Writes the report in both forms, in place of what was there. */
export async function writeReports(content: ReportContent): Promise<WrittenReports> {
  const folder = content.report.request.output;
  return {
    html: await writeWhole(folder, 'report.html', await htmlReport(content)),
    markdown: await writeWhole(folder, 'report.md', markdownReport(content)),
  };
}
