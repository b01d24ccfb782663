/** SVG documents out of several plots, legible on a white and on a black ground. */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';

export interface Panel {
  readonly x: number;
  readonly y: number;
  /** As {@link drawing} gives it. */
  readonly svg: string;
}

export interface PictureText {
  readonly x: number;
  readonly y: number;
  readonly size: number;
  readonly bold?: boolean;
  readonly words: string;
}

export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly panels: readonly Panel[];
  readonly texts: readonly PictureText[];
}

const FONT = 'Helvetica, Arial, sans-serif';
/** A viewer that knows no schemes gets the light one. */
const STYLE =
  '.paper{fill:#fff}.ink{color:#222}@media(prefers-color-scheme:dark){.paper{fill:#0d1117}.ink{color:#d8dee4}}';

/** @returns one `<svg>` element, with everything in the ink's colour unless it says otherwise */
export function drawing(options: Plot.PlotOptions): string {
  const { document } = parseHTML('<html><body></body></html>');
  const plot = Plot.plot({
    document: document as never,
    style: { fontFamily: FONT, fontSize: '12px', background: 'none', color: 'inherit' },
    ...options,
  });
  return String((plot as unknown as { outerHTML: string }).outerHTML);
}

/** @returns a whole SVG document */
export function picture({ width, height, panels, texts }: Picture): string {
  const words = texts.map(
    ({ x, y, size, bold, words: text }) =>
      `<text x="${x}" y="${y}" font-size="${size}"${bold ? ' font-weight="bold"' : ''} fill="currentColor">${escapeXml(text)}</text>`,
  );
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<svg xmlns="http://www.w3.org/2000/svg" class="ink" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${FONT}">`,
    `<style>${STYLE}</style>`,
    `<rect class="paper" width="${width}" height="${height}"/>`,
    ...words,
    ...panels.map(({ x, y, svg }) => `<g transform="translate(${x},${y})">${svg}</g>`),
    '</svg>',
    '',
  ].join('\n');
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
