import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { MarkedStream } from './marked-stream.ts';

const ALL = 'left over\nT begin\r\nsome T e output without a line endT end 42\nmore';

/** @returns what came out, for input that comes in pieces of that size */
async function read(text: string, pieceLength: number): Promise<{ output: string; status: number }> {
  const source = new PassThrough();
  let output = '';
  const stream = new MarkedStream(source, 'T', (chunk) => {
    output += chunk.toString();
  });
  for (let at = 0; at < text.length; at += pieceLength) source.write(text.slice(at, at + pieceLength));
  await stream.begun;
  return { status: await stream.status, output };
}

test.each([1, 2, 3, 5, 8, 1000])('takes what is between the marks, in pieces of %i', async (pieceLength) => {
  expect(await read(ALL, pieceLength)).toEqual({ output: 'some T e output without a line end', status: 42 });
});

test('a prompt is not held back', async () => {
  const source = new PassThrough();
  let output = '';
  const stream = new MarkedStream(source, 'TOKEN', (chunk) => {
    output += chunk.toString();
  });
  source.write('TOKEN begin\nroot# TOK');
  await stream.begun;
  expect(output).toBe('root# ');
});
