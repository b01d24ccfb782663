import { shown } from './shown.ts';

/** Rows of cells in columns, two spaces apart. The first row is the headings. */
export function table(rowsAsGiven: readonly (readonly string[])[]): string {
  const rows = rowsAsGiven.map((cells) => cells.map(shown));
  const columns = rows[0]?.length ?? 0;
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((cells) => cells[column]?.length ?? 0)),
  );
  return rows
    .map((cells) =>
      cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
