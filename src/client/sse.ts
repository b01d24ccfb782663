/** Server-sent events, read from the chunks of a response, as the HTML standard says. */

export interface ServerEvent {
  readonly event: string;
  readonly data: string;
  readonly id: string | undefined;
}

/** @returns takes the next piece of text and answers the events that are whole with it */
export function sseReader(): (chunk: string) => ServerEvent[] {
  let rest = '';
  let lines: string[] = [];
  return (chunk) => {
    const text = rest + chunk;
    // A carriage return at the end may be half of a line's end.
    const end = text.endsWith('\r') ? text.length - 1 : text.length;
    const pieces = text.slice(0, end).split(/\r\n|\n|\r/);
    rest = (pieces.pop() ?? '') + text.slice(end);
    const events: ServerEvent[] = [];
    for (const piece of pieces) {
      if (piece !== '') {
        lines.push(piece);
        continue;
      }
      const event = eventOf(lines);
      lines = [];
      if (event) events.push(event);
    }
    return events;
  };
}

/** @returns undefined for a comment alone */
function eventOf(lines: readonly string[]): ServerEvent | undefined {
  let event = 'message';
  let id: string | undefined;
  const data: string[] = [];
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon === 0) continue;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') event = value;
    else if (field === 'data') data.push(value);
    else if (field === 'id') id = value;
  }
  return data.length === 0 ? undefined : { event, data: data.join('\n'), id };
}
