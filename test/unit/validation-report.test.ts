import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../core/canonical-json.ts';
import { renderReport } from '../../validation/report/page.ts';
import { parseReport } from '../../validation/report/schema.ts';
import { syntheticReport } from '../fixtures/synthetic-report.ts';

const passed = syntheticReport(0.6);
const refused = syntheticReport(-0.4);

describe('the report', () => {
  it('survives canonical JSON, passes and refuses', () => {
    for (const report of [passed, refused]) expect(parseReport(JSON.parse(canonicalJson(report)))).toEqual(report);
    expect(passed.verdict).toBe('passed');
    expect(refused.verdict).toBe('refused');
    expect(refused.reasons.length).toBeGreaterThan(0);
  });

  const rejects = (change: object, reason: RegExp) =>
    expect(() => parseReport({ ...refused, ...change })).toThrow(
      expect.objectContaining({ code: 'ASSAY_STATEMENT_INVALID', message: expect.stringMatching(reason) }),
    );

  it('rejects NaN, a missing field, an unknown one, and another version', () => {
    rejects({ baselines: [{ ...refused.baselines[0], meanBps: Number.NaN }] }, /baselines\.0\.meanBps/);
    rejects({ gates: undefined }, /gates/);
    rejects({ extra: 1 }, /extra/);
    rejects({ version: 2 }, /version/);
  });

  it('rejects a verdict that does not follow from the gates', () => {
    rejects({ verdict: 'passed' }, /does not follow/);
    rejects({ verdict: 'passed', reasons: [] }, /does not follow/);
    rejects({ reasons: [] }, /does not follow/);
    rejects({ verdict: 'passed', reasons: [], gates: [] }, /does not follow/);
  });
});

describe.each([
  ['passed', passed],
  ['refused', refused],
] as const)('the page of a %s candidate', (verdict, report) => {
  const page = renderReport(report);
  const { document } = parseHTML(page);

  it('is the same bytes again', () => expect(renderReport(report)).toBe(page));

  it('asks nobody for anything: no script, no address, no source, no import', () => {
    expect(page).not.toMatch(
      /https?:|\/\/[a-z]|@import|url\((?!#)|<(?:script|link|img|iframe|object|embed|base|form)\b/i,
    );
    expect(page).not.toMatch(/\s(?:src|srcset|on\w+|action|data)=/i);
    for (const link of document.querySelectorAll('[href]')) expect(link.getAttribute('href')).toMatch(/^#s\d+$/);
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
  });

  it('holds no number that is not one', () =>
    expect(document.body.textContent).not.toMatch(/NaN|undefined|Infinity|\[object/));

  it('prints the verdict, every gate with its detectable effect, and every reason', () => {
    expect(document.querySelector(`.verdict.${verdict} strong`)?.textContent?.toLowerCase()).toBe(verdict);
    const rows = document.querySelector('section table tbody')?.querySelectorAll('tr') ?? [];
    expect(rows.length).toBe(report.gates.length);
    for (const [i, gate] of report.gates.entries()) {
      const cells = [...rows[i].querySelectorAll('td')].map((cell) => cell.textContent);
      expect(cells).toContain(gate.passed ? 'passed' : 'refused');
      const effect = gate.minimalDetectableEffectBps;
      expect(cells[5]).toBe(effect === null ? 'n/a' : effect.toFixed(3));
    }
    const text = document.body.textContent ?? '';
    for (const reason of report.reasons) expect(text).toContain(reason);
  });

  it('prints the protocol in full, escaped, with its history, and every digest of the lineage', () => {
    const text = document.body.textContent ?? '';
    expect(text).toContain(JSON.stringify(report.protocol.document, null, 2));
    for (const { reason } of report.protocol.history) expect(text).toContain(reason);
    expect(page).not.toContain('<patience>');
    for (const digest of [report.candidate.digest, ...Object.values(report.lineage)]) expect(text).toContain(digest);
  });

  it('has a caption and scoped headings on every table, and a label on every figure', () => {
    for (const table of document.querySelectorAll('table')) {
      expect(table.querySelector('caption')?.textContent?.length).toBeGreaterThan(4);
      for (const heading of table.querySelectorAll('th')) expect(heading.getAttribute('scope')).toMatch(/^(row|col)$/);
    }
    const figures = document.querySelectorAll('figure');
    expect(figures.length).toBeGreaterThan(15);
    for (const figure of figures) {
      expect(figure.querySelector('svg[role="img"]')?.getAttribute('aria-label')?.length).toBeGreaterThan(4);
      expect(figure.querySelector('figcaption')?.textContent?.length).toBeGreaterThan(2);
    }
  });

  it('opens and closes every element, and names no id twice', () => {
    const open = new Map<string, number>();
    for (const [, slash, name, rest] of page.matchAll(/<(\/?)([a-z][\w-]*)((?:"[^"]*"|[^>"])*)>/gi)) {
      if (rest.endsWith('/') || ['meta', 'br'].includes(name)) continue;
      open.set(name, (open.get(name) ?? 0) + (slash ? -1 : 1));
    }
    expect([...open].filter(([, depth]) => depth !== 0)).toEqual([]);
    const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
