/**
 * Figures as SVG text: drawn without a browser, the same bytes for the same figures, colours taken from the page's style so
 * that they follow it into the dark and onto paper.
 */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { Html } from './html.ts';

export const ink = 'currentColor';
export const muted = 'var(--muted)';
export const rule = 'var(--rule)';
export const accent = 'var(--accent)';

const { document } = parseHTML('<!doctype html><html><body></body></html>');

/** @param label what the figure shows, for readers who cannot see it */
export function draw(label: string, options: Plot.PlotOptions): Html {
  const svg = Plot.plot({
    document,
    style: {
      fontFamily: 'system-ui, "Segoe UI", Arial, sans-serif',
      fontSize: '11px',
      background: 'transparent',
      overflow: 'visible',
    },
    ariaLabel: label,
    marginTop: 8,
    marginBottom: 40,
    ...options,
  });
  svg.setAttribute('role', 'img');
  // Inline SVG needs no namespace declarations, and the page then names no address at all.
  return new Html(svg.outerHTML.replace(/ xmlns(?::\w+)?="[^"]*"/g, ''));
}
