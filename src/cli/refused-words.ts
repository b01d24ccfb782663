/** A line for each thing that forbids it. */
export function refusedWords(message: string): string[] {
  return message.split('\n').map((sentence) => `refused: ${sentence}`);
}
