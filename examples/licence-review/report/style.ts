/** How the report looks: on a screen, light or dark, and on paper. */
export const STYLE = `
:root {
  --paper: #ffffff; --ink: #1c1f24; --faint: #667080; --line: #dfe3e8; --soft: #f5f6f8; --accent: #1f4e79;
  --permitted: #2e7d4f; --conditions: #8a6a00; --forbidden: #b3261e; --unclear: #6b4fa0;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #15181d; --ink: #e4e7eb; --faint: #98a2b0; --line: #323943; --soft: #1d2127; --accent: #8fbbe8;
    --permitted: #6fbf8e; --conditions: #d9b54a; --forbidden: #f0857d; --unclear: #b9a1ea;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 3rem 2rem 2rem; max-width: 72rem; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", "Noto Sans", "Liberation Sans", Arial, sans-serif;
  font-variant-numeric: tabular-nums;
}
a { color: inherit; text-decoration-color: var(--line); text-underline-offset: .2em; }
a:hover { color: var(--accent); }
h1, h2 { font-family: Charter, "Bitstream Charter", "Source Serif 4", Cambria, Georgia, "Liberation Serif", serif; line-height: 1.2; }
h1 { margin: 0 0 .75rem; font-size: 2.4rem; font-weight: 600; letter-spacing: -.01em; overflow-wrap: anywhere; }
h2 { margin: 0 0 .75rem; font-size: 1.35rem; font-weight: 600; }
section { margin-top: 2.75rem; }
p { margin: 0 0 .8rem; max-width: 44rem; }
.kind { margin: 0 0 .25rem; color: var(--faint); font-size: .8rem; letter-spacing: .12em; text-transform: uppercase; }
.note, .faint, footer { color: var(--faint); font-size: .875rem; }
.id { font: .85em/1.5 ui-monospace, "SF Mono", "Liberation Mono", Menlo, monospace; overflow-wrap: anywhere; }
.state { max-width: none; padding: .7rem 1rem; border-left: 4px solid; background: var(--soft); font-weight: 600; }
.state.released { border-color: var(--permitted); } .state.held { border-color: var(--forbidden); }
.state.waiting { border-color: var(--conditions); }
.about { display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); gap: .8rem 2rem; margin: 1.5rem 0 0; font-size: .9rem; }
.about dt { color: var(--faint); font-size: .78rem; } .about dd { margin: 0; overflow-wrap: anywhere; }
.numbers ul { display: flex; flex-wrap: wrap; gap: 1rem 2.5rem; margin: 0 0 1rem; padding: 0; list-style: none; color: var(--faint); font-size: .9rem; }
.numbers li strong { display: block; color: var(--ink); font-size: 1.9rem; font-weight: 600; line-height: 1.15; }
.numbers li.permitted strong { color: var(--permitted); } .numbers li.conditions strong { color: var(--conditions); }
.numbers li.forbidden strong { color: var(--forbidden); } .numbers li.unclear strong { color: var(--unclear); }
.bar { display: flex; gap: 2px; height: .6rem; }
.bar span { min-width: 4px; background: currentColor; }
.bar .permitted { color: var(--permitted); } .bar .conditions { color: var(--conditions); }
.bar .forbidden { color: var(--forbidden); } .bar .unclear { color: var(--unclear); }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: .875rem; line-height: 1.45; }
table + table, .scroll + .scroll, .scroll + .note { margin-top: 1.25rem; }
th { padding: .4rem .9rem .4rem 0; border-bottom: 1.5px solid var(--ink); color: var(--faint); font-size: .78rem; font-weight: 600; text-align: left; white-space: nowrap; }
td { padding: .45rem .9rem .45rem 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: break-word; }
td:last-child, th:last-child { padding-right: 0; }
td .name { font-weight: 600; overflow-wrap: break-word; } td .version { color: var(--faint); white-space: nowrap; }
.number { display: block; white-space: nowrap; }
td .faint { font-size: inherit; }
.verdict, .risk { white-space: nowrap; font-weight: 600; }
.verdict.permitted { color: var(--permitted); font-weight: 400; } .verdict.conditions, .risk.low { color: var(--conditions); }
.verdict.forbidden, .risk.high { color: var(--forbidden); } .verdict.unclear { color: var(--unclear); } .risk.medium { color: var(--conditions); }
.licences { max-width: 44rem; } .licences td:nth-child(3) { width: 45%; vertical-align: middle; }
.share, .span { display: block; height: .55rem; min-width: 2px; background: var(--accent); }
.steps td:nth-child(4) { width: 50%; vertical-align: middle; }
.duties dt { font-weight: 600; } .duties dd { margin: 0 0 .8rem; }
q { font-style: italic; }
figure { margin: 0 0 1.5rem; padding: 1rem; border: 1px solid var(--line); overflow-x: auto; }
figure svg { display: block; margin: 0 auto; max-width: none; height: auto; }
figure.tall svg { max-height: 66rem; }
figure svg > g > polygon { fill: none; stroke: none; }
figure text { fill: var(--ink); font-family: Helvetica, Arial, "Liberation Sans", sans-serif; }
figure .node polygon, figure .node path, figure .node ellipse { fill: var(--paper); stroke: var(--faint); }
figure .edge path { stroke: var(--faint); } figure .edge polygon { fill: var(--faint); stroke: var(--faint); }
figure .visited polygon, figure .visited path { fill: var(--soft); stroke: var(--accent); stroke-width: 1.6; }
figure .unvisited text { fill: var(--faint); } figure .unvisited polygon, figure .unvisited path { stroke: var(--line); }
footer { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line); }
@media (min-width: 56rem) {
  .scroll { overflow: visible; }
  thead th { position: sticky; top: 0; background: var(--paper); }
}
@media (max-width: 40rem) { body { padding: 1.5rem 1rem; } h1 { font-size: 1.8rem; } }
@media print {
  @page { margin: 18mm 15mm; @bottom-right { content: counter(page) " / " counter(pages); font: 8pt sans-serif; color: #505860; } }
  :root {
    --paper: #ffffff; --ink: #000000; --faint: #505860; --line: #c8ccd2; --soft: #f3f4f6; --accent: #1f4e79;
    --permitted: #1f6b3f; --conditions: #755a00; --forbidden: #9c1c15; --unclear: #553a8a;
  }
  body { max-width: none; padding: 0; font-size: 10pt; }
  h1 { font-size: 22pt; } h2 { font-size: 13pt; } section { margin-top: 8mm; }
  h2, h2 + .note, .path .note { break-after: avoid; } .note, .faint, footer, .about { font-size: 8.5pt; }
  table { font-size: 8pt; line-height: 1.35; } thead { display: table-header-group; } tr, figure, .duties dd, .record { break-inside: avoid; }
  thead th { position: static; } td { padding-top: .16rem; padding-bottom: .16rem; }
  .all { break-before: page; } .all td:nth-child(1) { width: 27%; } .all td:nth-child(5) { width: 22%; } .scroll, figure { overflow: visible; }
  figure { padding: 2mm; } figure svg { max-width: 100%; } figure.tall svg { max-height: 205mm; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
}
`;
