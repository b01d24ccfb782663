/** A reader of server-sent events over real HTTP: it keeps when each came. As little else as can be, so that many fit beside each other. */
import http from 'node:http';

export interface Arrived {
  readonly event: string;
  readonly data: string;
  /** Wall-clock time at which the last of it came, in milliseconds. */
  readonly atMs: number;
}

/** @param take hears each event @returns what ends it */
export function readEvents(url: string, take: (arrived: Arrived) => void): () => void {
  let ended = false;
  // Each a connection of its own, as each page has.
  const request = http.get(url, { agent: false }, (response) => {
    let rest = '';
    response.setEncoding('utf8').on('data', (text: string) => {
      const atMs = Date.now();
      const blocks = (rest + text).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const [, event = ''] = /^event: (.*)$/m.exec(block) ?? [];
        const [, data = ''] = /^data: (.*)$/m.exec(block) ?? [];
        take({ event, data, atMs });
      }
    });
    response.once('error', () => {});
  });
  request.once('error', (error) => {
    if (!ended) throw error;
  });
  return () => {
    ended = true;
    request.destroy();
  };
}
